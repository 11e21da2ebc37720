import { writeSafetensors } from "@ursa/tensor/safetensors";
import { expect, test } from "vitest";
import { CheckpointError, decodeCheckpoint, encodeCheckpoint, sha256Of, type TrainingState } from "./checkpoint.ts";

const STATE: TrainingState = {
  ...{ epoch: 2, step: 6, random: [1, 2, 3, 4], history: [], fingerprint: "f" },
  tensors: new Map([["head.weight", { shape: [2], data: new Float32Array([1, 2]) }]]),
};

test("a checkpoint is read back as it was written", () => {
  expect(decodeCheckpoint(encodeCheckpoint(STATE), "f")).toEqual(STATE);
});

const { tensors, history: _, ...withoutHistory } = STATE;
test.each<[string, Record<string, string>]>([
  ["that lacks what this version needs", { position: JSON.stringify(withoutHistory) }],
  ["without a position", {}],
  ["whose position is no JSON", { position: "{" }],
])("a sound file %s is refused like a damaged one, so that an earlier one is tried", (_name, metadata) => {
  const bytes = writeSafetensors(tensors, metadata);
  expect(() => decodeCheckpoint({ epoch: 2, bytes, sha256: sha256Of(bytes) }, "f")).toThrow(CheckpointError);
});
