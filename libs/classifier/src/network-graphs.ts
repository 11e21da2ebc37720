// One training step of a network, or of its upper part, as a graph: pixels or activations in, the next value of every weight out.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "@ursa/tensor/layout";
import type { StepPlan } from "@ursa/tensor/train-step";
import type { AdamSchedule } from "./adamw.ts";
import { freezeTo, type LayerGroup } from "./backbones/layer-groups.ts";
import { pool } from "./body-graph.ts";
import { clipGradients } from "./clip-gradients.ts";
import { type HeadSize, HIDDEN, headTrainForward, parameterOf } from "./head.ts";
import { keepAll, MEAN, type OptimizerOptions, updateOf, VARIANCE } from "./head-graphs.ts";
import { crossEntropy } from "./loss.ts";
import { learnedOf, statisticsOf } from "./network.ts";
import { enterStages, type InputStatistics, type Part, partInput } from "./part-input.ts";
import { batchNormLayers, trainableLayers } from "./trainable-layers.ts";

/** The part is what is trained. */
export type NetworkStepOptions = OptimizerOptions &
  Part & {
    statistics: InputStatistics;
    head: HeadSize;
    /** Rows of every step; those beyond its pictures have weight 0. */
    batch: number;
    /** The batch-norms of the body's trained part use the batch's statistics and keep running ones (fastai's way). Default: inference mode. */
    trainBn: boolean;
    /** What `findChannelBlock` found out about this processor; 0, or left out, is the plain layout. */
    channelBlock?: number;
  };

/** The input that holds the learning rate of a group. */
export const rateInput = (group: LayerGroup): string => `learningRate:${group}`;

type Parameters = Record<string, tf.Tensor>;

/**
 * One step of AdamW on everything from `trainFrom` up. Inputs: what `partInput` says, for each row of the batch, labels as `crossEntropy` takes them, weights [batch], mask1, mask2,
 * a learning rate per trained group (`rateInput`), beta1, correction1, correction2. Outputs `loss` and `gradientNorm`, before clipping. Updates: every learned parameter, its
 * optimizer state and the running statistics of the head, with `trainBn` those of the body's trained part too.
 */
export function networkStep(options: NetworkStepOptions): StepPlan {
  const { head, batch, channelBlock = 0 } = options;
  const { name: input, element, shape } = partInput(options);
  const trained = trainedPart(options);
  const { groups } = freezeTo(options.backbone, options.trainFrom);
  const learned = learnedOf(trained, head);
  const states = learned.flatMap(({ name, shape }) => [
    [name + MEAN, shape],
    [name + VARIANCE, shape],
  ]);
  const values = learned.map(({ name, shape }) => [name, shape]);
  return {
    channelBlock,
    inputs: {
      [input]: { shape: [batch, ...shape], element },
      labels: { shape: [batch, head.classes] },
      weights: { shape: [batch] },
      mask1: { shape: [batch, head.features] },
      mask2: { shape: [batch, HIDDEN] },
      ...Object.fromEntries(groups.map((group) => [rateInput(group), { shape: [] }])),
      beta1: { shape: [] },
      correction1: { shape: [] },
      correction2: { shape: [] },
    },
    parameters: { ...Object.fromEntries([...values, ...states]), ...statisticsOf(trained, head) },
    fn: (inputs, parameters) => {
      const { loss, gradients, statistics } = networkGradients(options, inputs, parameters);
      const { clipped, norm } = clipGradients(gradients, options.gradientClip);
      const next = learned.map(({ name, group, isDecayed }, i) =>
        updateOf(name, parameters, {
          gradient: at(clipped, i),
          settings: { ...scheduleOf(inputs, group), weightDecay: isDecayed ? options.weightDecay : 0 },
        }),
      );
      return { outputs: { loss, gradientNorm: norm }, updates: Object.assign({}, statistics, ...next) };
    },
  };
}

/** Loss, gradients (in the order of `learnedOf`) and the next running statistics, in plain tfjs on any backend. */
export function networkGradients(options: NetworkStepOptions, inputs: Parameters, parameters: Parameters) {
  const names = learnedOf(trainedPart(options), options.head).map(({ name }) => name);
  // The inputs of the step graph, by the shapes declared in `networkStep`.
  const { [partInput(options).name]: input, labels, weights, mask1, mask2 } = inputs as StepInputs;
  let statistics: Parameters = {};
  const lossOf = (...learned: tf.Tensor[]) => {
    const current = { ...parameters, ...Object.fromEntries(learned.map((value, i) => [at(names, i), value])) };
    const body = bodyForward(input, options, { parameters: current, weights });
    const forward = headTrainForward(body.features, current, { masks: [mask1, mask2], weights });
    statistics = keepAll({ ...body.statistics, ...forward.statistics });
    return crossEntropy(forward.logits, labels, weights);
  };
  const { value, grads } = tf.valueAndGrads(lossOf)(names.map((name) => parameterOf(parameters, name)));
  return { loss: value, gradients: grads, statistics };
}

type StepInputs = {
  pixels: tf.Tensor4D;
  activations: tf.Tensor4D;
  labels: tf.Tensor2D;
  weights: tf.Tensor1D;
  mask1: tf.Tensor2D;
  mask2: tf.Tensor2D;
};

/** The stages that are trained, as a body of their own. */
const trainedPart = ({ backbone, trainFrom }: Part) => ({ stages: freezeTo(backbone, trainFrom).trained });

/** Pooled activations, every weight of the trained stages a parameter, and their next running statistics, if any. */
function bodyForward(
  input: tf.Tensor4D,
  options: NetworkStepOptions,
  { parameters, weights }: { parameters: Parameters; weights: tf.Tensor1D },
): { features: tf.Tensor2D; statistics: Parameters } {
  const {
    backbone,
    statistics: { std },
    trainBn,
  } = options;
  const { stages } = trainedPart(options);
  const { layers, nextStatistics } = trainBn
    ? batchNormLayers({ backbone, parameters, inputScale: std, rowWeights: weights })
    : { layers: trainableLayers(backbone, parameters, std), nextStatistics: {} };
  const features = pool(stages.reduce((x, stage) => stage.apply(x, layers), enterStages(input, stages, options)));
  return { features, statistics: nextStatistics };
}

function scheduleOf(inputs: Parameters, group: LayerGroup): AdamSchedule {
  const learningRate = inputs[rateInput(group)];
  // All of them are declared as scalars in `networkStep`.
  return { ...inputs, learningRate } as AdamSchedule;
}
