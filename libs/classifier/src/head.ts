// The classifier on top of the body: [max, avg] -> BN -> dropout -> linear 512 -> ReLU -> BN -> dropout -> linear classes.
// Batch statistics are weighted, so that rows that only fill up a batch (weight 0) do not exist for them.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import type { Random } from "./random.ts";

export const HIDDEN = 512;
// PyTorch's defaults, in its convention: running = 0.9 running + 0.1 batch.
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

export type HeadSize = { features: number; classes: number };
export type HeadParameters = Record<string, tf.Tensor>;
/** Masks hold 0 or 1 / (1 - p); `weights` [batch] holds 1 for a picture and 0 for a filler row. */
export type TrainInputs = { masks: [tf.Tensor2D, tf.Tensor2D]; weights: tf.Tensor1D };

/** Names and shapes of everything the head learns, in PyTorch's layout (linear weights [out, in]). */
export const trainableShapes = ({ features, classes }: HeadSize): Record<string, number[]> => ({
  "head.bn1.weight": [features],
  "head.bn1.bias": [features],
  "head.fc1.weight": [HIDDEN, features],
  "head.fc1.bias": [HIDDEN],
  "head.bn2.weight": [HIDDEN],
  "head.bn2.bias": [HIDDEN],
  "head.fc2.weight": [classes, HIDDEN],
  "head.fc2.bias": [classes],
});

/** Names and shapes of the statistics that are measured, not learned. */
export const statisticShapes = ({ features }: HeadSize): Record<string, number[]> => ({
  "head.bn1.running_mean": [features],
  "head.bn1.running_var": [features],
  "head.bn2.running_mean": [HIDDEN],
  "head.bn2.running_var": [HIDDEN],
});

/** Weight decay pulls weights towards 0; for batch-norm and biases there is no reason to (fastai v2; v1 did it anyway). */
export const isDecayed = (name: string): boolean => name.endsWith("fc1.weight") || name.endsWith("fc2.weight");

/** Fresh values: linear weights kaiming normal (fan in, gain sqrt 2), biases 0, batch-norm the identity. */
export function initialHead(size: HeadSize, random: Random): Map<string, StoredTensor> {
  const shapes = { ...trainableShapes(size), ...statisticShapes(size) };
  return new Map(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, data: initialValues(name, shape, random) }]),
  );
}

function initialValues(name: string, shape: number[], random: Random): Float32Array {
  const data = new Float32Array(shape.reduce((product, n) => product * n, 1));
  const [, fanIn] = shape;
  if (fanIn !== undefined) return data.map(() => random.normal() * Math.sqrt(2 / fanIn));
  const isOne = /bn\d\.(weight|running_var)$/.test(name);
  return data.fill(isOne ? 1 : 0);
}

/** A stored head as constants of the graph that is being traced. */
export const headTensors = (head: StoredTensors): HeadParameters =>
  Object.fromEntries([...head].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]));

/** Logits [batch, classes] as the finished model computes them. */
export function headForward(features: tf.Tensor2D, parameters: HeadParameters): tf.Tensor2D {
  const first = normalise(features, parameters, storedStatistics(parameters, "head.bn1"));
  const hidden = tf.relu(linear(first, parameters, "head.fc1"));
  const second = normalise(hidden, parameters, storedStatistics(parameters, "head.bn2"));
  return linear(second, parameters, "head.fc2");
}

/** Logits in training mode, and the next values of the running statistics. */
export function headTrainForward(
  features: tf.Tensor2D,
  parameters: HeadParameters,
  { masks, weights }: TrainInputs,
): { logits: tf.Tensor2D; statistics: Record<string, tf.Tensor> } {
  const statistics1 = batchStatistics("head.bn1", features, weights);
  const first = tf.mul<tf.Tensor2D>(normalise(features, parameters, statistics1), masks[0]);
  const hidden = tf.relu(linear(first, parameters, "head.fc1"));
  const statistics2 = batchStatistics("head.bn2", hidden, weights);
  const second = tf.mul<tf.Tensor2D>(normalise(hidden, parameters, statistics2), masks[1]);
  return {
    logits: linear(second, parameters, "head.fc2"),
    statistics: {
      ...runningStatistics(parameters, statistics1, weights),
      ...runningStatistics(parameters, statistics2, weights),
    },
  };
}

/** What batch-norm `layer` normalises by. */
type Statistics = { layer: string; mean: tf.Tensor; variance: tf.Tensor };

export function parameterOf(parameters: HeadParameters, name: string): tf.Tensor {
  const value = parameters[name];
  if (!value) throw new Error(`The head has no parameter ${name}.`);
  return value;
}

function linear(x: tf.Tensor2D, parameters: HeadParameters, layer: string): tf.Tensor2D {
  // By `trainableShapes` a linear weight has two axes.
  const weight = parameterOf(parameters, `${layer}.weight`) as tf.Tensor2D;
  return tf.add(tf.matMul(x, weight, false, true), parameterOf(parameters, `${layer}.bias`));
}

function normalise(x: tf.Tensor2D, parameters: HeadParameters, { layer, mean, variance }: Statistics): tf.Tensor2D {
  const scale = tf.mul(parameterOf(parameters, `${layer}.weight`), tf.rsqrt(tf.add(variance, EPSILON)));
  return tf.add(tf.mul(tf.sub(x, mean), scale), parameterOf(parameters, `${layer}.bias`));
}

const storedStatistics = (parameters: HeadParameters, layer: string): Statistics => ({
  layer,
  mean: parameterOf(parameters, `${layer}.running_mean`),
  variance: parameterOf(parameters, `${layer}.running_var`),
});

// Two passes: E[x^2] - mean^2 loses four digits on features whose mean is large against their spread.
function batchStatistics(layer: string, x: tf.Tensor2D, weights: tf.Tensor1D): Statistics {
  const shares = tf.expandDims(tf.div(weights, tf.sum(weights)), 1);
  const mean = tf.sum(tf.mul(x, shares), 0);
  return { layer, mean, variance: tf.sum(tf.mul(tf.square(tf.sub(x, mean)), shares), 0) };
}

function runningStatistics(parameters: HeadParameters, { layer, mean, variance }: Statistics, weights: tf.Tensor1D) {
  const count = tf.sum(weights);
  // PyTorch keeps the unbiased variance; a batch of one picture has none, so the divisor is at least 1.
  const unbiased = tf.mul(variance, tf.div(count, tf.maximum(tf.sub(count, 1), 1)));
  const blend = (name: string, batch: tf.Tensor) =>
    tf.add(tf.mul(parameterOf(parameters, `${layer}.${name}`), 1 - MOMENTUM), tf.mul(batch, MOMENTUM));
  return {
    [`${layer}.running_mean`]: blend("running_mean", mean),
    [`${layer}.running_var`]: blend("running_var", unbiased),
  };
}
