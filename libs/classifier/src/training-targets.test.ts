// What training counts as a mistake: smoothing and class weights against PyTorch, and how often a class is shown.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { runOnCpu } from "@ursa/tensor/testing";
import { describe, expect, test } from "vitest";
import { epochOrder } from "./batches.ts";
import { classWeightsOf, countLabels } from "./class-weights.ts";
import { crossEntropy } from "./loss.ts";
import { createRandom } from "./random.ts";
import { trainingTargets } from "./training-targets.ts";

type LossOracle = { smoothing: number; weights: number[]; loss: number; gradient: number[] };
// Made by tools/make-oracles/head_step.py.
const { losses }: { losses: LossOracle[] } = JSON.parse(
  readFileSync(new URL("fixtures/head-step.json", import.meta.url), "utf8"),
);
const LABELS = [0, 2, 1, 2, 2];
const LOGITS = Float32Array.from({ length: 15 }, (_, i) => 2 * Math.sin(0.37 * i + 1));

test.each(losses)(
  "PyTorch's loss with smoothing $smoothing and weights $weights",
  ({ smoothing, weights, ...oracle }) => {
    // Two filler rows: weights of pictures and of classes do not mix.
    const rows = LABELS.length + 2;
    const targets = new Float32Array(rows * 3);
    targets.set(trainingTargets(LABELS, { labelSmoothing: smoothing, classWeights: weights }));
    const logits = new Float32Array(rows * 3).fill(9);
    logits.set(LOGITS);
    const given = {
      logits: { shape: [rows, 3], data: logits },
      targets: { shape: [rows, 3], data: targets },
      weights: { shape: [rows], data: new Float32Array(rows).fill(1, 0, LABELS.length) },
    };
    const results = runOnCpu(given, (tensors) => {
      // As declared above.
      const {
        logits: x,
        targets: y,
        weights: w,
      } = tensors as { logits: tf.Tensor2D; targets: tf.Tensor2D; weights: tf.Tensor1D };
      const { value, grad } = tf.valueAndGrad((at: tf.Tensor) => crossEntropy(at as tf.Tensor2D, y, w))(x); // It gets x.
      return { value, grad };
    });
    expect(results.value?.[0]).toBeCloseTo(oracle.loss, 5);
    for (const [i, slope] of oracle.gradient.entries()) expect(results.grad?.[i]).toBeCloseTo(slope, 5);
  },
);

test("without options the targets are the labels", () => {
  const plain = trainingTargets([1, 0], { labelSmoothing: 0, classWeights: [1, 1, 1] });
  expect([...plain]).toEqual([0, 1, 0, 1, 0, 0]);
});

describe("class weights", () => {
  const given = { classes: ["rare", "usual", "none"], labels: [0, 1, 1, 1, 1, 1] };

  test("balanced gives every class the same weight in sum; a class without pictures is no infinity", () => {
    const weights = classWeightsOf("balanced", given);
    expect(weights[0]).toBeCloseTo(2, 9);
    expect((weights[1] ?? 0) * 5).toBeCloseTo(2, 9);
    expect(weights[2]).toBe(2);
  });

  test("are those named, and 1 for the others", () => {
    expect(classWeightsOf({ rare: 4 }, given)).toEqual([4, 1, 1]);
    expect(classWeightsOf("none", given)).toEqual([1, 1, 1]);
  });
});

describe("oversampling", () => {
  const labels = [...Array(10).fill(0), ...Array(4).fill(1), 2];

  test("shows every class as often as the largest, and each of its pictures as often as the others", () => {
    const order = epochOrder(labels, createRandom(5), true);
    expect(
      countLabels(
        order.map((index) => labels[index]),
        3,
      ),
    ).toEqual([10, 10, 10]);
    const shown = countLabels(order, labels.length);
    expect(shown.slice(0, 10)).toEqual(Array(10).fill(1));
    expect(shown.slice(10, 14).toSorted()).toEqual([2, 2, 3, 3]);
    expect(shown[14]).toBe(10);
    expect(order).not.toEqual(epochOrder(labels, createRandom(6), true));
  });

  test("off, an epoch is a permutation", () => {
    expect(epochOrder(labels, createRandom(5), false).toSorted((a, b) => a - b)).toEqual([...labels.keys()]);
  });
});
