// From pixels to pooled activations, in tfjs operations; and that, traced, as the graph that feature extraction runs.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import type { Backbone, Stage } from "./backbones/backbone.ts";
import { freezeTo } from "./backbones/layer-groups.ts";
import { frozenLayers } from "./frozen-layers.ts";
import { enterStages, type InputStatistics } from "./part-input.ts";

/** [max, avg] over the whole map, in fastai's order: [batch, 2 channels]. */
export function pool(x: tf.Tensor4D): tf.Tensor2D {
  return tf.concat([tf.max<tf.Tensor2D>(x, [1, 2]), tf.mean<tf.Tensor2D>(x, [1, 2])], 1);
}

/** A frozen body: what it computes, with which numbers, on input of which statistics. */
export type Body = { backbone: Backbone; weights: StoredTensors; statistics: InputStatistics };

/** Pooled activations of what the first of `stages` takes (see partInput), through them with the body's own weights. */
export function frozenBody(input: tf.Tensor, body: Body, stages: readonly Stage[]): tf.Tensor2D {
  return pool(frozenStages(input, body, stages));
}

/** As `frozenBody`, before it is pooled: [batch, rows, columns, channels]. */
export function frozenStages(input: tf.Tensor, body: Body, stages: readonly Stage[]): tf.Tensor4D {
  const layers = frozenLayers(body.backbone, body.weights, body.statistics.std);
  return stages.reduce((x, stage) => stage.apply(x, layers), enterStages(input, stages, body));
}

/** Input `pixels` uint8 [batch, size, size, 3]; output `features` [batch, 2 channels], for any batch. */
export function traceBody(body: Body, size: number): TracedGraph {
  return traceFrozen(size, (pixels) => ({ features: frozenBody(pixels, body, body.backbone.stages) }));
}

/**
 * The frozen part of a body of which only `lowest` and what is above it are trained (see freezeTo), so that it is computed once.
 * Input as for `traceBody`; output `activations` [batch, height, width, channels], which the first trained stage takes.
 */
export function traceFrozenPart(body: Body, size: number, lowest: string): TracedGraph {
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
