// A small net to compare engines with: the head that Ursa trains, and its optimizer. One definition serves every engine.
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

const SIZE: HeadSize = { features: 256, classes: 3 };
const BATCH = 32;
const [LEARNING_RATE, BETA1, WEIGHT_DECAY] = [1e-3, 0.9, 1e-2];
const [MEAN, VARIANCE] = [":mean", ":variance"];
const SEED = 1;

export function createTinyNet(): TinyNet {
  const learned = trainableShapes(SIZE);
  const random = createRandom(SEED);
  const head = initialHead(SIZE, random);
  const zeros = Object.entries(learned).flatMap(([name, shape]) =>
    [name + MEAN, name + VARIANCE].map((key): [string, StoredTensor] => [key, filled(shape, () => 0)]),
  );
  const state = new Map([...head, ...zeros]);
  const shapes = Object.fromEntries([...state].map(([name, { shape }]) => [name, shape]));
  const inputs = {
    features: { shape: [BATCH, SIZE.features] },
    labels: { shape: [BATCH, SIZE.classes] },
    rate: { shape: [] },
    correction1: { shape: [] },
    correction2: { shape: [] },
  } as const;
  const batch = createBatch(random);
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
  const { features, labels } = inputs as { features: tf.Tensor2D; labels: tf.Tensor2D };
  const weights = tf.ones<tf.Rank.R1>([BATCH]);
  // No dropout: engines are compared, not regularised.
  const masks: [tf.Tensor2D, tf.Tensor2D] = [tf.ones([BATCH, SIZE.features]), tf.ones([BATCH, HIDDEN])];
  const { logits, statistics } = headTrainForward(features, parameters, { masks, weights });
  return { loss: crossEntropy(logits, labels, weights), statistics };
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

/** Noise around a centre of its class, so that there is something to learn. */
function createBatch(random: Random) {
  const classOf = (row: number) => row % SIZE.classes;
  const features = filled([BATCH, SIZE.features], (i) => {
    const [row, column] = [Math.floor(i / SIZE.features), i % SIZE.features];
    return random.normal() + (column % SIZE.classes === classOf(row) ? 0.5 : 0);
  });
  const labels = filled([BATCH, SIZE.classes], (i) =>
    i % SIZE.classes === classOf(Math.floor(i / SIZE.classes)) ? 1 : 0,
  );
  return { features: toHost(features), labels: toHost(labels) };
}

function filled(shape: readonly number[], valueAt: (i: number) => number): StoredTensor {
  const length = shape.reduce((product, n) => product * n, 1);
  return { shape, data: Float32Array.from({ length }, (_, i) => valueAt(i)) };
}

const toHost = ({ shape, data }: StoredTensor): HostTensor => ({ dims: shape, data });
const scalar = (value: number): HostTensor => ({ dims: [], data: Float32Array.of(value) });
const scalars = (values: Record<string, number>): Record<string, HostTensor> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, scalar(value)]));
