// Gradients of operations that move numbers or gather them: shapes, cuts, sums and extremes over axes.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "../layout.ts";
import { axesOf, first, type Gradients, shareOf, spread, withAxes } from "./gradient.ts";

export const shapeGradients: Gradients = {
  Identity: { of: (dy) => ({ x: () => dy }) },
  Cast: { of: (dy) => ({ x: () => dy }) },
  Reshape: { inputs: ["x"], of: (dy, saved) => ({ x: () => tf.reshape(dy, first(saved).shape) }) },
  ExpandDims: { inputs: ["input"], of: (dy, saved) => ({ input: () => tf.reshape(dy, first(saved).shape) }) },
  Tile: { inputs: ["x"], of: (dy, saved) => ({ x: () => untile(dy, first(saved).shape) }) },
  Transpose: {
    of: (dy, _saved, { perm }) => ({ x: () => tf.transpose(dy, invert(axesOf(perm, dy.shape))) }),
  },
  Concat: {
    everyInput: true,
    of: (dy, parts, { axis }) => {
      const [along = 0] = axesOf(axis, dy.shape);
      const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + at(part.shape, along), 0));
      const cut = (part: tf.Tensor, i: number) =>
        tf.slice(dy, zeros(dy.shape).with(along, at(starts, i)), [...part.shape]);
      return Object.fromEntries(parts.map((part, i) => [String(i), () => cut(part, i)]));
    },
  },
  Slice: {
    inputs: ["x"],
    of: (dy, saved, { begin }) => {
      const { shape } = first(saved);
      // The operation fills the list up before it calls the kernel: one start per axis.
      const starts = [begin as number | number[]].flat();
      const around = shape.map((size, axis): [number, number] => {
        const start = starts[axis] ?? 0;
        return [start, size - start - at(dy.shape, axis)];
      });
      return { x: () => tf.pad(dy, around) };
    },
  },
  PadV2: {
    inputs: ["x"],
    of: (dy, saved, { paddings }) => {
      // PadV2 publishes its attribute as one pair of amounts per axis.
      const starts = (paddings as unknown as [number, number][]).map(([before]) => before);
      return { x: () => tf.slice(dy, starts, first(saved).shape) };
    },
  },
  Sum: {
    inputs: ["x"],
    of: (dy, saved, { axis }) => ({ x: () => spread(dy, first(saved).shape, axesOf(axis, first(saved).shape)) }),
  },
  Mean: {
    inputs: ["x"],
    of: (dy, saved, { axis }) => {
      const { shape } = first(saved);
      return { x: () => spread(tf.mul(dy, shareOf(dy, shape)), shape, axesOf(axis, shape)) };
    },
  },
  // Where several are the largest they share the gradient, as PyTorch's amax has it.
  Max: {
    inputs: ["x"],
    output: true,
    of: (dy, saved, { reductionIndices }) => {
      const [x, y] = [first(saved), at(saved, 1)];
      const axes = axesOf(reductionIndices, x.shape);
      return {
        x: () => {
          const largest = tf.cast(tf.equal(x, withAxes(y, x.shape, axes)), "float32");
          return tf.mul(largest, tf.div(withAxes(dy, x.shape, axes), tf.sum(largest, axes, true)));
        },
      };
    },
  },
};

/** Adds up the copies that a tiling made of `shape`. tfjs broadcasts by tiling axes of size 1, which then only add up. */
function untile(dy: tf.Tensor, shape: number[]): tf.Tensor {
  const repeated = shape.flatMap((size, axis) => (dy.shape[axis] === size ? [] : [axis]));
  if (repeated.every((axis) => shape[axis] === 1)) return tf.sum(dy, repeated, true);
  const apart = shape.flatMap((size, axis) => [at(dy.shape, axis) / size, size]);
  const copies = shape.map((_, axis) => 2 * axis);
  return tf.sum(tf.reshape(dy, apart), copies);
}

const invert = (perm: number[]): number[] => perm.map((_, axis) => perm.indexOf(axis));
const zeros = (shape: number[]): number[] => shape.map(() => 0);
