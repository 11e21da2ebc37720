import { writeSafetensors } from "@ursa/tensor/safetensors";
import { expect, test } from "vitest";
import { CheckpointError, decodeCheckpoint, encodeCheckpoint, sha256Of, type TrainingState } from "./checkpoint.ts";

const STATE: TrainingState = {
  ...{ epoch: 2, step: 6, random: [1, 2, 3, 4], history: [], fingerprint: "f", engines: ["compiled"] },
  tensors: new Map([["head.weight", { shape: [2], data: new Float32Array([1, 2]) }]]),
};

const WITHIN = {
  batches: 3,
  lossSum: 0.1 + 0.2,
  learningRate: 1e-5 / 3,
  norms: { sum: 0.7, largest: 0.3 },
  seconds: 1.5,
  orderFrom: [5, 6, 7, 8],
} as const;
test.each<[string, TrainingState, number]>([
  ["between two epochs", STATE, 0],
  ["within an epoch", { ...STATE, within: WITHIN }, 3],
  ["of an earlier version, without norms", { ...STATE, within: { ...WITHIN, norms: undefined } }, 3],
  [
    "whose loss is not a number",
    { ...STATE, within: { ...WITHIN, lossSum: Number.NaN, norms: { sum: Number.NaN, largest: Number.NaN } } },
    3,
  ],
  ["within the finder", { ...STATE, losses: [0.1 + 0.2, 1e-7, 4], within: { ...WITHIN, lossSum: 0 } }, 3],
])("a checkpoint %s is read back as it was written", (_name, state, batch) => {
  const checkpoint = encodeCheckpoint(state);
  expect(checkpoint).toMatchObject({ epoch: 2, batch });
  expect(decodeCheckpoint(checkpoint, "f")).toEqual(state);
});

const { tensors, history: _, ...withoutHistory } = STATE;
test.each<[string, Record<string, string>]>([
  ["that lacks what this version needs", { position: JSON.stringify(withoutHistory) }],
  ["without a position", {}],
  ["whose position is no JSON", { position: "{" }],
])("a sound file %s is refused like a damaged one, so that an earlier one is tried", (_name, metadata) => {
  const bytes = writeSafetensors(tensors, metadata);
  expect(() => decodeCheckpoint({ bytes, sha256: sha256Of(bytes) }, "f")).toThrow(CheckpointError);
});
