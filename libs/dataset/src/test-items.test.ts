// Test items never train and never choose a model, whatever else a dataset holds and however its split is cut.
import type { Split } from "@ursa/contracts/dataset";
import type { ObjectStore } from "@ursa/store/object-store";
import { describe, expect, test } from "vitest";
import { makeDataset, OPTIONS, OWNER, openScratchStore, toArray } from "./dataset.fixture.ts";
import { readItems } from "./manifest.ts";
import { planDataset } from "./plan-dataset.ts";
import { readTrainingSet } from "./training-set.ts";
import { parseUrlList } from "./url-list.ts";

/** `/ok/<content>-<looks>`: contents that end alike look alike. */
const urls = (name: string, from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `https://e.org/ok/${name}${from + n}-${name}${from + n}`);

type List = { name: string; split?: Split; urls: string[] };

async function madeOf(store: ObjectStore, lists: List[]) {
  const sources = lists.map(({ name, split, urls: listed }) => {
    const file = `urls_${name}.txt`;
    return { name: file, ...(split ? { split } : {}), rows: parseUrlList(listed.join("\n"), { name: file }) };
  });
  const plan = await planDataset({ store, owner: OWNER, sources, options: OPTIONS });
  const { manifest } = await makeDataset(store, plan);
  return { plan, manifest: manifest.key, items: await toArray(readItems(store, manifest.key)) };
}

/** Tries to get test pictures into training: again under train, again unmarked, look-alikes, and classes without other marks. */
const LISTS: List[] = [
  { name: "a", split: "test", urls: urls("a", 0, 10) },
  // The same URLs once more, now to train on; and the same bytes from another place.
  { name: "a", split: "train", urls: [...urls("a", 0, 5), "https://mirror.org/ok/a7-a7", ...urls("a", 20, 5)] },
  // Not marked, and look like test pictures; the rest is for the seed to cut.
  { name: "a", urls: ["https://e.org/ok/other-a8", "https://e.org/ok/third-a9", ...urls("a", 40, 20)] },
  { name: "b", urls: urls("b", 0, 30) },
  { name: "b", split: "test", urls: urls("b", 50, 10) },
  { name: "c", split: "train", urls: urls("c", 0, 6) },
  { name: "c", split: "valid", urls: urls("c", 10, 4) },
  { name: "c", split: "test", urls: urls("c", 20, 4) },
];

describe.each([undefined, 0.01, 0.2, 0.5, 0.9])("with a validFraction of %s", (validFraction) => {
  test("no test item is in the training set or the validation set", async () => {
    await using store = await openScratchStore();
    const { plan, manifest, items } = await madeOf(store, LISTS);
    const held = items.filter(({ outcome, split }) => outcome === "ok" && split === "test");
    expect(held.map((item) => item.url)).toEqual(expect.arrayContaining([...urls("b", 50, 10), ...urls("c", 20, 4)]));
    const { train, valid } = await readTrainingSet({ store, manifest, classes: plan.classes, validFraction });
    const seen = [...train, ...valid];
    const [keys, contents, looks] = [
      new Set(held.map(({ key }) => key)),
      new Set(held.map(({ sha256 }) => sha256)),
      new Set(held.map(({ perceptualHash }) => perceptualHash)),
    ];
    expect(seen.filter(({ key }) => keys.has(key))).toEqual([]);
    expect(seen.filter(({ sha256 }) => contents.has(sha256))).toEqual([]);
    expect(seen.filter(({ perceptualHash = "" }) => looks.has(perceptualHash))).toEqual([]);
    const usable = items.filter(({ outcome }) => outcome === "ok");
    expect(seen.length + held.length).toBe(usable.length);
    expect(train.length).toBeGreaterThan(0);
    expect(valid.length).toBeGreaterThan(0);
  });
});

test("a side marked by a list stays as it is, however the rest is cut", async () => {
  await using store = await openScratchStore();
  const { plan, manifest } = await madeOf(store, LISTS);
  const sidesOfC = async (validFraction: number) => {
    const { train, valid } = await readTrainingSet({ store, manifest, classes: plan.classes, validFraction });
    const count = (items: typeof train) => items.filter((item) => item.class === "c").length;
    return [count(train), count(valid)];
  };
  expect([await sidesOfC(0.01), await sidesOfC(0.9)]).toEqual([
    [6, 4],
    [6, 4],
  ]);
});
