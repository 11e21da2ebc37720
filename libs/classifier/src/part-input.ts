// What the trained part of a network takes: pixels when nothing is frozen, else what the frozen stages below it make of them.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "@ursa/tensor/layout";
import type { InputSpec } from "@ursa/tensor/trace";
import type { Backbone, Stage } from "./backbones/backbone.ts";
import { freezeTo } from "./backbones/layer-groups.ts";

/** Per channel (red, green, blue), in pixel values 0..255. */
export type InputStatistics = { mean: readonly [number, number, number]; std: readonly [number, number, number] };

export type Part = {
  backbone: Backbone;
  /** Side of the square view, in pixels. */
  size: number;
  /** The lowest layer group or stage of the part (see freezeTo). */
  trainFrom: string;
};

export type PartInput = {
  name: "pixels" | "activations";
  element: NonNullable<InputSpec["element"]>;
  /** Of one picture: height, width, channels. */
  shape: readonly [number, number, number];
};

/** @throws RangeError as `freezeTo` does */
export function partInput({ backbone, size, trainFrom }: Part): PartInput {
  const { frozen } = freezeTo(backbone, trainFrom);
  const below = frozen.at(-1)?.convolutions.at(-1);
  if (!below) return { name: "pixels", element: "uint8", shape: [size, size, 3] };
  const side = frozen.reduce((length, { stride }) => Math.ceil(length / stride), size);
  return { name: "activations", element: "float", shape: [side, side, at(below.shape, 0)] };
}

/** What the first of `stages` is applied to: pixels less their mean, or activations as they are. */
export function enterStages(
  input: tf.Tensor,
  stages: readonly Stage[],
  { backbone, statistics: { mean } }: { backbone: Backbone; statistics: InputStatistics },
): tf.Tensor4D {
  if (stages[0] === backbone.stages[0]) return tf.sub(tf.cast(input, "float32"), tf.tensor1d([...mean]));
  // Declared by the shape of `partInput`, with the batch before it.
  return input as tf.Tensor4D;
}
