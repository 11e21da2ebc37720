// One training step of the whole network as a graph: pixels in, the next value of every weight that is not frozen out.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "@ursa/tensor/layout";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import type { AdamSchedule } from "./adamw.ts";
import type { Backbone } from "./backbones/backbone.ts";
import { LAYER_GROUPS, type LayerGroup } from "./backbones/layer-groups.ts";
import { type InputStatistics, pool } from "./body-graph.ts";
import { clipGradients } from "./clip-gradients.ts";
import { type HeadSize, HIDDEN, headTrainForward, parameterOf } from "./head.ts";
import { MEAN, type OptimizerOptions, updateOf, VARIANCE } from "./head-graphs.ts";
import { crossEntropy } from "./loss.ts";
import { learnedOf, statisticsOf } from "./network.ts";
import { batchNormLayers, trainableLayers } from "./trainable-layers.ts";

export type NetworkStepOptions = OptimizerOptions & {
  backbone: Backbone;
  statistics: InputStatistics;
  /** Side of the square view, in pixels. */
  size: number;
  head: HeadSize;
  /** Rows of every step; those beyond its pictures have weight 0. */
  batch: number;
  /** The body's batch-norms use the batch's statistics and keep running ones (fastai's way). Default: inference mode. */
  trainBn: boolean;
  /** What `findChannelBlock` found out about this processor; 0, or left out, is the plain layout. */
  channelBlock?: number;
};

/** The input that holds the learning rate of a group. */
export const rateInput = (group: LayerGroup): string => `learningRate:${group}`;

type Parameters = Record<string, tf.Tensor>;

/**
 * One step of AdamW on everything. Inputs: pixels uint8 [batch, size, size, 3], labels as `crossEntropy` takes them, weights [batch], mask1, mask2,
 * a learning rate per group (`rateInput`), beta1, correction1, correction2. Output `loss`. Updates: every learned parameter, its
 * optimizer state and the running statistics of the head, with `trainBn` those of the body too.
 */
export function traceNetworkStep(options: NetworkStepOptions): TracedGraph {
  const { backbone, size, head, batch, channelBlock = 0 } = options;
  const learned = learnedOf(backbone, head);
  const states = learned.flatMap(({ name, shape }) => [
    [name + MEAN, shape],
    [name + VARIANCE, shape],
  ]);
  const values = learned.map(({ name, shape }) => [name, shape]);
  return trace({
    channelBlock,
    inputs: {
      pixels: { shape: [batch, size, size, 3], element: "uint8" },
      labels: { shape: [batch, head.classes] },
      weights: { shape: [batch] },
      mask1: { shape: [batch, head.features] },
      mask2: { shape: [batch, HIDDEN] },
      ...Object.fromEntries(LAYER_GROUPS.map((group) => [rateInput(group), { shape: [] }])),
      beta1: { shape: [] },
      correction1: { shape: [] },
      correction2: { shape: [] },
    },
    parameters: { ...Object.fromEntries([...values, ...states]), ...statisticsOf(backbone, head) },
    fn: (inputs, parameters) => {
      const { loss, gradients, statistics } = networkGradients(options, inputs, parameters);
      const clipped = clipGradients(gradients, options.gradientClip);
      const next = learned.map(({ name, group, isDecayed }, i) =>
        updateOf(name, parameters, {
          gradient: at(clipped, i),
          schedule: scheduleOf(inputs, group),
          weightDecay: isDecayed ? options.weightDecay : 0,
        }),
      );
      return { outputs: { loss }, updates: Object.assign({}, statistics, ...next) };
    },
  });
}

/** Loss, gradients (in the order of `learnedOf`) and the next running statistics, in plain tfjs on any backend. */
export function networkGradients(options: NetworkStepOptions, inputs: Parameters, parameters: Parameters) {
  const names = learnedOf(options.backbone, options.head).map(({ name }) => name);
  // The inputs of the step graph, by the shapes declared in `traceNetworkStep`.
  const { pixels, labels, weights, mask1, mask2 } = inputs as StepInputs;
  let statistics: Parameters = {};
  const lossOf = (...learned: tf.Tensor[]) => {
    const current = { ...parameters, ...Object.fromEntries(learned.map((value, i) => [at(names, i), value])) };
    const body = bodyForward(pixels, options, { parameters: current, weights });
    const forward = headTrainForward(body.features, current, { masks: [mask1, mask2], weights });
    statistics = { ...body.statistics, ...forward.statistics };
    return crossEntropy(forward.logits, labels, weights);
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => parameterOf(parameters, name)));
  return { loss: value, gradients: grads, statistics };
}

type StepInputs = {
  pixels: tf.Tensor4D;
  labels: tf.Tensor2D;
  weights: tf.Tensor1D;
  mask1: tf.Tensor2D;
  mask2: tf.Tensor2D;
};

/** Pooled activations of pixels 0..255, every weight of the body a parameter, and its next running statistics, if any. */
function bodyForward(
  pixels: tf.Tensor4D,
  { backbone, statistics: { mean, std }, trainBn }: NetworkStepOptions,
  { parameters, weights }: { parameters: Parameters; weights: tf.Tensor1D },
): { features: tf.Tensor2D; statistics: Parameters } {
  const centred: tf.Tensor4D = tf.sub(tf.cast(pixels, "float32"), tf.tensor1d([...mean]));
  const { layers, nextStatistics } = trainBn
    ? batchNormLayers({ backbone, parameters, inputScale: std, rowWeights: weights })
    : { layers: trainableLayers(backbone, parameters, std), nextStatistics: {} };
  const features = pool(backbone.stages.reduce((x, stage) => stage.apply(x, layers), centred));
  return { features, statistics: nextStatistics };
}

function scheduleOf(inputs: Parameters, group: LayerGroup): AdamSchedule {
  const learningRate = inputs[rateInput(group)];
  // All of them are declared as scalars in `traceNetworkStep`.
  return { ...inputs, learningRate } as AdamSchedule;
}
