// The same step eagerly, on tfjs' plain JavaScript backend, and compiled.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { openCompiledStep } from "./compiled-step.ts";
import { openEagerStep } from "./eager-step.ts";
import "./testing.ts";
import type { StepPlan } from "./train-step.ts";

const [BATCH, WIDTH] = [3, 4];

/** A linear regression by gradient descent on bytes, which also keeps a running mean of what it predicts. */
const plan: StepPlan = {
  inputs: { bytes: { shape: [BATCH, WIDTH], element: "uint8" }, targets: { shape: [BATCH, 1] } },
  parameters: { w: [WIDTH, 1], seen: [1], untouched: [2] },
  fn({ bytes, targets }, { w, seen }) {
    if (!bytes || !targets || !w || !seen) throw new Error("All of them are declared above.");
    let mean = seen;
    const lossOf = (weights: tf.Tensor) => {
      const x: tf.Tensor2D = tf.div(tf.cast(bytes, "float32"), 255);
      const predicted = tf.matMul(x, weights as tf.Tensor2D); // [WIDTH, 1]
      mean = tf.keep(tf.add(tf.mul(seen, 0.9), tf.mul(tf.mean(predicted, 0), 0.1)));
      return tf.mean<tf.Scalar>(tf.square(tf.sub(predicted, targets)));
    };
    const { value, grads } = tf.valueAndGrads(lossOf)([w]);
    const next = tf.sub(w, tf.mul(grads[0] ?? w, 0.1));
    return { outputs: { loss: value }, updates: { w: next, seen: mean } };
  },
};
const state = () =>
  new Map([
    ["w", { shape: [WIDTH, 1], data: Float32Array.of(0.5, -1, 2, 0) }],
    ["seen", { shape: [1], data: Float32Array.of(1) }],
    ["untouched", { shape: [2], data: Float32Array.of(7, 8) }],
  ]);
const feeds = {
  bytes: { dims: [BATCH, WIDTH], data: Uint8Array.from({ length: BATCH * WIDTH }, (_, i) => (i * 83) % 256) },
  targets: { dims: [BATCH, 1], data: Float32Array.of(1, 0, 2) },
};

test("the losses and the state of both are the same, and nothing is left on the device", async () => {
  await tf.setBackend("cpu");
  await using compiled = await openCompiledStep(plan, { state: state(), threads: 1 });
  const before = tf.memory().numTensors;
  const eager = await openEagerStep(plan, { state: state() });
  const counts: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const [a, b] = [await eager.run(feeds), await compiled.run(feeds)];
    expect(a.loss?.data[0]).toBeCloseTo(b.loss?.data[0] ?? Number.NaN, 5);
    counts.push(tf.memory().numTensors);
  }
  expect(new Set(counts)).toEqual(new Set([before + 3]));
  for (const [name, { shape, data }] of compiled.state) {
    const found = eager.state.get(name);
    expect(found?.shape).toEqual(shape);
    for (const [i, value] of data.entries()) expect(found?.data[i], name).toBeCloseTo(value, 5);
  }
  expect([...(eager.state.get("w")?.data ?? [])]).not.toEqual([0.5, -1, 2, 0]);
  await eager.close();
  expect(tf.memory().numTensors).toBe(before);
});
