// Stage 2 of the network that ships, ten steps on both engines. Runs where native is installed: `ursa engine install native`.
import * as tf from "@tensorflow/tfjs-core";
import { LAYER_GROUPS } from "@ursa/classifier/backbones/layer-groups";
import { freshOptimizer } from "@ursa/classifier/fresh-state";
import { HIDDEN, initialHead } from "@ursa/classifier/head";
import { learnedOf } from "@ursa/classifier/network";
import { type NetworkStepOptions, networkStep, rateInput } from "@ursa/classifier/network-graphs";
import { createRandom } from "@ursa/classifier/random";
import { networkTensors } from "@ursa/classifier/run-epochs";
import { adamFeeds, scalarFeed } from "@ursa/classifier/step-feeds";
import { COMPILED, type TrainingEngine } from "@ursa/classifier/training-engine";
import { loadBackboneWeights, registryEntry } from "@ursa/classifier/weights-registry";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { expect, test } from "vitest";
import { compareTrainings } from "./check-engine.ts";
import { isInstalled, nativePackage } from "./native-package.ts";
import { openEngine } from "./open-engine.ts";

const isHere = isInstalled(nativePackage("native"));
if (!isHere)
  reportAbsentPart("native is not installed, so no network was trained on it: `ursa engine install native`.");

const [STEPS, BATCH, SIZE, CLASSES] = [10, 8, 64, 3];
const RATES = { "body-low": 1e-5, "body-high": 3e-5, head: 1e-4 } as const;

function networkOf(): NetworkStepOptions {
  const { backbone, statistics } = registryEntry("efficientnet_lite0");
  const head = { features: 2 * backbone.channels, classes: CLASSES };
  const how = { weightDecay: 0.01, trainBn: true, trainFrom: "body-low" };
  return { backbone, statistics, size: SIZE, head, batch: BATCH, ...how };
}

async function startingState({ backbone, head }: NetworkStepOptions) {
  const shapes = learnedOf(backbone, head).map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  const body = await loadBackboneWeights("efficientnet_lite0");
  return new Map([...body, ...initialHead(head, createRandom(1)), ...freshOptimizer(shapes)]);
}

/** Stripes whose distance depends on the class. No dropout: engines are compared, not regularised. */
function feedsOf({ head }: NetworkStepOptions, step: number) {
  const pixels = Uint8Array.from({ length: BATCH * SIZE * SIZE * 3 }, (_, i) => {
    const [row, y, x, c] = [
      Math.floor(i / (SIZE * SIZE * 3)),
      Math.floor(i / (SIZE * 3)) % SIZE,
      Math.floor(i / 3) % SIZE,
      i % 3,
    ];
    return (x * (3 + 4 * (row % CLASSES)) + y * (5 + 2 * row) + 37 * c) % 256;
  });
  const labels = Float32Array.from({ length: BATCH * CLASSES }, (_, i) =>
    i % CLASSES === Math.floor(i / CLASSES) % CLASSES ? 1 : 0,
  );
  const ones = (...dims: number[]) => ({ dims, data: new Float32Array(dims.reduce((a, b) => a * b)).fill(1) });
  return {
    pixels: { dims: [BATCH, SIZE, SIZE, 3], data: pixels },
    labels: { dims: [BATCH, CLASSES], data: labels },
    weights: ones(BATCH),
    mask1: ones(BATCH, head.features),
    mask2: ones(BATCH, HIDDEN),
    ...adamFeeds(0.9, step),
    ...Object.fromEntries(LAYER_GROUPS.map((group) => [rateInput(group), scalarFeed(RATES[group])])),
  };
}

async function train({ openStep }: TrainingEngine) {
  const network = networkOf();
  await using step = await openStep(networkStep(network), { state: await startingState(network), threads: 2 });
  const [losses, tensors]: [number[], number[]] = [[], []];
  for (let i = 1; i <= STEPS; i += 1) {
    const { loss } = await step.run(feedsOf(network, i));
    losses.push(loss?.data[0] ?? Number.NaN);
    tensors.push(tf.memory().numTensors);
  }
  const state = new Map([...networkTensors(step.state)].map(([name, { data }]) => [name, data]));
  return { losses, tensors, state, stepMs: [] };
}

test.skipIf(!isHere)("after ten steps both have the same weights, and none of the steps left a tensor", async () => {
  const compiled = await train(COMPILED);
  const native = await train(await openEngine("native", { folder: "", maxBytes: 0, onFault: () => {} }));
  expect(new Set(native.tensors).size).toBe(1);
  expect(compareTrainings(compiled, native).lossDifference).toBeLessThan(1e-3);
  // The learned ones. Not relative: biases that start at zero are as small as what Adam makes of a rounding.
  for (const { name } of learnedOf(networkOf().backbone, networkOf().head)) {
    expect(distance(native.state.get(name), compiled.state.get(name)), name).toBeLessThan(1e-3);
  }
});

const distance = (a: Float32Array = new Float32Array(), b: Float32Array = Float32Array.of(Number.NaN)): number =>
  b.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (a[i] ?? Number.NaN)) / Math.max(1, Math.abs(value))),
    0,
  );
