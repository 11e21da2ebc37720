// Beside scipy, scikit-learn and PyTorch (tools/make-oracles/calibration.py).
import { readFileSync } from "node:fs";
import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import { describe, expect, test } from "vitest";
import { createReliability, fitTemperature } from "./calibration.ts";
import { indexOfLargest, logSoftmax } from "./metrics.ts";
import { lossOf } from "./summarise-evaluation.ts";
import { createSummary } from "./summarise-sides.ts";

type Case = {
  logits: number[][];
  labels: number[];
  temperature: number;
  lossBefore: number;
  lossAfter: number;
  expectedError: number;
  f1: number[];
  covered90: number;
  wrong90: number;
};
const fixture = new URL("fixtures/calibration.json", import.meta.url);
const { classes, cases }: { classes: string[]; cases: Case[] } = JSON.parse(readFileSync(fixture, "utf8"));

/** As an evaluation keeps an answer. */
function answerOf(logits: readonly number[], label: number, index: number): EvaluatedItem {
  const probabilities = logSoftmax(logits).map(Math.exp);
  const predictions = classes.map((name, c): [string, number] => [name, probabilities[c] ?? 0]);
  predictions.sort(([, a], [, b]) => b - a);
  const probability = probabilities[label] ?? 0;
  const place = {
    key: String(index),
    class: classes[label] ?? "",
    url: "http://bears",
    source: "list",
    line: index + 1,
  };
  const [predicted = "", confidence = 0] = predictions[0] ?? [];
  return { ...place, outcome: "ok", predicted, confidence, probability, loss: lossOf(probability), predictions };
}
const answersOf = ({ logits, labels }: Case, split: "train" | "valid") =>
  logits.map((row, index) => ({ ...answerOf(row, labels[index] ?? 0, index), split }));

describe.each(cases.map((each) => [each.temperature.toFixed(2), each] as const))("a temperature of %s", (_, each) => {
  const summary = createSummary(classes);
  for (const item of answersOf(each, "valid")) summary.add(item);
  const result = summary.result();

  test("is where scipy finds the least of PyTorch's cross-entropy", () => {
    expect(result?.temperature?.value).toBeCloseTo(each.temperature, 5);
    expect(result?.temperature?.lossBefore).toBeCloseTo(each.lossBefore, 9);
    expect(result?.temperature?.lossAfter).toBeCloseTo(each.lossAfter, 9);
  });

  test("the calibration error, F1 and what a threshold of 90 % leaves are numpy's and scikit-learn's", () => {
    expect(result?.calibration?.expectedError).toBeCloseTo(each.expectedError, 9);
    expect(result?.calibration?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(each.labels.length);
    for (const [c, f1] of each.f1.entries()) expect(result?.perClass[c]?.f1).toBeCloseTo(f1, 12);
    const sure = result?.thresholds?.find(({ confidence }) => confidence === 0.9);
    expect([sure?.covered, sure?.wrong]).toEqual([each.covered90, each.wrong90]);
    expect(sure?.coverage).toBeCloseTo(each.covered90 / each.labels.length, 12);
  });
});

test("what was trained on tells no temperature, and sides are measured apart", () => {
  const [first, second] = cases;
  if (!first || !second) throw new Error("The fixture has cases.");
  const summary = createSummary(classes);
  for (const item of [...answersOf(first, "train"), ...answersOf(second, "valid")]) summary.add(item);
  const result = summary.result();
  expect(result?.temperature?.value).toBeCloseTo(second.temperature, 5);
  const wrongOf = ({ logits, labels }: Case) =>
    labels.filter((label, i) => indexOfLargest(logits[i] ?? []) !== label).length;
  expect(result?.sides?.train).toMatchObject({ count: 80, wrong: wrongOf(first) });
  expect(result?.sides?.valid).toMatchObject({ count: 80, wrong: wrongOf(second) });
  expect(result).toMatchObject({ count: 160, wrong: wrongOf(first) + wrongOf(second) });
});

test("with nothing wrong there is no temperature: surer is always better", () => {
  const right = Float64Array.from([...logSoftmax([2, 0, 0]), ...logSoftmax([0, 3, 0])]);
  expect(fitTemperature(right, [0, 1])).toBeUndefined();
  expect(fitTemperature(new Float64Array(), [])).toBeUndefined();
});

test("a confidence on the edge of a bin is in the one below, and 0 and 1 are probabilities too", () => {
  const reliability = createReliability();
  for (const confidence of [0, 0.2, 1]) reliability.add(confidence, true);
  const { calibration, thresholds } = reliability.result();
  expect(calibration?.bins.map(({ to }) => to.toFixed(3))).toEqual(["0.067", "0.200", "1.000"]);
  expect(thresholds?.at(-1)).toMatchObject({ confidence: 0.99, covered: 1, coverage: 1 / 3, wrong: 0, errorRate: 0 });
  expect(() => reliability.add(1.1, true)).toThrow(RangeError);
});

test("nothing answered says nothing", () => {
  expect(createReliability().result()).toEqual({});
  expect(createSummary(classes).result()).toBeUndefined();
});
