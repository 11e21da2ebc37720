import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { evaluateLogits, logSoftmax } from "./metrics.ts";
import { createTally, lossOf } from "./summarise-evaluation.ts";

const CLASSES = ["black", "grizzly", "teddy"];
let keys = 0;
const item = (actual: string, predicted: string, probability = 0.5): EvaluatedItem => {
  keys += 1;
  const place = { key: String(keys), class: actual, url: `https://bears.example/${keys}`, source: "list", line: keys };
  return { ...place, outcome: "ok", predicted, probability, loss: lossOf(probability) };
};
const unread = (): EvaluatedItem => {
  const { predicted: _, probability: _p, loss: _l, ...rest } = item("black", "black");
  return { ...rest, outcome: "corrupt_image", reason: "cut short" };
};

function tallyOf(items: EvaluatedItem[]) {
  const tally = createTally(CLASSES);
  for (const each of items) tally.add(each);
  return tally.result();
}

test("counts who was taken for whom, and precision and recall follow from it", () => {
  const pairs = [
    ...Array.from({ length: 6 }, () => item("black", "black")),
    ...Array.from({ length: 3 }, () => item("black", "grizzly")),
    item("grizzly", "black"),
    item("grizzly", "grizzly"),
  ];
  const result = tallyOf(pairs);
  expect(result?.confusion).toEqual([
    [6, 3, 0],
    [1, 1, 0],
    [0, 0, 0],
  ]);
  expect(result).toMatchObject({ count: 11, wrong: 4, errorRate: 4 / 11, loss: Math.log(2) });
  // statsmodels 0.14: proportion_confint(4, 11, method="wilson").
  expect(result?.errorRateLow).toBeCloseTo(0.151665, 5);
  expect(result?.errorRateHigh).toBeCloseTo(0.646199, 5);
  expect(result?.mostConfused).toEqual([
    { actual: "black", predicted: "grizzly", count: 3 },
    { actual: "grizzly", predicted: "black", count: 1 },
  ]);
  expect(result?.perClass).toEqual([
    { class: "black", count: 9, predicted: 7, precision: 6 / 7, recall: 6 / 9, f1: 12 / 16 },
    { class: "grizzly", count: 2, predicted: 4, precision: 1 / 4, recall: 1 / 2, f1: 2 / 6 },
    { class: "teddy", count: 0, predicted: 0 },
  ]);
});

test("the loss of a probability is the cross-entropy of the logits it came from", () => {
  const logits = Float32Array.of(2, -1, 0.5);
  const probabilities = logSoftmax(logits).map(Math.exp);
  expect(lossOf(probabilities[1] ?? 0)).toBeCloseTo(evaluateLogits(logits, [1]).loss, 12);
});

test("a probability that was rounded to zero costs much, and not infinity, which JSON cannot say", () => {
  expect(lossOf(0)).toBeCloseTo(87.3365, 4);
  expect(JSON.parse(JSON.stringify({ loss: lossOf(0) }))).toEqual({ loss: lossOf(0) });
});

test("the hundred highest losses are kept, highest first and equal ones in the order they came", () => {
  const items = Array.from({ length: 300 }, (_, n) => item("black", "teddy", 0.01 + ((n * 7) % 150) / 200));
  const sorted = items.toSorted((a, b) => (b.loss ?? 0) - (a.loss ?? 0)).slice(0, 100);
  expect(tallyOf(items)?.topLosses).toEqual(sorted);
});

test("what could not be read is told apart and moves no number", () => {
  const read = [item("black", "black"), item("teddy", "black")];
  const lost = [unread(), unread()];
  const result = tallyOf([...read, ...lost]);
  expect(result).toMatchObject({ count: 2, wrong: 1, errorRate: 0.5, unread: { corrupt_image: 2 } });
  expect(result?.unreadItems).toEqual(lost);
  expect(tallyOf(lost)).toBeUndefined();
});

test("a class that the model does not know is a mistake and not a number", () => {
  expect(() => tallyOf([item("panda", "black")])).toThrow(/is panda/);
});
