// Which pictures look like one of a dataset: by bits of their hashes, whatever class or outcome they have.
import type { Item } from "@ursa/contracts/dataset";
import { expect, test } from "vitest";
import { openScratchStore } from "./dataset.fixture.ts";
import { findItemNeighbours } from "./item-neighbours.ts";
import { toJsonLines } from "./json-lines.ts";

const KEY = "manifest.jsonl";

const HASHES = [
  "f0f0f0f0f0f0f0f0",
  "0f0f0f0f0f0f0f0f", // each bit another
  "f0f0f0f0f0f0f0f3", // two bits
  undefined, // gave no picture
  "f0f0f0f0f0f0f0f0", // none
  "70f0f0f0f0f0f0f0", // the highest one, which is the sign of a word
  "f0f0f0f0f0f0ff0f", // three words of four and then one more: twelve
];

const rows = HASHES.map(
  (hash, index): Item => ({
    ...{ index, key: String(index), url: `https://a.example/${index}`, source: "urls.txt", line: index + 1 },
    ...{ class: index % 2 === 0 ? "black" : "teddy", outcome: hash ? "ok" : "timeout" },
    ...(hash ? { perceptualHash: hash } : {}),
  }),
);

async function near(item: string, more: { limit?: number; within?: number; alike?: Map<string, number> } = {}) {
  await using store = await openScratchStore();
  await store.put(KEY, toJsonLines(rows));
  const found = await findItemNeighbours(store, KEY, { item, limit: 12, within: 16, ...more });
  return found?.map((one) => [one.item.key, one.distance]);
}

test("the nearest first, without the picture itself", async () => {
  expect(await near("0")).toEqual([
    ["4", 0],
    ["5", 1],
    ["2", 2],
    ["6", 12],
  ]);
});

test("what an inspection found alike comes first, however far its hash is", async () => {
  const alike = new Map([
    ["1", 0.3],
    ["2", 0.5],
    ["3", 0.9],
    ["0", 1],
  ]);
  expect(await near("0", { alike, limit: 4 })).toEqual([
    ["2", 2],
    ["1", 64],
    ["4", 0],
    ["5", 1],
  ]);
});

test("as many and as near as was asked for", async () => {
  expect(await near("0", { limit: 2 })).toEqual([
    ["4", 0],
    ["5", 1],
  ]);
  expect(await near("0", { within: 1 })).toHaveLength(2);
  expect(await near("0", { within: 64 })).toHaveLength(5);
});

test("a URL that gave no picture has none, and an item that is not there is none", async () => {
  expect(await near("3")).toEqual([]);
  expect(await near("99")).toBeUndefined();
});
