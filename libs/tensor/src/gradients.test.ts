// Every gradient against central differences, on tfjs' cpu backend, and traced against the same; those of windows over pictures are in
// convolution-gradients.test.ts.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test, vi } from "vitest";
import { centralDifferences, gradientsOf, spacedOut, type TensorFunction } from "./gradient-testing.ts";
import { gradients } from "./gradients.ts";
import { relativeDifference } from "./relative-difference.ts";
import { runOnCpu, runTraced, type TestInputs, wave } from "./testing.ts";

/** What convolution-gradients.test.ts has. */
const ELSEWHERE = ["Conv2D", "DepthwiseConv2dNative", "MaxPool"];

type Case = { shapes: number[][]; of: TensorFunction; positive?: boolean };

const CASES: Record<string, Case> = {
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
  relu6: { shapes: [[4, 7]], of: (x) => tf.relu6(tf.add(tf.mul(x as tf.Tensor, 9), 2.9)) },
  "squared difference, broadcast": {
    shapes: [
      [3, 4],
      [1, 4],
    ],
    of: (a, b) => tf.squaredDifference(a as tf.Tensor, b as tf.Tensor),
  },
  clone: { shapes: [[5]], of: (x) => tf.mul(tf.clone(x as tf.Tensor), x as tf.Tensor) },
  cast: { shapes: [[5]], of: (x) => tf.mul(tf.cast(x as tf.Tensor, "float32"), x as tf.Tensor) },
  reshape: { shapes: [[2, 6]], of: (x) => tf.reshape(x as tf.Tensor, [3, 4]) },
  expandDims: { shapes: [[2, 3]], of: (x) => tf.expandDims(x as tf.Tensor, 1) },
  transpose: { shapes: [[2, 3, 4]], of: (x) => tf.transpose(x as tf.Tensor, [2, 0, 1]) },
  sum: { shapes: [[2, 3, 4]], of: (x) => tf.sum(x as tf.Tensor, [0, 2]) },
  "sum, kept": { shapes: [[2, 3]], of: (x) => tf.sum(x as tf.Tensor, 1, true) },
  mean: { shapes: [[2, 3, 4]], of: (x) => tf.mean(x as tf.Tensor, 1) },
  "max over two axes": { shapes: [[2, 3, 4, 3]], of: (x) => tf.max(spacedOut(x as tf.Tensor), [1, 2]) },
  "max over the last axis, kept": { shapes: [[3, 5]], of: (x) => tf.max(spacedOut(x as tf.Tensor), -1, true) },
  "concat along the middle": {
    shapes: [
      [2, 3, 2],
      [2, 1, 2],
      [2, 2, 2],
    ],
    of: (...parts) => tf.concat(parts, 1),
  },
  slice: { shapes: [[3, 5]], of: (x) => tf.slice(x as tf.Tensor, [1, 2], [-1, 2]) },
  "slice of the first axis": { shapes: [[4, 2]], of: (x) => tf.slice(x as tf.Tensor, 1, 2) },
  pad: {
    shapes: [[2, 3]],
    of: (x) =>
      tf.pad(x as tf.Tensor, [
        [0, 1],
        [2, 0],
      ]),
  },
  tile: { shapes: [[2, 1, 3]], of: (x) => tf.tile(x as tf.Tensor, [2, 4, 1]) },
  "tile of wide axes": { shapes: [[2, 3]], of: (x) => tf.tile(x as tf.Tensor, [2, 3]) },
  broadcastTo: { shapes: [[3, 1]], of: (x) => tf.broadcastTo(x as tf.Tensor, [2, 3, 4]) },
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

const inputsOf = ({ shapes, positive }: Case): TestInputs =>
  Object.fromEntries(
    shapes.map((shape, i) => {
      const { data } = wave(shape, 1, i + 1);
      return [`x${i}`, { shape, data: positive ? data.map((value) => Math.abs(value) + 0.5) : data }];
    }),
  );

for (const [name, one] of Object.entries(CASES)) {
  test(name, async () => {
    const { of } = one;
    const inputs = inputsOf(one);
    const onCpu = runOnCpu(inputs, gradientsOf(of));
    const traced = await runTraced(inputs, gradientsOf(of));
    for (const input of Object.keys(inputs)) {
      const numeric = centralDifferences(inputs, input, of);
      expect(relativeDifference(onCpu[`d${input}`] ?? [], numeric), `cpu, ${input}`).toBeLessThan(2e-3);
      expect(
        relativeDifference(traced[`d${input}`]?.data ?? [], onCpu[`d${input}`] ?? []),
        `traced, ${input}`,
      ).toBeLessThan(1e-6);
    }
  });
}

test("values that share the largest place share its gradient", () => {
  const tied = { x: { shape: [1, 4], data: new Float32Array([3, 1, 3, 2]) } };
  const gradient = runOnCpu(tied, ({ x }) => ({ g: tf.grad((y: tf.Tensor) => tf.max(y, 1))(x as tf.Tensor) }));
  expect([...(gradient.g ?? [])]).toEqual([0.5, 0, 0.5, 0]);
});

test("no registered gradient is without a case", () => {
  const uses = Object.keys(gradients).map((kernel) => {
    const registered = tf.getGradient(kernel);
    return { kernel, spy: registered && vi.spyOn(registered, "gradFunc") };
  });
  for (const one of Object.values(CASES)) runOnCpu(inputsOf(one), gradientsOf(one.of));
  const unused = uses.filter(({ spy }) => !spy?.mock.calls.length).map(({ kernel }) => kernel);
  vi.restoreAllMocks();
  expect(unused).toEqual(ELSEWHERE);
});
