// Every gradient against central differences, on tfjs' cpu backend, and traced against the same.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import "./gradients.ts";
import { relativeDifference, runOnCpu, runTraced, type TestInputs, wave } from "./testing.ts";

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;

// Weighs every element differently, so that no error can cancel in the sum.
const weighed = (y: tf.Tensor): tf.Scalar => tf.sum(tf.mul(y, tf.tensor(wave(y.shape, 1, 0.5).data, y.shape)));

const CASES: Record<string, { shapes: number[][]; of: Function; positive?: boolean }> = {
  "add, broadcast": { shapes: [[3, 4], [4]], of: (a, b) => tf.add(a as tf.Tensor, b as tf.Tensor) },
  "sub, broadcast": {
    shapes: [
      [3, 1],
      [3, 4],
    ],
    of: (a, b) => tf.sub(a as tf.Tensor, b as tf.Tensor),
  },
  "mul, broadcast": {
    shapes: [
      [3, 4],
      [1, 4],
    ],
    of: (a, b) => tf.mul(a as tf.Tensor, b as tf.Tensor),
  },
  "div, broadcast": { shapes: [[3, 4], []], of: (a, b) => tf.div(a as tf.Tensor, b as tf.Tensor), positive: true },
  neg: { shapes: [[5]], of: (x) => tf.neg(x as tf.Tensor) },
  square: { shapes: [[5]], of: (x) => tf.square(x as tf.Tensor) },
  exp: { shapes: [[5]], of: (x) => tf.exp(x as tf.Tensor) },
  log: { shapes: [[5]], of: (x) => tf.log(x as tf.Tensor), positive: true },
  sqrt: { shapes: [[5]], of: (x) => tf.sqrt(x as tf.Tensor), positive: true },
  rsqrt: { shapes: [[5]], of: (x) => tf.rsqrt(x as tf.Tensor), positive: true },
  sigmoid: { shapes: [[5]], of: (x) => tf.sigmoid(x as tf.Tensor) },
  relu: { shapes: [[7]], of: (x) => tf.relu(tf.add(x as tf.Tensor, 0.05)) },
  reshape: { shapes: [[2, 6]], of: (x) => tf.reshape(x as tf.Tensor, [3, 4]) },
  expandDims: { shapes: [[2, 3]], of: (x) => tf.expandDims(x as tf.Tensor, 1) },
  transpose: { shapes: [[2, 3, 4]], of: (x) => tf.transpose(x as tf.Tensor, [2, 0, 1]) },
  sum: { shapes: [[2, 3, 4]], of: (x) => tf.sum(x as tf.Tensor, [0, 2]) },
  "sum, kept": { shapes: [[2, 3]], of: (x) => tf.sum(x as tf.Tensor, 1, true) },
  mean: { shapes: [[2, 3, 4]], of: (x) => tf.mean(x as tf.Tensor, 1) },
  logSoftmax: { shapes: [[3, 4]], of: (x) => tf.logSoftmax(x as tf.Tensor) },
  matMul: {
    shapes: [
      [2, 3],
      [3, 4],
    ],
    of: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D),
  },
  "matMul, a transposed": {
    shapes: [
      [3, 2],
      [3, 4],
    ],
    of: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true),
  },
  "matMul, b transposed": {
    shapes: [
      [2, 3],
      [4, 3],
    ],
    of: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
  },
  "matMul, both transposed": {
    shapes: [
      [3, 2],
      [4, 3],
    ],
    of: (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true, true),
  },
};

for (const [name, { shapes, of, positive }] of Object.entries(CASES)) {
  test(name, async () => {
    const inputs: TestInputs = Object.fromEntries(
      shapes.map((shape, i) => {
        const { data } = wave(shape, 1, i + 1);
        return [`x${i}`, { shape, data: positive ? data.map((value) => Math.abs(value) + 0.5) : data }];
      }),
    );
    const gradients = (given: Record<string, tf.Tensor>) => {
      const grads = tf.grads((...xs: tf.Tensor[]) => weighed(of(...xs)))(Object.values(given));
      return Object.fromEntries(grads.map((gradient, i) => [`g${i}`, gradient]));
    };
    const onCpu = runOnCpu(inputs, gradients);
    const traced = await runTraced(inputs, gradients);
    for (const [i, input] of Object.keys(inputs).entries()) {
      const numeric = differences(inputs, input, of);
      expect(relativeDifference(onCpu[`g${i}`] ?? [], numeric), `cpu, input ${i}`).toBeLessThan(2e-3);
      expect(relativeDifference(traced[`g${i}`]?.data ?? [], onCpu[`g${i}`] ?? []), `traced, input ${i}`).toBeLessThan(
        1e-6,
      );
    }
  });
}

/** Central differences of the weighed result; a step of 2^-7 balances float32 rounding against curvature. */
function differences(inputs: TestInputs, name: string, of: Function): number[] {
  const at = inputs[name]?.data ?? new Float32Array();
  const step = 2 ** -7;
  const valueWith = (index: number, change: number): number => {
    const moved = at.slice();
    moved[index] = (moved[index] ?? 0) + change;
    const changed = { ...inputs, [name]: { shape: inputs[name]?.shape ?? [], data: moved } };
    return runOnCpu(changed, (given) => ({ y: weighed(of(...Object.values(given))) })).y?.[0] ?? Number.NaN;
  };
  return Array.from(at, (_, i) => (valueWith(i, step) - valueWith(i, -step)) / (2 * step));
}
