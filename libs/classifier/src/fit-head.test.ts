// The options of the training loop, each shown to act, on features that are numbers drawn here.
import { describe, expect, test, vi } from "vitest";
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from "./checkpoint.ts";
import { type FitOptions, fitHead, type LabelledFeatures } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { createRandom } from "./random.ts";
import { networkTensors } from "./run-epochs.ts";
import { COMPILED } from "./training-engine.ts";

const size = { features: 4, classes: 2 };

/** Two clouds of points; `confusion` 1 swaps what they are called. */
function clouds(labels: readonly number[], seed: number, confusion = 0): LabelledFeatures {
  const random = createRandom(seed);
  const points = labels.map((label) => Array.from({ length: 4 }, (_, i) => random.normal() + (i === label ? 3 : 0)));
  return {
    labels: labels.map((label) => (label + confusion) % 2),
    features: {
      count: labels.length,
      rows: async (indices) => Float32Array.from(indices.flatMap((index) => points[index] ?? [])),
    },
  };
}

const LABELS = Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? 1 : 0));

async function run(changes: Partial<FitOptions> = {}) {
  const states: TrainingState[] = [];
  let steps = 0;
  const end = await fitHead({
    ...{
      size,
      trainViews: [clouds(LABELS, 1)],
      valid: clouds(LABELS, 2),
      batchSize: 8,
      epochs: 4,
      engine: COMPILED,
      threads: 1,
    },
    ...{ learningRate: 3e-3, weightDecay: 0.01, dropout: 0, start: freshState(size, { seed: 1 }, "x") },
    ...{ labelSmoothing: 0, classWeights: [1, 1], oversample: false, keepBest: false },
    onStep: ({ done }) => {
      steps = done;
    },
    onEpoch: async (_row, state) => void states.push(state),
    onLog: async () => {},
    onPlace: async () => {},
    signal: new AbortController().signal,
    ...changes,
  });
  return { end, states, steps, last: end.history.at(-1), head: networkTensors(end.tensors) };
}

describe("what counts as a mistake", () => {
  test("smoothed targets raise the train loss; the losses in evaluation stay plain cross-entropy", async () => {
    const { last } = await run({ labelSmoothing: 0.5, epochs: 12 });
    // The least that targets of 0.75 and 0.25 can cost is their entropy; the plain loss there is -ln 0.75.
    expect(last?.trainLoss).toBeGreaterThan(0.562);
    expect(last?.trainLossEval).toBeLessThan(0.45);
    expect(last?.validLoss).toBeLessThan(0.45);
  });

  test("class weights move what is learned", async () => {
    const [plain, weighted] = [await run(), await run({ classWeights: [0.5, 4] })];
    expect(weighted.head).not.toEqual(plain.head);
  });

  test("oversampling makes an epoch longer: 18 pictures of each class instead of 24 in all", async () => {
    expect((await run()).steps).toBe(4 * 3);
    expect((await run({ oversample: true })).steps).toBe(4 * 5);
  });

  test("clipped gradients still learn, but something else", async () => {
    const [plain, clipped] = [await run(), await run({ gradientClip: 0.01 })];
    expect(clipped.head).not.toEqual(plain.head);
    expect(clipped.last?.trainLossEval).toBeLessThan(0.5);
  });
});

describe("when validation gets worse", () => {
  // What is learned is wrong for these: their loss only rises.
  const valid = clouds(LABELS, 2, 1);

  test("an early stop ends after its patience, and a resumed run does not go on", async () => {
    const { end, states } = await run({ valid, epochs: 10, earlyStop: 2 });
    expect(end.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    const again = await run({ valid, epochs: 10, earlyStop: 2, start: states[2] as TrainingState });
    expect(again.states).toEqual([]);
    expect((await run({ valid, epochs: 4 })).end.history).toHaveLength(4);
  });

  test("the best epoch's weights are kept, also through a checkpoint", async () => {
    const { end, states } = await run({ valid, keepBest: true });
    const [first, second] = states as [TrainingState, TrainingState];
    expect(end.best).toEqual(networkTensors(first.tensors));
    expect(end.best).not.toEqual(networkTensors(end.tensors));
    const start = decodeCheckpoint(encodeCheckpoint(second), "x");
    expect(start.tensors).toEqual(second.tensors);
    const resumed = await run({ valid, keepBest: true, start });
    expect(resumed.end.best).toEqual(end.best);
    expect(resumed.head).toEqual(networkTensors(end.tensors));
    expect((await run({ valid })).end.best).toBeUndefined();
  });
});

test("a long epoch leaves its place every five minutes, and going on from there changes nothing", async () => {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const places: TrainingState[] = [];
  const whole = await run({
    onStep: () => {
      now += 3 * 60_000;
    },
    onPlace: async (state) => void places.push(state),
  });
  clock.mockRestore();
  expect(places.map(({ epoch, within }) => `${epoch}+${within?.batches}`)).toEqual(["0+2", "1+2", "2+2", "3+2"]);
  expect(places[0]?.within?.seconds).toBe(6 * 60);
  expect(whole.end.history[0]?.seconds).toBe(9 * 60);
  const start = decodeCheckpoint(encodeCheckpoint(places[1] as TrainingState), "x");
  const again = await run({ start });
  expect(again.head).toEqual(whole.head);
  expect(normsOf(again)).toEqual(normsOf(whole));
  // A checkpoint of a version that did not record them.
  const earlier = { ...start, within: start.within && { ...start.within, norms: undefined } };
  expect(normsOf(await run({ start: earlier }))).toEqual(normsOf(whole).with(1, undefined));
});

const normsOf = ({ end }: { end: TrainingState }) => end.history.map(({ gradientNorm }) => gradientNorm);

test("the norm of the gradients is recorded as it was before they were clipped", async () => {
  const oneStep = { epochs: 1, batchSize: LABELS.length };
  const [free, clipped] = [await run(oneStep), await run({ ...oneStep, gradientClip: 0.01 })];
  const [norm] = normsOf(free);
  expect(norm?.mean).toBeGreaterThan(0.01);
  expect(norm?.largest).toBe(norm?.mean);
  expect(normsOf(clipped)).toEqual([norm]);
});

test("another engine goes on from a checkpoint, and says so", async () => {
  const { states } = await run({ epochs: 2 });
  const logs: string[] = [];
  const engine = { ...COMPILED, name: "native" } as const;
  const start = decodeCheckpoint(encodeCheckpoint(states[0] as TrainingState), "x");
  const { end } = await run({ epochs: 2, start, engine, onLog: async (line) => void logs.push(line) });
  expect(logs).toEqual(["compiled trained up to here, 1 epochs; native goes on. Its sums round differently."]);
  expect(end.engines).toEqual(["compiled", "native"]);
  expect(states.map(({ engines }) => engines)).toEqual([["compiled"], ["compiled"]]);
});
