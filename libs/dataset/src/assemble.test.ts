import { createHash } from "node:crypto";
import { type Item, itemSchema } from "@ursa/contracts/dataset";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { describe, expect, test } from "vitest";
import { assembleDataset } from "./assemble.ts";
import {
  countBy,
  makeDataset,
  NEVER,
  OWNER,
  openScratchStore,
  planLists,
  recordOf,
  TOLD,
  toArray,
} from "./dataset.fixture.ts";
import { fetchShard } from "./fetch-shard.ts";
import { readItems } from "./manifest.ts";

/** `ok 3` is three distinct pictures; anything else an outcome and how often. */
const listed = (name: string, counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([outcome, count]) =>
    Array.from(
      { length: count },
      (_, n) => `https://example.org/${outcome}/${name}${n}-${name.length}${n}?${name}${n}`,
    ),
  );

const itemsOf = (store: ObjectStore, key: string): Promise<Item[]> => toArray(readItems(store, key));

describe("accounting", () => {
  const MIXED = { ok: 40, http_4xx: 7, timeout: 3, not_an_image: 2 };
  test("every listed URL has one row; counts and rows agree; usable ones have a side", async () => {
    await using store = await openScratchStore();
    const lists = { black: [...listed("black", MIXED), "nonsense"], teddy: listed("teddy", { ok: 21, dns_error: 20 }) };
    const plan = await planLists(store, lists);
    const { counts, manifest, error } = await makeDataset(store, plan, { lost: [5] });
    const items = await itemsOf(store, manifest.key);
    expect(error).toBeUndefined();
    expect(items.map((item) => item.index)).toEqual(Array.from({ length: 94 }, (_, n) => n));
    expect(counts.outcomes).toEqual(countBy(items, "outcome"));
    expect(Object.values(counts.outcomes).reduce((a, b) => a + b)).toBe(94);
    expect(manifest.items).toBe(94);
    for (const item of items) expect([item.key, item.split !== undefined]).toEqual([item.key, item.outcome === "ok"]);
    for (const of of counts.classes) {
      expect(of.train + of.valid + of.test).toBe(of.outcomes.ok);
      expect(of.validFraction).toBeCloseTo(of.valid / (of.train + of.valid));
    }
    expect(
      createHash("sha256")
        .update((await store.get(manifest.key)).body)
        .digest("hex"),
    ).toBe(manifest.sha256);
  });

  test("the same parts give the same manifest, whoever assembles", async () => {
    await using store = await openScratchStore();
    const plan = await planLists(store, { a: listed("a", MIXED), bb: listed("bb", MIXED) });
    const first = await makeDataset(store, plan, { lost: [0] });
    const second = await makeDataset(store, plan, { fence: 2 });
    expect(second.manifest.sha256).toBe(first.manifest.sha256);
    expect(second.manifest.key).not.toBe(first.manifest.key);
  });
});

test("a shard nobody finished is worker_failed, and a worker that comes back late changes nothing", async () => {
  await using store = await openScratchStore();
  const plan = await planLists(store, { a: [...listed("a", { ok: 15 }), "nonsense"], bb: listed("bb", { ok: 16 }) });
  const { counts, error, manifest } = await makeDataset(store, plan, { lost: [0] });
  expect(counts.outcomes).toEqual({ worker_failed: 15, bad_scheme: 1, ok: 16 });
  expect(error).toMatchObject({ code: "class_mostly_failed", message: expect.stringContaining("15 worker_failed") });
  const late = await fetchShard({ ...TOLD, store, target: "dataset", owner: OWNER, shard: 0, signal: NEVER });
  expect(late.isRepeat).toBe(true);
  const again = await assembleDataset({ store, record: recordOf(plan, {}, 7), signal: NEVER });
  expect(again.manifest.sha256).toBe(manifest.sha256);
});

describe("repeats across shards", () => {
  const pictures = (name: string, contents: string[]) =>
    contents.map((it, n) => `https://${name}${n}.example/ok/${it}`);
  const filler = (name: string, count: number) =>
    pictures(
      name,
      Array.from({ length: count }, (_, n) => `${name}-${n}`),
    );

  test("the same bytes within a class are used once, under two classes not at all", async () => {
    await using store = await openScratchStore();
    const plan = await planLists(store, {
      a: [...pictures("a", ["twin-1", "torn-2"]), ...filler("aa", 20), "https://late.example/ok/twin-1"],
      b: [...filler("bb", 20), "https://other.example/ok/torn-2"],
    });
    expect(plan.shards).toBeGreaterThan(1);
    const { counts, manifest } = await makeDataset(store, plan);
    const items = await itemsOf(store, manifest.key);
    expect(counts.outcomes).toEqual({ ok: 41, duplicate: 1, label_conflict: 2 });
    expect(items[22]).toMatchObject({ outcome: "duplicate", of: "0", reason: "the same picture as item 0" });
    expect(items[1]).toMatchObject({ outcome: "label_conflict", of: "43" });
    expect(items[43]).toMatchObject({
      outcome: "label_conflict",
      of: "1",
      reason: expect.stringContaining("another class"),
    });
    expect(items.filter((item) => item.outcome !== "ok" && item.split)).toEqual([]);
  });
});

