// From pixels to pooled activations, in tfjs operations; and that, traced, as the graph that feature extraction runs.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import type { Backbone } from "./backbones/backbone.ts";
import { frozenLayers } from "./frozen-layers.ts";

/** Per channel (red, green, blue), in pixel values 0..255. */
export type InputStatistics = { mean: readonly [number, number, number]; std: readonly [number, number, number] };

/** [max, avg] over the whole map, in fastai's order: [batch, 2 channels]. */
export function pool(x: tf.Tensor4D): tf.Tensor2D {
  return tf.concat([tf.max<tf.Tensor2D>(x, [1, 2]), tf.mean<tf.Tensor2D>(x, [1, 2])], 1);
}

/** A frozen body: what it computes, with which numbers, on input of which statistics. */
export type Body = { backbone: Backbone; weights: StoredTensors; statistics: InputStatistics };

/** Pooled activations of `pixels` [batch, size, size, 3], 0..255, through the frozen body. */
export function frozenBody(pixels: tf.Tensor, { backbone, weights, statistics }: Body): tf.Tensor2D {
  const layers = frozenLayers(backbone, weights, statistics.std);
  const centred: tf.Tensor4D = tf.sub(tf.cast(pixels, "float32"), tf.tensor1d([...statistics.mean]));
  return pool(backbone.stages.reduce((x, stage) => stage.apply(x, layers), centred));
}

/** Input `pixels` uint8 [batch, size, size, 3]; output `features` [batch, 2 channels], for any batch. */
export function traceBody(body: Body, size: number): TracedGraph {
  return trace({
    inputs: { pixels: { shape: ["batch", size, size, 3], element: "uint8" } },
    fn: ({ pixels }) => {
      if (!pixels) throw new Error("The trace gave no pixels.");
      return { outputs: { features: frozenBody(pixels, body) } };
    },
  });
}
