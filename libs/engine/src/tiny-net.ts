// A small net to compare engines with: two convolutions, the head that Ursa trains, and its optimizer. One definition serves
// every engine.
import * as tf from "@tensorflow/tfjs-core";
import { type AdamSchedule, adamCorrections, adamW } from "@ursa/classifier/adamw";
import {
  type HeadSize,
  HIDDEN,
  headTrainForward,
  initialHead,
  isDecayed,
  parameterOf,
  trainableShapes,
} from "@ursa/classifier/head";
import { crossEntropy } from "@ursa/classifier/loss";
import { createRandom, type Random } from "@ursa/classifier/random";
import { at } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { HostTensor } from "@ursa/tensor/session";
import type { TensorMap, TraceOptions } from "@ursa/tensor/trace";

/** A training step in plain tfjs, the values it starts from, and what each step (counted from 1) is fed. */
export type TinyNet = {
  step: TraceOptions & { parameters: Record<string, readonly number[]> };
  state: Map<string, StoredTensor>;
  feedsOf(step: number): Record<string, HostTensor>;
};

export type NetSize = { batch: number; side: number; features: number };
/** Enough work that a step is more than the calls it consists of. */
const DEFAULT_SIZE: NetSize = { batch: 32, side: 16, features: 256 };
const CLASSES = 3;
const CHANNELS = 32;

/** [height, width, in, out]. The second makes the first's gradient come through a convolution. */
const convolutionShapes = ({ features }: NetSize): Record<string, [number, number, number, number]> => ({
  "conv1.weight": [3, 3, 3, CHANNELS],
  "conv2.weight": [3, 3, CHANNELS, features],
});
const headSize = ({ features }: NetSize): HeadSize => ({ features, classes: CLASSES });

const [LEARNING_RATE, BETA1, WEIGHT_DECAY] = [1e-3, 0.9, 1e-2];
const [MEAN, VARIANCE] = [":mean", ":variance"];
const SEED = 1;

export function createTinyNet(size: NetSize = DEFAULT_SIZE): TinyNet {
  const learned = { ...convolutionShapes(size), ...trainableShapes(headSize(size)) };
  const random = createRandom(SEED);
  const head = initialHead(headSize(size), random);
  const convolutions = Object.entries(convolutionShapes(size)).map(([name, shape]): [string, StoredTensor] => {
    const [height, width, channels] = shape;
    const spread = Math.sqrt(2 / (height * width * channels)); // kaiming normal, fan in
    return [name, filled(shape, () => spread * random.normal())];
  });
  const zeros = Object.entries(learned).flatMap(([name, shape]) =>
    [name + MEAN, name + VARIANCE].map((key): [string, StoredTensor] => [key, filled(shape, () => 0)]),
  );
  const state = new Map([...convolutions, ...head, ...zeros]);
  const shapes = Object.fromEntries([...state].map(([name, { shape }]) => [name, shape]));
  const inputs = {
    pictures: { shape: [size.batch, size.side, size.side, 3] },
    labels: { shape: [size.batch, CLASSES] },
    rate: { shape: [] },
    correction1: { shape: [] },
    correction2: { shape: [] },
  } as const;
  const batch = createBatch(size, random);
  return {
    step: { inputs, parameters: shapes, fn: (given, parameters) => stepOf(Object.keys(learned), given, parameters) },
    state,
    feedsOf: (step) => ({ ...batch, rate: scalar(LEARNING_RATE), ...scalars(adamCorrections(step, BETA1)) }),
  };
}

function stepOf(names: string[], inputs: TensorMap, parameters: TensorMap) {
  let statistics: TensorMap = {};
  const lossOf = (...values: tf.Tensor[]) => {
    const current = { ...parameters, ...Object.fromEntries(values.map((value, i) => [at(names, i), value])) };
    const forward = forwardOf(inputs, current);
    // They are no part of the loss, so an engine would free them with its intermediate values.
    for (const value of Object.values(forward.statistics)) tf.keep(value);
    statistics = forward.statistics;
    return forward.loss;
  };
  const { value: loss, grads } = tf.valueAndGrads(lossOf)(names.map((name) => parameterOf(parameters, name)));
  const updates = names.map((name, i) => updateOf(name, { inputs, parameters, gradient: at(grads, i) }));
  return { outputs: { loss }, updates: Object.assign({}, statistics, ...updates) };
}

function forwardOf(inputs: TensorMap, parameters: TensorMap) {
  // By the shapes declared above.
  const { pictures, labels } = inputs as { pictures: tf.Tensor4D; labels: tf.Tensor2D };
  const features = featuresOf(pictures, parameters);
  const [batch, width] = features.shape;
  const weights = tf.ones<tf.Rank.R1>([batch]);
  // No dropout: engines are compared, not regularised.
  const masks: [tf.Tensor2D, tf.Tensor2D] = [tf.ones([batch, width]), tf.ones([batch, HIDDEN])];
  const { logits, statistics } = headTrainForward(features, parameters, { masks, weights });
  return { loss: crossEntropy(logits, labels, weights), statistics };
}

/** [batch, features]: two convolutions with ReLU, then the mean over the picture. */
function featuresOf(pictures: tf.Tensor4D, parameters: TensorMap): tf.Tensor2D {
  // By `convolutionShapes` both have four axes.
  const filterOf = (name: string) => parameterOf(parameters, name) as tf.Tensor4D;
  const low = tf.relu(tf.conv2d(pictures, filterOf("conv1.weight"), 2, "same"));
  const high = tf.relu(tf.conv2d(low, filterOf("conv2.weight"), 1, "same"));
  return tf.mean(high, [1, 2]);
}

type Update = { inputs: TensorMap; parameters: TensorMap; gradient: tf.Tensor };

function updateOf(name: string, { inputs, parameters, gradient }: Update): TensorMap {
  // Declared as scalars above.
  const { rate: learningRate, correction1, correction2 } = inputs as Record<string, tf.Scalar>;
  const schedule = { learningRate, beta1: tf.scalar(BETA1), correction1, correction2 } as AdamSchedule; // all four are there
  const state = {
    value: parameterOf(parameters, name),
    mean: parameterOf(parameters, name + MEAN),
    variance: parameterOf(parameters, name + VARIANCE),
  };
  const next = adamW(state, gradient, { ...schedule, weightDecay: isDecayed(name) ? WEIGHT_DECAY : 0 });
  return { [name]: next.value, [name + MEAN]: next.mean, [name + VARIANCE]: next.variance };
}

/** Noise, brighter in the colour of its class, so that there is something to learn. */
function createBatch({ batch, side }: NetSize, random: Random) {
  const classOf = (row: number) => row % CLASSES;
  const pictures = filled([batch, side, side, 3], (i) => {
    const [row, colour] = [Math.floor(i / (side * side * 3)), i % 3];
    return random.normal() + (colour === classOf(row) ? 0.5 : 0);
  });
  const labels = filled([batch, CLASSES], (i) => (i % CLASSES === classOf(Math.floor(i / CLASSES)) ? 1 : 0));
  return { pictures: toHost(pictures), labels: toHost(labels) };
}

function filled(shape: readonly number[], valueAt: (i: number) => number): StoredTensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => valueAt(i)) };
}

const toHost = ({ shape, data }: StoredTensor): HostTensor => ({ dims: shape, data });
const scalar = (value: number): HostTensor => ({ dims: [], data: Float32Array.of(value) });
const scalars = (values: Record<string, number>): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)]));
