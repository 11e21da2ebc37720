// The layers of a body that is not trained: batch-norms (and the input's scale) folded into convolution weights once.
import * as tf from "@tensorflow/tfjs-core";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import type { Backbone, LayerSource } from "./backbones/backbone.ts";

type LayerNames = { convolution: string; norm: string };
type Folded = { shape: readonly number[]; filter: Float32Array; bias: Float32Array };

/**
 * Layers as constants. `y = (conv(x) - mean) / sqrt(var + eps) * weight + bias` becomes one convolution with a bias. The stem
 * is also divided by `inputScale` (one number per input channel), so it takes pixels that only had their mean taken off:
 * subtracting the mean inside the convolution would be wrong at the border, where SAME padding adds zeros after normalisation.
 */
export function frozenLayers(backbone: Backbone, weights: StoredTensors, inputScale?: readonly number[]): LayerSource {
  return (convolution, norm) => {
    const folded = foldBatchNorm(weights, { convolution, norm }, backbone.batchNormEpsilon);
    if (inputScale && convolution === backbone.stem) divideInput(folded, inputScale);
    // Convolution weights have four axes (checked against the backbone when the weights were loaded).
    const shape = [...folded.shape] as [number, number, number, number];
    const bias = tf.tensor1d(folded.bias);
    return { filter: tf.tensor4d(folded.filter, shape), normalise: (y) => tf.add(y, bias) };
  };
}

function foldBatchNorm(weights: StoredTensors, { convolution, norm }: LayerNames, epsilon: number): Folded {
  const get = (name: string): StoredTensor => {
    const tensor = weights.get(name);
    if (!tensor) throw new Error(`The weights hold no tensor ${name}.`);
    return tensor;
  };
  const { shape, data } = get(`${convolution}.weight`);
  const [gamma, beta] = [get(`${norm}.weight`).data, get(`${norm}.bias`).data];
  const [mean, variance] = [get(`${norm}.running_mean`).data, get(`${norm}.running_var`).data];
  const scale = gamma.map((g, i) => g / Math.sqrt((variance[i] ?? 0) + epsilon));
  const filter = data.slice();
  const perOutput = data.length / scale.length;
  for (const [i, factor] of scale.entries()) multiply(filter.subarray(i * perOutput, (i + 1) * perOutput), factor);
  const bias = beta.map((b, i) => b - (mean[i] ?? 0) * (scale[i] ?? 0));
  return { shape, filter, bias };
}

function divideInput({ filter, shape }: Folded, inputScale: readonly number[]): void {
  const [outputs = 1, channels = 1, height = 1, width = 1] = shape;
  const perChannel = height * width;
  for (let i = 0; i < outputs * channels; i += 1) {
    multiply(filter.subarray(i * perChannel, (i + 1) * perChannel), 1 / (inputScale[i % channels] ?? 1));
  }
}

function multiply(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 1) values[i] = (values[i] ?? 0) * factor;
}
