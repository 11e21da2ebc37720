// From pixels to pooled activations, in tfjs operations; and that, traced, as the graph that feature extraction runs.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import type { Backbone, Stage } from "./backbones/backbone.ts";
import { freezeTo, type LayerGroup } from "./backbones/layer-groups.ts";
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
export function frozenBody(pixels: tf.Tensor, body: Body): tf.Tensor2D {
  return pool(frozenStages(pixels, body, body.backbone.stages));
}

/** What the first `stages` of the frozen body make of `pixels`: [batch, height, width, channels], not pooled. */
function frozenStages(pixels: tf.Tensor, { weights, statistics, backbone }: Body, stages: readonly Stage[]) {
  const layers = frozenLayers(backbone, weights, statistics.std);
  const centred: tf.Tensor4D = tf.sub(tf.cast(pixels, "float32"), tf.tensor1d([...statistics.mean]));
  return stages.reduce((x, stage) => stage.apply(x, layers), centred);
}

/** Input `pixels` uint8 [batch, size, size, 3]; output `features` [batch, 2 channels], for any batch. */
export function traceBody(body: Body, size: number): TracedGraph {
  return traceFrozen(size, (pixels) => ({ features: frozenBody(pixels, body) }));
}

/**
 * The frozen part of a body of which only `lowest` and what is above it are trained (see freezeTo), so that it is computed once.
 * Input as for `traceBody`; output `activations` [batch, height, width, channels], which the first trained stage takes.
 */
export function traceFrozenPart(body: Body, size: number, lowest: LayerGroup): TracedGraph {
  const { frozen } = freezeTo(body.backbone, lowest);
  return traceFrozen(size, (pixels) => ({ activations: frozenStages(pixels, body, frozen) }));
}

function traceFrozen(size: number, outputsOf: (pixels: tf.Tensor) => Record<string, tf.Tensor>): TracedGraph {
  return trace({
    inputs: { pixels: { shape: ["batch", size, size, 3], element: "uint8" } },
    fn: ({ pixels }) => {
      if (!pixels) throw new Error("The trace gave no pixels.");
      return { outputs: outputsOf(pixels) };
    },
  });
}
