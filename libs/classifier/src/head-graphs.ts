// The two graphs of the head: one training step, and the forward pass in evaluation mode.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "@ursa/tensor/layout";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import type { StepPlan } from "@ursa/tensor/train-step";
import { type AdamSchedule, type AdamSettings, adamW } from "./adamw.ts";
import { clipGradients } from "./clip-gradients.ts";
import {
  type HeadSize,
  HIDDEN,
  headForward,
  headTrainForward,
  isDecayed,
  parameterOf,
  statisticShapes,
  trainableShapes,
} from "./head.ts";
import { crossEntropy } from "./loss.ts";

/** Suffixes under which the optimizer's mean and variance of a parameter are kept. */
export const MEAN = ":mean";
export const VARIANCE = ":variance";

/** `gradientClip`: the largest norm of all gradients together; not clipped when left out. */
export type OptimizerOptions = { weightDecay: number; gradientClip?: number | undefined };

/**
 * One step of AdamW. Inputs: features [batch, features], labels [batch, classes] as `crossEntropy` takes them, weights [batch], mask1, mask2, learningRate, beta1,
 * correction1, correction2. Outputs `loss` and `gradientNorm`, before clipping. Updates: every parameter, its optimizer state and the running statistics.
 */
export function headStep(size: HeadSize, batch: number, optimizer: OptimizerOptions): StepPlan {
  const { weightDecay, gradientClip } = optimizer;
  const trainable = trainableShapes(size);
  const names = Object.keys(trainable);
  const states = Object.entries(trainable).flatMap(([name, shape]) => [
    [name + MEAN, shape],
    [name + VARIANCE, shape],
  ]);
  return {
    inputs: {
      features: { shape: [batch, size.features] },
      labels: { shape: [batch, size.classes] },
      weights: { shape: [batch] },
      mask1: { shape: [batch, size.features] },
      mask2: { shape: [batch, HIDDEN] },
      learningRate: { shape: [] },
      beta1: { shape: [] },
      correction1: { shape: [] },
      correction2: { shape: [] },
    },
    parameters: { ...trainable, ...statisticShapes(size), ...Object.fromEntries(states) },
    fn: (inputs, parameters) => {
      const { loss, gradients, statistics } = headGradients(inputs, parameters, names);
      // The schedule's inputs are declared as scalars above.
      const schedule = inputs as AdamSchedule;
      const { clipped, norm } = clipGradients(gradients, gradientClip);
      const updates = names.map((name, i) =>
        updateOf(name, parameters, {
          gradient: at(clipped, i),
          settings: { ...schedule, weightDecay: isDecayed(name) ? weightDecay : 0 },
        }),
      );
      return { outputs: { loss, gradientNorm: norm }, updates: Object.assign({}, statistics, ...updates) };
    },
  };
}

/** Logits [batch, classes] of features [batch, features], for any batch; the head's weights are inputs. */
export function traceHeadForward(size: HeadSize): TracedGraph {
  return trace({
    inputs: { features: { shape: ["batch", size.features] } },
    parameters: { ...trainableShapes(size), ...statisticShapes(size) },
    // `features` is declared with two axes.
    fn: ({ features }, parameters) => ({ outputs: { logits: headForward(features as tf.Tensor2D, parameters) } }),
  });
}

/** Loss, gradients (in the order of `names`) and next running statistics, in plain tfjs on any backend. */
export function headGradients(
  inputs: Record<string, tf.Tensor>,
  parameters: Record<string, tf.Tensor>,
  names: readonly string[],
) {
  // The inputs of the step graph, by the shapes declared in `headStep`.
  const { features, labels, weights, mask1, mask2 } = inputs as StepInputs;
  let statistics: Record<string, tf.Tensor> = {};
  const lossOf = (...learned: tf.Tensor[]) => {
    const current = { ...parameters, ...Object.fromEntries(learned.map((value, i) => [at(names, i), value])) };
    const forward = headTrainForward(features, current, { masks: [mask1, mask2], weights });
    statistics = keepAll(forward.statistics);
    return crossEntropy(forward.logits, labels, weights);
  };
  const learned = names.map((name) => parameterOf(parameters, name));
  const { value, grads } = tf.valueAndGrads(lossOf)(learned);
  return { loss: value, gradients: grads, statistics };
}

type StepInputs = {
  features: tf.Tensor2D;
  labels: tf.Tensor2D;
  weights: tf.Tensor1D;
  mask1: tf.Tensor2D;
  mask2: tf.Tensor2D;
};

/** They are no part of the loss, so tfjs would free them with its intermediate values; whoever takes the step's updates frees these too. */
export function keepAll(statistics: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  for (const value of Object.values(statistics)) tf.keep(value);
  return statistics;
}

/** The next value and optimizer state of one parameter, by their names. */
export function updateOf(
  name: string,
  parameters: Record<string, tf.Tensor>,
  { gradient, settings }: { gradient: tf.Tensor; settings: AdamSettings },
): Record<string, tf.Tensor> {
  const state = {
    value: parameterOf(parameters, name),
    mean: parameterOf(parameters, name + MEAN),
    variance: parameterOf(parameters, name + VARIANCE),
  };
  const next = adamW(state, gradient, settings);
  return { [name]: next.value, [name + MEAN]: next.mean, [name + VARIANCE]: next.variance };
}
