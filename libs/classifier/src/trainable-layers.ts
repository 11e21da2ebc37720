// The layers of a body that is trained: weights are parameters, and batch-norm is arithmetic, so that gradients reach all of it.
// By running statistics they compute what frozen-layers.ts does; by the batch's, what PyTorch does in training mode.
import * as tf from "@tensorflow/tfjs-core";
import type { Backbone, Layer, LayerSource } from "./backbones/backbone.ts";

/** PyTorch's convention: running = 0.9 running + 0.1 batch. */
const MOMENTUM = 0.1;

/** By timm's names: convolution weights, batch-norm weights and biases, running statistics. */
type Parameters = Record<string, tf.Tensor>;

/**
 * Batch-norms use their running statistics, which never change: the default. `inputScale` as for frozenLayers.
 * @throws Error naming the first parameter that is missing, when its layer is asked for
 */
export function trainableLayers(
  backbone: Backbone,
  parameters: Parameters,
  inputScale?: readonly number[],
): LayerSource {
  return (convolution, norm) => {
    const filter = filterOf(convolution, { backbone, parameters, inputScale });
    return foldNorm(filter, normOf(norm, parameters, backbone.batchNormEpsilon));
  };
}

export type BatchNormOptions = {
  backbone: Backbone;
  parameters: Parameters;
  inputScale?: readonly number[] | undefined;
  /** [batch], 1 for a picture and 0 for a row that only fills up the batch. */
  rowWeights: tf.Tensor1D;
};

/**
 * Batch-norms use the batch's statistics (`trainBn`, fastai's way). `nextStatistics` holds the next running ones, by name, of every
 * layer that was applied so far.
 */
export function batchNormLayers(options: BatchNormOptions): { layers: LayerSource; nextStatistics: Parameters } {
  const { backbone, parameters, rowWeights } = options;
  const nextStatistics: Parameters = {};
  const layers: LayerSource = (convolution, name) => ({
    filter: filterOf(convolution, options),
    normalise(y) {
      const norm = normOf(name, parameters, backbone.batchNormEpsilon);
      const { result, mean, variance } = normaliseByBatch(y, norm, rowWeights);
      nextStatistics[`${name}.running_mean`] = mean;
      nextStatistics[`${name}.running_var`] = variance;
      return result;
    },
  });
  return { layers, nextStatistics };
}

function get(name: string, parameters: Parameters): tf.Tensor {
  const value = parameters[name];
  if (!value) throw new Error(`The body has no parameter ${name}.`);
  return value;
}

function filterOf(convolution: string, { backbone, parameters, inputScale }: Omit<BatchNormOptions, "rowWeights">) {
  // Convolution weights have four axes (checked against the backbone when the weights were loaded).
  const filter = get(`${convolution}.weight`, parameters) as tf.Tensor4D;
  if (!inputScale || convolution !== backbone.stem) return filter;
  return tf.div<tf.Tensor4D>(filter, tf.tensor4d([...inputScale], [1, inputScale.length, 1, 1]));
}

type Norm = Record<"weight" | "bias" | "mean" | "variance", tf.Tensor> & { epsilon: number };

const normOf = (name: string, parameters: Parameters, epsilon: number): Norm => ({
  weight: get(`${name}.weight`, parameters),
  bias: get(`${name}.bias`, parameters),
  mean: get(`${name}.running_mean`, parameters),
  variance: get(`${name}.running_var`, parameters),
  epsilon,
});

/** Scaling the filter instead of what comes out of it saves a pass over the activations, there and back. */
function foldNorm(filter: tf.Tensor4D, { weight, bias, mean, variance, epsilon }: Norm): Layer {
  const scale = tf.mul(weight, tf.rsqrt(tf.add(variance, epsilon)));
  const shift = tf.sub(bias, tf.mul(mean, scale));
  return { filter: tf.mul(filter, tf.reshape(scale, [-1, 1, 1, 1])), normalise: (y) => tf.add(y, shift) };
}

/** `y` [batch, height, width, channels]; every place of every picture counts the same. */
function normaliseByBatch(y: tf.Tensor4D, norm: Norm, rowWeights: tf.Tensor1D) {
  const shares = tf.expandDims(tf.div(rowWeights, tf.sum(rowWeights)), 1);
  const average = (x: tf.Tensor4D) => tf.sum(tf.mul(tf.mean(x, [1, 2]), shares), 0);
  const mean = average(y);
  // Two passes, as PyTorch: E[y^2] - mean^2 loses digits where the mean is large against the spread.
  const centred: tf.Tensor4D = tf.sub(y, mean);
  const variance = average(tf.square(centred));
  const scale = tf.mul(norm.weight, tf.rsqrt(tf.add(variance, norm.epsilon)));
  const count = tf.mul(tf.sum(rowWeights), y.shape[1] * y.shape[2]);
  // PyTorch keeps the unbiased variance; a single place has none, so the divisor is at least 1.
  const unbiased = tf.mul(variance, tf.div(count, tf.maximum(tf.sub(count, 1), 1)));
  const blend = (running: tf.Tensor, batch: tf.Tensor) =>
    tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(batch, MOMENTUM));
  return {
    result: tf.add<tf.Tensor4D>(tf.mul(centred, scale), norm.bias),
    mean: blend(norm.mean, mean),
    variance: blend(norm.variance, unbiased),
  };
}
