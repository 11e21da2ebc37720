import type { CheckpointPointer, EpochRow, Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { expect, test } from "vitest";
import { droppedCheckpoints, withCheckpoint, withEpoch, withFinder, withStage } from "./record-moves.ts";

const SHA = "a".repeat(64);
const row = (epoch: number): EpochRow => ({
  ...{ stage: "stage-1", epoch, learningRate: 0.003, seconds: 1 },
  ...{ trainLoss: 1, trainLossEval: 1, validLoss: 1, validCount: 1 },
  ...{ wrong: 0, errorRate: 0, errorRateLow: 0, errorRateHigh: 1 },
});
const pointer = (epoch: number, fence = 1): CheckpointPointer => ({
  ...{ stage: "stage-1", epoch, fence },
  ...{ key: `${fence}/${epoch}`, sha256: SHA },
});
const MODEL: Model = {
  ...{ id: "mdl_01J00000000000000000000000", namespace: "default", state: "running", enqueued: 1, fence: 1 },
  ...{ createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" },
  dataset: { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: SHA },
  recipe: recipeSchema.parse({}),
  ...{ classes: ["a", "b"], epochs: [], checkpoints: [], stages: [], artifacts: [] },
};
const after = (epochs: number[], fence = 1, from = MODEL) =>
  epochs.reduce((model, epoch) => withEpoch(model, row(epoch), pointer(epoch, fence)), from);

test("every epoch has its row, and the two newest their checkpoints", () => {
  const model = after([1, 2, 3, 4]);
  expect(model.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  expect(model.checkpoints.map(({ epoch }) => epoch)).toEqual([3, 4]);
});

test("a run that goes on after a damaged checkpoint repeats its epoch without leaving it twice", () => {
  const model = after([3, 4], 2, after([1, 2, 3]));
  expect(model.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  expect(model.checkpoints.map(({ key }) => key)).toEqual(["2/3", "2/4"]);
});

test("a place within an epoch is kept beside the epoch before it, until the epoch after it has its own", () => {
  const within = (batch: number, fence = 1) => ({ ...pointer(2, fence), batch, key: `${fence}/2+${batch}` });
  const stopped = withCheckpoint(after([1, 2]), within(5));
  expect(stopped.checkpoints.map(({ key }) => key)).toEqual(["1/2", "1/2+5"]);
  expect(stopped.epochs).toEqual(after([1, 2]).epochs);
  const repeated = withCheckpoint(stopped, within(3, 2));
  expect(repeated.checkpoints.map(({ key }) => key)).toEqual(["1/2", "2/2+3"]);
  expect(after([3], 2, repeated).checkpoints.map(({ key }) => key)).toEqual(["2/2+3", "2/3"]);
});

test("where the finder is has a place beside its stage's, and none once it is through", () => {
  const found = (epoch: number, batch: number) =>
    ({ ...pointer(epoch), phase: "lr-find", batch, key: `found ${epoch}+${batch}` }) as const;
  const within = withCheckpoint(withCheckpoint(after([1]), found(2, 1)), found(1, 2));
  expect(within.checkpoints.map(({ key }) => key)).toEqual(["1/1", "found 1+2"]);
  const through = withFinder(within, { layers: "head", points: [], seconds: 1 });
  expect(through.checkpoints.map(({ key }) => key)).toEqual(["1/1"]);
  expect(droppedCheckpoints(within, through).map(({ key }) => key)).toEqual(["found 1+2"]);
});

test("recording the same epoch twice is recording it once", () => {
  expect(after([1, 2, 2])).toEqual(after([1, 2]));
});

test("what is dropped is what no pointer names any more", () => {
  const before = after([1, 2]);
  expect(droppedCheckpoints(before, after([3], 1, before)).map(({ key }) => key)).toEqual(["1/1"]);
  expect(droppedCheckpoints(before, after([2], 2, before)).map(({ key }) => key)).toEqual(["1/2"]);
});

test("a stage that is recorded twice is there once, with one set of files", () => {
  const stage = { name: "stage-1", errorRate: 0.1, validLoss: 0.2, seconds: 3 } as const;
  const artifact = { stage: "stage-1", name: "model.onnx", key: "k", bytes: 1, sha256: SHA } as const;
  const once = withStage(after([1]), stage, [artifact]);
  expect(once).toMatchObject({ stages: [stage], artifacts: [artifact] });
  expect(withStage(once, stage, [artifact])).toEqual(once);
});
