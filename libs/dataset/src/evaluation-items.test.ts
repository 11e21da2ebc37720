import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { makeDataset, OWNER, openScratchStore, planLists, toArray } from "./dataset.fixture.ts";
import { answersOfPart, openEvaluationItems } from "./evaluation-items.ts";
import { readTrainingSet } from "./training-set.ts";

const urls = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `https://e.org/ok/${name}${n}-${name}${n}`);

async function madeDataset() {
  const store = await openScratchStore();
  const plan = await planLists(store, { a: [...urls("a", 120), "https://e.org/timeout"], b: urls("b", 80) });
  const { manifest } = await makeDataset(store, plan);
  const open = (chosen: Parameters<typeof openEvaluationItems>[2]) => openEvaluationItems(store, manifest.key, chosen);
  const training = (validFraction?: number) =>
    readTrainingSet({ store, manifest: manifest.key, classes: plan.classes, validFraction });
  return { store, open, training, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

test("are the usable pictures of a side, in order, in parts of 64", async () => {
  await using made = await madeDataset();
  const all = await made.open({ split: "all" });
  const parts = await toArray(all.parts());
  expect([all.count, parts.map(({ length }) => length)]).toEqual([200, [64, 64, 64, 8]]);
  expect(parts.flat().map(({ index }) => index)).toEqual(
    parts
      .flat()
      .map(({ index }) => index)
      .toSorted((a, b) => a - b),
  );
  const train = await made.open({ split: "train" });
  expect(train.count).toBe((await made.training()).train.length);
  expect(await toArray((await made.open({ split: "test" })).parts())).toEqual([]);
});

test("of a model that cut the split anew are those it did not train on", async () => {
  await using made = await madeDataset();
  const { train, valid } = await made.training(0.05);
  const items = await toArray((await made.open({ split: "valid", validFraction: 0.05 })).parts());
  expect(items.flat().map(({ key }) => key)).toEqual(valid.map(({ key }) => key));
  // By the dataset's own cut, some of its validation pictures have trained this model.
  const ownCut = await toArray((await made.open({ split: "valid" })).parts());
  const trained = new Set(train.map(({ key }) => key));
  expect(ownCut.flat().filter(({ key }) => trained.has(key)).length).toBeGreaterThan(0);
});

const row = (key: string): EvaluatedItem => ({
  ...{ key, class: "a", url: "https://e.org/1", source: "list", line: 1, outcome: "ok" },
  ...{ predicted: "a", probability: 0.5, loss: Math.log(2) },
});

test("a part is answered once: who comes later, or at the same time, takes what is there", async () => {
  await using store = await openScratchStore();
  const place = { owner: OWNER, part: 3 };
  const both = ["first", "second"].map((name) => answersOfPart(store, place, async () => [row(name)]));
  const [one, other] = await Promise.all(both);
  expect(one).toEqual(other);
  expect(await answersOfPart(store, place, () => expect.unreachable("it is answered"))).toEqual(one);
});
