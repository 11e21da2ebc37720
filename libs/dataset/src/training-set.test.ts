import { keys } from "@ursa/store/keys";
import { describe, expect, test } from "vitest";
import { createByteCache } from "./byte-cache.ts";
import { makeDataset, openScratchStore, planLists } from "./dataset.fixture.ts";
import { readTrainingSet } from "./training-set.ts";
import { createViewSource } from "./view-source.ts";

const urls = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `https://e.org/ok/${name}${n}-${n}`);
const shown = (items: { class: string; index: number }[]) => items.map((item) => `${item.class}${item.index}`);

async function madeDataset(options = {}) {
  const store = await openScratchStore();
  const plan = await planLists(store, { a: [...urls("a", 20), "https://e.org/timeout"], bb: urls("bb", 50) }, options);
  const { manifest } = await makeDataset(store, plan, { options });
  const read = (validFraction?: number) =>
    readTrainingSet({ store, manifest: manifest.key, classes: plan.classes, validFraction });
  return { store, read, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

describe("a training set", () => {
  test("has the usable pictures with their labels, in a fixed order, cut as the dataset says", async () => {
    await using made = await madeDataset();
    const { train, valid } = await made.read();
    expect([train.length, valid.length]).toEqual([56, 14]);
    expect(train.map((item) => item.label)).toEqual(train.map((item) => (item.class === "a" ? 0 : 1)));
    expect(train.map((item) => item.index)).toEqual(train.map((item) => item.index).toSorted((a, b) => a - b));
    expect(new Set(shown([...train, ...valid])).size).toBe(70);
  });

  test("cut at the dataset's own fraction is the same cut", async () => {
    await using made = await madeDataset({ validFraction: 0.3 });
    expect(await made.read(0.3)).toEqual(await made.read());
  });

  test("cut anew keeps the ranking: a larger valid side holds the smaller one", async () => {
    await using made = await madeDataset();
    const [small, large] = [await made.read(0.1), await made.read(0.9)];
    expect([small.valid.length, large.valid.length]).toEqual([7, 63]);
    expect(shown(large.valid)).toEqual(expect.arrayContaining(shown(small.valid)));
    const tiny = await made.read(0.01);
    expect(tiny.valid.map((item) => item.class).toSorted()).toEqual(["a", "bb"]);
  });
});

describe("views", () => {
  const decoders = {
    augment: async (bytes: Uint8Array) => [Buffer.from(`augmented ${Buffer.from(bytes)}`)],
    view: async (bytes: Uint8Array) => Buffer.from(`view of ${Buffer.from(bytes)}`),
  };
  const augmentation = { rotateDegrees: 0 } as never; // The stand-in does not look at it.

  test("training sees the prepared picture, validation the original", async () => {
    await using made = await madeDataset();
    const { train } = await made.read();
    const source = createViewSource({ store: made.store, namespace: "default", decoders });
    const [item] = train;
    if (!item) throw new Error("no item");
    const original = (await made.store.get(keys.image("default", item.sha256))).body.toString();
    const views = { size: 224, augmentations: [augmentation] };
    expect(String(await source.trainViews(item, views))).toBe(`augmented prepared ${original}`);
    expect((await source.validView(item, 224)).toString()).toBe(`view of ${original}`);
    const { prepared: _none, ...unprepared } = item;
    const cold = createViewSource({ store: made.store, namespace: "default", decoders, cacheBytes: 0 });
    expect(String(await cold.trainViews(unprepared, views))).toBe(`augmented ${original}`);
  });
});

describe("the byte cache", () => {
  const reader = () => {
    const reads: string[] = [];
    const read = (key: string) => async () => {
      reads.push(key);
      return new Uint8Array(10);
    };
    return { reads, read };
  };

  test("drops what was used longest ago", async () => {
    const cache = createByteCache(25);
    const { reads, read } = reader();
    for (const key of ["a", "b", "a", "c", "a", "b"]) await cache.get(key, read(key));
    expect(reads).toEqual(["a", "b", "c", "b"]);
  });

  test("reads once for two callers, and again after a failure", async () => {
    const cache = createByteCache(100);
    const { reads, read } = reader();
    await Promise.all([cache.get("a", read("a")), cache.get("a", read("a"))]);
    expect(reads).toEqual(["a"]);
    await expect(cache.get("b", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
    await cache.get("b", read("b"));
    expect(reads).toEqual(["a", "b"]);
  });
});
