// Whole networks trained as PyTorch trains them, from pixels to losses (tools/make-oracles/network_steps.py).
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { findChannelBlock } from "@ursa/tensor/channel-block";
import { createCompiledSteps, openCompiledStep } from "@ursa/tensor/compiled-step";
import { createGraphCache } from "@ursa/tensor/graph-cache";
import { at } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { OpenStep, StepPlan } from "@ursa/tensor/train-step";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { describe, expect, test } from "vitest";
import { adamCorrections } from "./adamw.ts";
import type { Backbone } from "./backbones/backbone.ts";
import { LAYER_GROUPS, type LayerGroup } from "./backbones/layer-groups.ts";
import { formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { HIDDEN, initialHead, parameterOf } from "./head.ts";
import { MEAN, VARIANCE } from "./head-graphs.ts";
import { learnedOf, statisticsOf } from "./network.ts";
import { type NetworkStepOptions, networkGradients, networkStep, rateInput } from "./network-graphs.ts";
import { createRandom } from "./random.ts";
import { registryEntry } from "./weights-registry.ts";

type Losses = Record<"single" | "double" | "still", number[]>;
type Case = {
  backbone: "resnet18" | "efficientnet_lite0";
  trainBn: boolean;
  pictures: number;
  dropout: number;
  /** Of the last layer's weights. */
  scale: Record<"sgd" | "adamw", number>;
  /** Of AdamW at its last step. */
  rates: Record<LayerGroup, number>;
  sgd: Losses;
  adamw: Losses;
};

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("fixtures/network-steps.json", import.meta.url), "utf8"),
);

const BATCH = 8;
const SIZE = 64;
const CLASSES = 3;

const networkOf = ({ backbone: name, trainBn }: Case): NetworkStepOptions => {
  const { backbone, statistics } = registryEntry(name);
  const head = { features: 2 * backbone.channels, classes: CLASSES };
  return { backbone, statistics, size: SIZE, head, batch: BATCH, weightDecay: 0.01, trainBn, trainFrom: "body-low" };
};

/** The linear layers of the head as 1x1 convolutions, which the formula knows. */
function headFormula({ head }: NetworkStepOptions): Map<string, StoredTensor> {
  const convolutions: Backbone["stages"][number]["convolutions"] = [
    { name: "head.fc1", norm: "unused", shape: [HIDDEN, head.features, 1, 1] },
    { name: "head.fc2", norm: "unused", shape: [head.classes, HIDDEN, 1, 1] },
  ];
  const stage = { name: "head", group: "body-high", stride: 1, convolutions, apply: (x: tf.Tensor4D) => x } as const;
  return formulaWeights({ name: "head", stages: [stage], channels: HIDDEN, stem: "", batchNormEpsilon: 0 });
}

function startingState(network: NetworkStepOptions, scale: number): Map<string, StoredTensor> {
  const { backbone, head } = network;
  const state = new Map([...formulaWeights(backbone), ...initialHead(head, createRandom(0))]);
  const change = (name: string, values: (old: Float32Array) => Float32Array) => {
    const { shape, data } = state.get(name) as StoredTensor; // `initialHead` names all of the head.
    state.set(name, { shape, data: values(data) });
  };
  const linear = headFormula(network);
  change("head.fc1.weight", (old) => linear.get("head.fc1.weight")?.data ?? old);
  change("head.fc2.weight", (old) => (linear.get("head.fc2.weight")?.data ?? old).map((value) => value * scale));
  change("head.bn2.weight", (old) => old.fill(0.1));
  return state;
}

/** Stripes whose distance depends on the class; rows beyond the pictures are full of something that must not matter. */
function pixelsOf(batch: number, pictures: number): Uint8Array {
  const row = SIZE * 3;
  return Uint8Array.from({ length: BATCH * SIZE * row }, (_, i) => {
    const [b, y, x, c] = [Math.floor(i / (SIZE * row)), Math.floor(i / row) % SIZE, Math.floor(i / 3) % SIZE, i % 3];
    const value = x * (3 + 4 * (b % CLASSES)) + y * (5 + 2 * b) + 37 * c + 53 * batch;
    return b < pictures ? value % 256 : 200;
  });
}

function mask(width: number, rate: number, step: number) {
  const data = Float32Array.from({ length: BATCH * width }, (_, i) =>
    (7919 * (i + step)) % 97 >= 97 * rate ? 1 / (1 - rate) : 0,
  );
  return { dims: [BATCH, width], data };
}

function oneHot(pictures: number): Float32Array {
  const data = new Float32Array(BATCH * CLASSES);
  for (let i = 0; i < pictures; i += 1) data[i * CLASSES + (i % CLASSES)] = 1;
  return data;
}

function scheduleOf({ rates: top }: Case, step: number, steps: number) {
  const scalar = (value: number) => ({ dims: [], data: new Float32Array([value]) });
  const beta1 = 0.95 - 0.005 * step;
  const { correction1, correction2 } = adamCorrections(step + 1, beta1);
  const rates = LAYER_GROUPS.map((group) => [rateInput(group), scalar((top[group] * (step + 1)) / steps)]);
  return {
    ...Object.fromEntries(rates),
    beta1: scalar(beta1),
    correction1: scalar(correction1),
    correction2: scalar(correction2),
  };
}