describe("how a dataset ends", () => {
  const run = async (lists: Record<string, Record<string, number>>, options = {}) => {
    await using store = await openScratchStore();
    const urls = Object.fromEntries(Object.entries(lists).map(([name, counts]) => [name, listed(name, counts)]));
    const plan = await planLists(store, urls, options);
    const { error, manifest } = await makeDataset(store, plan, { options });
    return { error, rows: (await itemsOf(store, manifest.key)).length };
  };

  type Case = { lists: Record<string, Record<string, number>>; options?: object; code?: string };
  const bb = { ok: 5 };
  const anything = { maxFailedFraction: 1 };
  const nothing = { maxFailedFraction: 0 };
  test.each<[string, Case]>([
    ["half of a class failed", { lists: { a: { ok: 5, timeout: 5 }, bb } }],
    ["more than half failed", { lists: { a: { ok: 5, timeout: 6 }, bb }, code: "class_mostly_failed" }],
    ["as much as was allowed", { lists: { a: { ok: 5, timeout: 20 }, bb }, options: anything }],
    ["nothing is left", { lists: { a: { timeout: 5 }, bb }, options: anything, code: "too_few_pictures" }],
    ["one is left", { lists: { a: { ok: 1, timeout: 5 }, bb }, options: anything, code: "too_few_pictures" }],
    [
      "none may fail, one did",
      { lists: { a: { ok: 9, timeout: 1 }, bb }, options: nothing, code: "class_mostly_failed" },
    ],
  ])("%s", async (_, { lists, options, code }) => {
    const { error, rows } = await run(lists, options);
    expect(error?.code).toBe(code);
    const counts = Object.values(lists).flatMap((of) => Object.values(of));
    expect(rows).toBe(counts.reduce((a, b) => a + b));
  });
});

test("a failed dataset says for each class what was expected and what came, and once what to do", async () => {
  await using store = await openScratchStore();
  const lists = { a: listed("a", { ok: 1, timeout: 6 }), bb: listed("bb", { ok: 1, http_4xx: 2 }) };
  const failed = await makeDataset(store, await planLists(store, lists));
  const report = "GET /v1/datasets/ID/report.csv says what became of each.";
  const messageOf = ({ error }: typeof failed) => error?.message.replace(/ds_\w+/, "ID");
  expect(messageOf(failed)).toBe(
    'Class "a": expected at most 50 % of its URLs to fail, but 6 of 7 did (6 timeout). ' +
      'Class "bb": expected at most 50 % of its URLs to fail, but 2 of 3 did (2 http_4xx). ' +
      `Mend or replace those URLs, or allow more with options.maxFailedFraction; ${report}`,
  );
  const options = { maxFailedFraction: 1 };
  const poor = await makeDataset(store, await planLists(store, lists, options), { options });
  expect(messageOf(poor)).toMatch(
    /^Class "a": expected usable pictures to train on and to check with, got [01] and [01]\. Class "bb": /,
  );
  expect(messageOf(poor)?.endsWith(`Add URLs; ${report}`)).toBe(true);
});

test("prepared pictures are found where the manifest says", async () => {
  await using store = await openScratchStore();
  const plan = await planLists(store, { a: listed("a", { ok: 12, timeout: 2 }), bb: listed("bb", { ok: 12 }) });
  const { manifest } = await makeDataset(store, plan);
  for (const item of await itemsOf(store, manifest.key)) {
    if (item.outcome !== "ok") continue;
    const { shard, start, end } = itemSchema.shape.prepared.unwrap().parse(item.prepared);
    const original = (await store.get(keys.image("default", item.sha256 ?? ""))).body;
    expect((await store.get(shard, { start, end })).body.toString()).toBe(`prepared ${original}`);
  }
});

test("an abort ends it and writes nothing", async () => {
  await using store = await openScratchStore();
  const plan = await planLists(store, { a: listed("a", { ok: 4 }), bb: listed("bb", { ok: 4 }) });
  const signal = AbortSignal.abort(new Error("stop"));
  await expect(assembleDataset({ store, record: recordOf(plan), signal })).rejects.toThrow("stop");
  expect(await store.head(keys.dataset.manifest(OWNER, 1))).toBeUndefined();
});
