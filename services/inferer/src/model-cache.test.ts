import type { Classifier } from "@ursa/classifier/predict";
import { Problem } from "@ursa/contracts/problem";
import { expect, test, vi } from "vitest";
import { ModelCache } from "./model-cache.ts";

const model = (id: string) => ({ namespace: "default", id });

function world({ maxBytes = 100, bytes = 40 } = {}) {
  const versions = new Map<string, string>();
  const failing = new Set<string>();
  const closed: string[] = [];
  const kept: unknown[] = [];
  let time = 1_000_000;
  const load = vi.fn(async ({ version }: { version: string }): Promise<Classifier> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (failing.has(version)) throw new Problem("model_integrity", `${version} is corrupt`);
    return {
      ...{ classes: [version], size: 224, bytes },
      predict: async () => [],
      close: async () => void closed.push(version),
    };
  });
  const cache = new ModelCache({
    maxBytes,
    now: () => time,
    async find(owner) {
      const version = versions.get(owner.id);
      if (!version) throw new Problem("not_found");
      return { version };
    },
    load,
    onKept: (_, error) => kept.push(error),
  });
  const ask = (id: string) => cache.use(model(id), async (classifier) => classifier.classes[0]);
  return { cache, ask, load, versions, failing, closed, kept, pass: (ms: number) => (time += ms) };
}

test("a thundering herd causes one load", async () => {
  const { ask, load, versions } = world();
  versions.set("a", "a1");
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask("a")));
  expect(new Set(answers)).toEqual(new Set(["a1"]));
  expect(load).toHaveBeenCalledTimes(1);
});

test("a herd on a corrupt model is refused after one load, and the next caller tries again", async () => {
  const { ask, load, versions, failing, cache } = world();
  versions.set("a", "a1");
  failing.add("a1");
  const answers = await Promise.allSettled(Array.from({ length: 20 }, () => ask("a")));
  expect(answers.every((answer) => answer.status === "rejected" && answer.reason.code === "model_integrity")).toBe(
    true,
  );
  expect(load).toHaveBeenCalledTimes(1);
  failing.clear();
  expect(await ask("a")).toBe("a1");
  expect(cache.stats()).toEqual({ models: 1, bytes: 40 });
});

test("memory is bounded: the least recently used model leaves", async () => {
  const { ask, versions, closed, cache } = world({ maxBytes: 100, bytes: 40 });
  for (const id of ["a", "b", "c"]) versions.set(id, id);
  await ask("a");
  await ask("b");
  await ask("a");
  await ask("c");
  expect(closed).toEqual(["b"]);
  expect(cache.stats()).toEqual({ models: 2, bytes: 80 });
});

test("a model larger than the bound is served alone", async () => {
  const { ask, versions, cache, closed } = world({ maxBytes: 100, bytes: 400 });
  for (const id of ["a", "b"]) versions.set(id, id);
  expect(await ask("a")).toBe("a");
  expect(await ask("b")).toBe("b");
  expect(closed).toEqual(["a"]);
  expect(cache.stats().models).toBe(1);
});

test("an evicted model is closed only when its last user is done", async () => {
  const { ask, cache, versions, closed } = world({ maxBytes: 50 });
  for (const id of ["a", "b"]) versions.set(id, id);
  const { promise: release, resolve } = Promise.withResolvers<void>();
  const using = cache.use(model("a"), () => release);
  await ask("b");
  expect(cache.stats().models).toBe(1);
  expect(closed).toEqual([]);
  resolve();
  await using;
  expect(closed).toEqual(["a"]);
});

test("a newer stage replaces the older one without anybody waiting for it", async () => {
  const { ask, versions, closed, pass } = world();
  versions.set("a", "a1");
  await ask("a");
  versions.set("a", "a2");
  expect(await ask("a")).toBe("a1");
  pass(6_000);
  expect(await ask("a")).toBe("a1");
  await expect.poll(() => ask("a")).toBe("a2");
  expect(closed).toEqual(["a1"]);
});

test("a newer stage that is corrupt leaves the older one serving", async () => {
  const { ask, versions, failing, kept, closed, pass } = world();
  versions.set("a", "a1");
  await ask("a");
  versions.set("a", "a2");
  failing.add("a2");
  pass(6_000);
  await ask("a");
  await expect.poll(() => kept.length).toBe(1);
  expect(await ask("a")).toBe("a1");
  expect(closed).toEqual([]);
});

test("a deleted model drops out", async () => {
  const { ask, versions, closed, pass } = world();
  versions.set("a", "a1");
  await ask("a");
  versions.delete("a");
  pass(61_000);
  await expect(ask("a")).rejects.toMatchObject({ code: "not_found" });
  expect(closed).toEqual(["a1"]);
});

test("models load one after another", async () => {
  let loading = 0;
  let most = 0;
  const cache = new ModelCache({
    maxBytes: 1000,
    find: async ({ id }) => ({ version: id }),
    onKept: () => {},
    async load({ version }) {
      most = Math.max(most, ++loading);
      await new Promise((resolve) => setTimeout(resolve, 5));
      loading -= 1;
      return { classes: [version], size: 224, bytes: 1, predict: async () => [], close: async () => {} };
    },
  });
  await Promise.all(["a", "b", "c"].map((id) => cache.use(model(id), async () => {})));
  expect(most).toBe(1);
});