const feedsOf = ({ head }: NetworkStepOptions, { pictures, dropout }: Case, step: number) => ({
  pixels: { dims: [BATCH, SIZE, SIZE, 3], data: pixelsOf(step % 4, pictures) },
  labels: { dims: [BATCH, CLASSES], data: oneHot(pictures) },
  weights: { dims: [BATCH], data: new Float32Array(BATCH).fill(1, 0, pictures) },
  mask1: mask(head.features, dropout / 2, step),
  mask2: mask(HIDDEN, dropout, step),
});

/** Plain gradient descent at 1e-3. */
function descentStep(network: NetworkStepOptions): StepPlan {
  const { backbone, head, batch, size } = network;
  const learned = learnedOf(backbone, head);
  return {
    inputs: {
      pixels: { shape: [batch, size, size, 3], element: "uint8" },
      labels: { shape: [batch, head.classes] },
      weights: { shape: [batch] },
      mask1: { shape: [batch, head.features] },
      mask2: { shape: [batch, HIDDEN] },
    },
    parameters: {
      ...Object.fromEntries(learned.map(({ name, shape }) => [name, shape])),
      ...statisticsOf(backbone, head),
    },
    fn: (inputs, parameters) => {
      const { loss, gradients, statistics } = networkGradients(network, inputs, parameters);
      const next = learned.map(({ name }, i) => [
        name,
        tf.sub(parameterOf(parameters, name), tf.mul(at(gradients, i), 1e-3)),
      ]);
      return { outputs: { loss }, updates: { ...statistics, ...Object.fromEntries(next) } };
    },
  };
}

type Run = { plan: StepPlan; state: Map<string, StoredTensor>; steps: number };

type Feeds = (step: number) => ReturnType<typeof feedsOf>;

async function train({ plan, state, steps }: Run, feeds: Feeds, openStep: OpenStep = openCompiledStep) {
  // One thread: how sums are split among several is one more rounding that depends on the machine.
  await using step = await openStep(plan, { state, threads: 1 });
  const losses: number[] = [];
  for (let i = 0; i < steps; i += 1) {
    const { loss } = await step.run(feeds(i));
    losses.push(loss?.data[0] ?? Number.NaN);
  }
  return { losses, state: step.state };
}

/** As before the first step of AdamW. */
function adamState(network: NetworkStepOptions, scale: number): Map<string, StoredTensor> {
  const state = startingState(network, scale);
  for (const { name, shape } of learnedOf(network.backbone, network.head)) {
    const length = shape.reduce((product, n) => product * n, 1);
    for (const part of [MEAN, VARIANCE]) state.set(name + part, { shape, data: new Float32Array(length) });
  }
  return state;
}

const distances = (a: readonly number[], b: readonly number[]) => a.map((value, i) => Math.abs(value - at(b, i)));
const largest = (values: readonly number[]) => Math.max(...values);

describe.each(cases)("$backbone, batch-norms of the body trained: $trainBn, $pictures pictures", (one) => {
  const network = networkOf(one);

  test("five steps of gradient descent give PyTorch's losses to a thousandth", { timeout: 120_000 }, async () => {
    const { single, double, still } = one.sgd;
    const feeds = feedsOf(network, one, 0);
    const run = { plan: descentStep(network), state: startingState(network, one.scale.sgd), steps: single.length };
    const { losses } = await train(run, () => feeds);
    for (const [i, distance] of distances(losses, double).entries()) {
      expect(distance / at(double, i), `step ${i}`).toBeLessThan(1e-3);
    }
    expect(largest(distances(still, double)), "the body's learning shows").toBeGreaterThan(3e-3);
  });

  // Over all twenty steps: at which of them a rounding first makes itself felt is chance, in PyTorch as here.
  test("twenty steps of AdamW stay where PyTorch's rounding would take them", { timeout: 120_000 }, async () => {
    const { single, double, still } = one.adamw;
    const allowed = 3 * largest(distances(single, double));
    const state = adamState(network, one.scale.adamw);
    const { losses } = await train({ plan: networkStep(network), state, steps: single.length }, (step) => ({
      ...feedsOf(network, one, step),
      ...scheduleOf(one, step, single.length),
    }));
    expect(largest(distances(losses, double))).toBeLessThan(allowed);
    expect(largest(distances(still, double)), "the body's learning shows").toBeGreaterThan(allowed);
  });
});

const backbones = ["efficientnet_lite0", "resnet18"] as const;

const sameBits = "%s learns the same bits from a graph that was kept as from one made anew";
test.each(backbones)(sameBits, { timeout: 120_000 }, async (backbone) => {
  const one = at(
    cases.filter((one) => one.backbone === backbone && one.trainBn),
    0,
  );
  const network = { ...networkOf(one), channelBlock: await findChannelBlock() };
  const run = { plan: networkStep(network), state: adamState(network, one.scale.adamw), steps: 3 };
  const feeds = (step: number) => ({ ...feedsOf(network, one, step), ...scheduleOf(one, step, run.steps) });
  await using scratch = await createScratchFolder();
  const trainCached = async () => {
    const cache = { folder: scratch.path, maxBytes: 2 ** 28, onFault: expect.fail };
    await using steps = createCompiledSteps(createGraphCache(cache));
    return await train(run, feeds, steps.openStep);
  };
  const plain = await train(run, feeds);
  const [first, kept] = [await trainCached(), await trainCached()];
  expect(new Set(plain.losses).size, "it learns").toBe(run.steps);
  expect(first).toEqual(plain);
  expect(kept).toEqual(plain);
});
