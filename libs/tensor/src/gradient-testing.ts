// For tests of gradients: the gradients of a function of tensors, and what central differences say they should be.
import * as tf from "@tensorflow/tfjs-core";
import { runOnCpu, type TestInputs, wave } from "./testing.ts";
import type { TensorMap } from "./trace.ts";

export type TensorFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

// Weighs every element differently, so that no error can cancel in the sum.
const weighed = (y: tf.Tensor): tf.Scalar => tf.sum(tf.mul(y, tf.tensor(wave(y.shape, 1, 0.5).data, y.shape)));

/** Model code that gives the gradient of the weighed sum of `of` by each input x, under the name dx. */
export const gradientsOf =
  (of: TensorFunction) =>
  (inputs: TensorMap): TensorMap => {
    const gradients = tf.grads((...xs: tf.Tensor[]) => weighed(of(...xs)))(Object.values(inputs));
    return Object.fromEntries(
      Object.keys(inputs).map((name, i) => [`d${name}`, gradients[i] ?? tf.scalar(Number.NaN)]),
    );
  };

/** Central differences of the weighed sum; a step of 2^-7 balances float32 rounding against curvature. */
export function centralDifferences(inputs: TestInputs, name: string, of: TensorFunction): number[] {
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

/** `x` plus steps far wider than those of central differences, so that a largest value stays the largest. */
export const spacedOut = (x: tf.Tensor): tf.Tensor =>
  tf.add(
    x,
    tf.tensor(
      Float32Array.from({ length: x.size }, (_, i) => 3 * ((29 * i) % 31)),
      x.shape,
    ),
  );
