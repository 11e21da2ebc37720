// On activations made up so that more of them help: two classes of numbers that overlap in each of many places.
import { expect, test } from "vitest";
import type { LabelledFeatures } from "./fit-head.ts";
import { type LearningCurveOptions, measureLearningCurve, partOf } from "./learning-curve.ts";
import { createRandom } from "./random.ts";
import { COMPILED } from "./training-engine.ts";

const WIDTH = 32;

/** The means of the classes are `apart` standard deviations from each other, in each of 32 numbers. */
function madeUp(count: number, { seed, apart }: { seed: number; apart: number }): LabelledFeatures {
  const random = createRandom(seed);
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  const data = labels.map((label) =>
    Array.from({ length: WIDTH }, () => random.normal() + (label === 1 ? apart / 2 : -apart / 2)),
  );
  return {
    features: {
      count,
      rows: async (indices) => Float32Array.from(indices.flatMap((index) => data[index] ?? [])),
    },
    labels,
  };
}

const optionsOf = (apart: number): LearningCurveOptions => ({
  ...{ size: { features: WIDTH, classes: 2 }, trainViews: [madeUp(200, { seed: 1, apart })], batchSize: 16, epochs: 4 },
  ...{ valid: madeUp(400, { seed: 2, apart }), seed: 3, learningRate: 3e-3, weightDecay: 0.01, dropout: 0.5 },
  ...{ labelSmoothing: 0, classWeights: [1, 1], oversample: false, keepBest: false, engine: COMPILED, threads: 1 },
  ...{ async onLog() {}, signal: new AbortController().signal },
});

test("where classes overlap, half of the pictures teach more than a quarter; where they do not, both teach all", async () => {
  const [quarter, half] = await measureLearningCurve(optionsOf(0.35));
  expect(quarter).toMatchObject({ fraction: 0.25, trainCount: 50, validCount: 400 });
  expect(half).toMatchObject({ fraction: 0.5, trainCount: 100, validCount: 400 });
  expect(half?.wrong).toBeLessThan(quarter?.wrong ?? 0);
  expect(half?.wrong).toBeGreaterThan(0);
  for (const { wrong } of await measureLearningCurve(optionsOf(3))) expect(wrong).toBe(0);
});

test("is the same again, and stops when it is told to", async () => {
  expect(await measureLearningCurve(optionsOf(0.35))).toEqual(await measureLearningCurve(optionsOf(0.35)));
  const signal = AbortSignal.abort(new Error("stopped"));
  await expect(measureLearningCurve({ ...optionsOf(1), signal })).rejects.toThrow("stopped");
});

test("a part has its share of each class, one at least, and a larger part has the smaller one in it", () => {
  const labels = [...Array.from({ length: 40 }, () => 0), ...Array.from({ length: 8 }, () => 1), 2];
  const order = createRandom(5).permutation(labels.length);
  const [quarter, half] = [partOf(labels, order, 0.25), partOf(labels, order, 0.5)];
  const counts = (part: number[]) => [0, 1, 2].map((label) => part.filter((index) => labels[index] === label).length);
  expect(counts(quarter)).toEqual([10, 2, 1]);
  expect(counts(half)).toEqual([20, 4, 1]);
  expect(quarter.every((index) => half.includes(index))).toBe(true);
});
