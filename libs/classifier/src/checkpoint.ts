// A training run between two batches, as bytes: safetensors for the numbers, JSON in their metadata for the rest.
import { createHash } from "node:crypto";
import { type EngineName, type EpochRow, engineNameSchema, epochRowSchema } from "@ursa/contracts/model";
import { readSafetensors, type StoredTensor, writeSafetensors } from "@ursa/tensor/safetensors";
import { z } from "zod";
import type { RandomState } from "./random.ts";
import type { Checkpoint } from "./stage-1-types.ts";

export type TrainingState = {
  /** Finished epochs. */
  epoch: number;
  /** Steps taken, those of an unfinished epoch too. */
  step: number;
  random: RandomState;
  /** How far the epoch after them is; without it the run is between two epochs. */
  within?: WithinEpoch | undefined;
  history: EpochRow[];
  /** Of all steps of the learning-rate finder, which is not over; a stage keeps none. */
  losses?: number[] | undefined;
  /** Parameters, running statistics and optimizer state. */
  tensors: Map<string, StoredTensor>;
  /** Parameters and running statistics of the best epoch so far, where they are kept. */
  best?: Map<string, StoredTensor> | undefined;
  /** What the run was started with; another run's checkpoint is refused. */
  fingerprint: string;
  /** What has trained it so far, in order. It is no part of the fingerprint: another engine goes on from the same numbers. */
  engines: EngineName[];
};

export type WithinEpoch = {
  /** Batches done, from 1 to all of them: then the epoch is still to be measured. */
  batches: number;
  /** Their losses, each times its pictures; 0 in the finder, which keeps `losses`. */
  lossSum: number;
  /** Of the last of them. */
  learningRate: number;
  /** Of their gradients. Checkpoints of earlier versions do not say. */
  norms?: GradientNorms | undefined;
  seconds: number;
  /** The generator as it was before the epoch's order was drawn, so that the order need not be kept. */
  orderFrom: RandomState;
};

/** Over batches; of a diverged run no numbers. */
export type GradientNorms = { sum: number; largest: number };

export class CheckpointError extends Error {
  override name = "CheckpointError";
}

const word = z.number().int();
const randomSchema = z.tuple([word, word, word, word]);
/** JSON has no NaN: what a diverged run sums up is stored as null. */
const sumSchema = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const positionSchema = z.object({
  epoch: z.number().int().nonnegative(),
  step: z.number().int().nonnegative(),
  random: randomSchema,
  within: z
    .object({
      batches: z.number().int().positive(),
      lossSum: sumSchema,
      learningRate: z.number(),
      norms: z.object({ sum: sumSchema, largest: sumSchema }).optional(),
      seconds: z.number(),
      orderFrom: randomSchema,
    })
    .optional(),
  fingerprint: z.string(),
  engines: z.array(engineNameSchema),
  history: z.array(epochRowSchema),
  losses: z.array(z.number()).optional(),
});

/** Before the names of the best epoch's tensors. */
const BEST = "best:";

export function encodeCheckpoint({ tensors, best, ...position }: TrainingState): Checkpoint {
  const kept = [...(best ?? [])].map(([name, tensor]) => [BEST + name, tensor] as const);
  const bytes = writeSafetensors(new Map([...tensors, ...kept]), { position: JSON.stringify(position) });
  return { epoch: position.epoch, batch: position.within?.batches ?? 0, bytes, sha256: sha256Of(bytes) };
}

/** Throws CheckpointError when the bytes are damaged, of another version, or of a run with other items, classes or recipe. */
export function decodeCheckpoint(
  { bytes, sha256 }: Pick<Checkpoint, "bytes" | "sha256">,
  fingerprint: string,
): TrainingState {
  const actual = sha256Of(bytes);
  if (actual !== sha256) throw new CheckpointError(`Expected a checkpoint with sha256 ${sha256}, got ${actual}.`);
  const { tensors, position } = readCheckpoint(bytes);
  if (position.fingerprint !== fingerprint) {
    throw new CheckpointError("This checkpoint belongs to a run with another recipe, other pictures or other classes.");
  }
  return { ...position, ...splitBest(tensors) };
}

function splitBest(all: ReadonlyMap<string, StoredTensor>): Pick<TrainingState, "tensors" | "best"> {
  const [kept, tensors] = [true, false].map((isBest) => [...all].filter(([name]) => name.startsWith(BEST) === isBest));
  if (!kept?.length) return { tensors: new Map(tensors) };
  return { tensors: new Map(tensors), best: new Map(kept.map(([name, tensor]) => [name.slice(BEST.length), tensor])) };
}

function readCheckpoint(bytes: Uint8Array) {
  try {
    const { tensors, metadata } = readSafetensors(bytes);
    return { tensors, position: positionSchema.parse(JSON.parse(metadata.position ?? "null")) };
  } catch (cause) {
    throw new CheckpointError("This version of Ursa cannot read the checkpoint; use an earlier one.", { cause });
  }
}

/** One text for everything that decides the course of a run. */
export const fingerprintOf = (parts: unknown): string => sha256Of(new TextEncoder().encode(JSON.stringify(parts)));

export const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
