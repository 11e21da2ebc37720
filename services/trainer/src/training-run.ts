// What a training run is given, and what each of its stages gives back.
import type { ActivationCache } from "@ursa/classifier/activation-cache";
import type { TrainingEngine } from "@ursa/classifier/training-engine";
import type { Artifact, CheckpointPointer, EpochRow, Finder, Model } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import type { CHECKPOINT_FAILURES } from "@ursa/service/model-metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import type { BatchInUse } from "./smaller-batch.ts";

export type TrainModelOptions = {
  store: ObjectStore;
  decoders: Pick<DecoderPool, "augment" | "view">;
  /** As taken, under this worker's own fence: it is part of every key written here. */
  model: Model;
  /** Key of the dataset's manifest. */
  manifest: string;
  workDir: string;
  /** What frozen layers made of views, for as long as this run lasts. */
  activations: ActivationCache;
  /** Most that stage 1's take in `workDir`. */
  maxActivationBytes: number;
  /** Holds the weights that were added. */
  weightsDir: string;
  engine: TrainingEngine;
  threads: number;
  /** Called for every batch, so many times a second. */
  onProgress: (progress: Progress) => void;
  onLog: (message: string) => Promise<void>;
  /** Awaited: what is about to be tried, in case it does not fit in memory. */
  onBatchSize: (inUse: BatchInUse) => Promise<void>;
  /** Awaited: the next epoch begins when this one is recorded. */
  onEpoch: (epoch: { row: EpochRow; checkpoint: CheckpointPointer; trainCount: number }) => Promise<void>;
  /** Awaited: where a run is within an epoch, or in the finder; the bytes are in the store already. */
  onCheckpoint: (checkpoint: CheckpointPointer) => Promise<void>;
  onCheckpointStored: (stored: { bytes: number; seconds: number }) => void;
  onCheckpointFailed: (reason: (typeof CHECKPOINT_FAILURES)[number]) => void;
  /** Awaited: what the finder saw, so that a run that goes on does not look again. */
  onFound: (finder: Finder) => Promise<void>;
  /** Awaited: a stage is recorded before the next phase begins. */
  onStage: (result: StageResult) => Promise<void>;
  signal: AbortSignal;
};
export type StageResult = { stage: Model["stages"][number]; artifacts: Artifact[] };
