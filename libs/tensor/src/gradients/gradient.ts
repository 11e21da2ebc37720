// What a gradient of a tfjs operation is, and what the definitions of several share.
import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../layout.ts";

export type Gradient = {
  /** `saved` holds the inputs, then the outputs, that the definition asked for. */
  of(dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap): Record<string, () => tf.Tensor>;
  inputs?: string[];
  output?: boolean;
  /** For operations whose inputs are a list, under the names "0", "1", ... */
  everyInput?: boolean;
};
export type Gradients = Record<string, Gradient>;

export const unary = (derivative: (dy: tf.Tensor, x: tf.Tensor) => tf.Tensor): Gradient => ({
  inputs: ["x"],
  of: (dy, saved) => ({ x: () => derivative(dy, first(saved)) }),
});

/** For operations whose derivative is simplest in terms of their result. */
export const unaryOfOutput = (derivative: (dy: tf.Tensor, y: tf.Tensor) => tf.Tensor): Gradient => ({
  output: true,
  of: (dy, saved) => ({ x: () => derivative(dy, first(saved)) }),
});

export const binary = (
  derivativeA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  derivativeB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): Gradient => ({
  inputs: ["a", "b"],
  of: (dy, saved) => {
    const [a, b] = [first(saved), second(saved)];
    return { a: () => sumTo(derivativeA(dy, a, b), a.shape), b: () => sumTo(derivativeB(dy, a, b), b.shape) };
  },
});

/** Undoes a broadcast: adds up over the axes along which `shape` was repeated. */
export function sumTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}

/** Undoes a reduction: repeats `dy` along the axes that were added up. */
export function spread(dy: tf.Tensor, shape: number[], axes: number[]): tf.Tensor {
  return tf.broadcastTo(withAxes(dy, shape, axes), shape);
}

/** A reduced value with the axes it lost, of size 1. */
export function withAxes(reduced: tf.Tensor, shape: number[], axes: number[]): tf.Tensor {
  return tf.reshape(
    reduced,
    shape.map((size, i) => (axes.includes(i) ? 1 : size)),
  );
}

/** Axes from 0. tfjs' own operations pass one number, a list, or nothing for all of them. */
export function axesOf(attribute: unknown, shape: number[]): number[] {
  if (attribute === undefined || attribute === null) return shape.map((_, axis) => axis);
  // By the line above it is a number or a list of them.
  return tf.util.parseAxisParam(attribute as number | number[], shape);
}

/** The share of a reduction's input in each of its outputs, for means. */
export const shareOf = (dy: tf.Tensor, shape: number[]): number => dy.size / sizeOf(shape);

export const first = ([tensor]: tf.Tensor[]): tf.Tensor => present(tensor);
export const second = ([, tensor]: tf.Tensor[]): tf.Tensor => present(tensor);

function present(tensor: tf.Tensor | undefined): tf.Tensor {
  if (!tensor) throw new Error("tfjs saved fewer tensors for a gradient than it was asked to.");
  return tensor;
}
