// Plans of more rows than are held in memory: written while they are read, and mended where the last rows tell something new.
import type { Split } from "@ursa/contracts/dataset";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { expect, test } from "vitest";
import { OWNER, openScratchStore, toArray } from "./dataset.fixture.ts";
import { readPlan } from "./parts.ts";
import { planDataset } from "./plan-dataset.ts";
import type { ListedUrl } from "./url-list.ts";

const MANY = 6000;

type Listed = { class: string; url: string; split?: Split };

async function* numbered(rows: Iterable<Listed>): AsyncGenerator<ListedUrl> {
  let line = 0;
  for (const row of rows) yield { ...row, line: ++line };
}

function* urls(name: string, count: number, split?: Split): Generator<Listed> {
  for (let n = 0; n < count; n++)
    yield { class: name, url: `https://e.org/${name}/${n}.jpg`, ...(split ? { split } : {}) };
}

async function planOf(store: ObjectStore, rows: AsyncIterable<ListedUrl>) {
  const { shards } = await planDataset({ store, owner: OWNER, sources: [{ name: "list", rows }], options: {} });
  const read = (shard: number) => readPlan(store, { target: "dataset", owner: OWNER, shard });
  return Promise.all(Array.from({ length: shards }, (_, shard) => read(shard)));
}

test("a large list is written while it is read, in shards of 256", async () => {
  await using store = await openScratchStore();
  let writtenEarly = 0;
  async function* watched() {
    yield* numbered([...urls("a", MANY), ...urls("b", MANY)]);
    writtenEarly = (await toArray(store.list(keys.dataset.all(OWNER)))).length;
  }
  const shards = await planOf(store, watched());
  expect(writtenEarly).toBeGreaterThanOrEqual(16);
  expect(shards.map((rows) => rows.length)).toEqual([...Array(46).fill(256), 2 * MANY - 46 * 256]);
  expect(shards.flat().map(({ index }) => index)).toEqual(Array.from({ length: 2 * MANY }, (_, n) => n));
});

test("of a large list it is told once that its first shards are written, before the rest is read; of a small one never", async () => {
  await using store = await openScratchStore();
  let [read, told] = [0, 0];
  async function* watched(each: number) {
    for await (const row of numbered([...urls("a", each), ...urls("b", each)])) {
      read += 1;
      yield row;
    }
  }
  const onFirst = async () => {
    told += 1;
    expect(read).toBeLessThan(MANY);
    expect(await readPlan(store, { target: "dataset", owner: OWNER, shard: 15 })).toHaveLength(256);
  };
  const plan = (each: number) =>
    planDataset({ store, owner: OWNER, sources: [{ name: "list", rows: watched(each) }], options: {}, onFirst });
  await plan(100);
  expect(told).toBe(0);
  read = 0;
  await plan(MANY);
  expect(told).toBe(1);
});

test("an early row that a late one is in conflict with is a conflict in its shard, and its neighbours are as they were", async () => {
  await using store = await openScratchStore();
  const again: Listed[] = [
    { class: "b", url: "https://e.org/a/5.jpg" },
    { class: "a", url: "https://e.org/a/300.jpg" },
  ];
  const rows = (await planOf(store, numbered([...urls("a", MANY), ...urls("b", 10), ...again]))).flat();
  const decided = rows.filter(({ outcome }) => outcome !== undefined);
  expect(decided.map(({ index, outcome, of }) => [index, outcome, of])).toEqual([
    [5, "label_conflict", String(MANY + 10)],
    [MANY + 10, "label_conflict", "5"],
    [MANY + 11, "duplicate", "300"],
  ]);
  expect(rows).toHaveLength(MANY + 12);
});

test.each<[string, Split, string]>([
  ["train and test alone: train is unmarked in every shard", "test", "test,unmarked"],
  ["train and valid: both stay", "valid", "train,valid"],
])("marks of a large list of %s", async (_, other, expected) => {
  await using store = await openScratchStore();
  const trained = ["a", "b"].flatMap((name) => [...urls(name, MANY, "train")]);
  const checked = ["a", "b"].map((name): Listed => ({ class: name, url: `https://f.org/${name}`, split: other }));
  const shards = await planOf(store, numbered([...trained, ...checked]));
  expect(shards.length).toBeGreaterThan(16);
  expect([...new Set(shards.flat().map(({ split }) => split ?? "unmarked"))].sort().join()).toBe(expected);
});

test("a list that is refused at its end tells why", async () => {
  await using store = await openScratchStore();
  await expect(planOf(store, numbered(urls("a", MANY)))).rejects.toMatchObject({ code: "too_few_classes" });
});

test("a store that fails while a large list is read is told to whoever plans", async () => {
  await using store = await openScratchStore();
  let puts = 0;
  const failing: ObjectStore = {
    ...store,
    put: async (key, body, options) => {
      if (++puts === 20) throw new Error("the disk is full");
      return store.put(key, body, options);
    },
  };
  await expect(planOf(failing, numbered([...urls("a", 9000), ...urls("b", 9000)]))).rejects.toThrow("the disk is full");
});
