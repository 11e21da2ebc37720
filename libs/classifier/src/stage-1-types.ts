// What stage 1 takes and gives. The pixels come from outside: the trainer knows where pictures lie and how to make views.
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { AugmentationParameters } from "./augment-plan.ts";
import type { BackboneName } from "./weights-registry.ts";

/** `key` is opaque here; `label` is an index into the classes. */
export type TrainingItem = { key: string; label: number };

/** Makes views: RGB uint8 [size, size, 3]. Called for up to 32 items at a time. */
export type ViewSource = {
  trainView(item: TrainingItem, augmentation: AugmentationParameters, signal: AbortSignal): Promise<Uint8Array>;
  /** The centre crop that inference also sees. */
  validView(item: TrainingItem, signal: AbortSignal): Promise<Uint8Array>;
};

export type Stage1Recipe = {
  backbone: BackboneName;
  /** Side of the square the network sees, in pixels. */
  size: number;
  epochs: number;
  learningRate: number;
  batchSize: number | "auto";
  weightDecay: number;
  /** Before the last layer; half of it before the first. */
  dropout: number;
  augment: boolean;
  pretrained: boolean;
  seed: number;
};

/** One line of the training table. Losses are means of softmax cross-entropy (natural log). */
export type EpochRow = {
  stage: "stage-1";
  /** From 1. */
  epoch: number;
  /** As the optimizer saw it: with dropout, before each step. */
  trainLoss: number;
  /** After the epoch, on the same views, in evaluation mode. */
  trainLossEval: number;
  validLoss: number;
  errorRate: number;
  wrong: number;
  validCount: number;
  /** 95 % interval of the error rate (Wilson). */
  errorRateLow: number;
  errorRateHigh: number;
  /** Of the epoch's last step. */
  learningRate: number;
  seconds: number;
};

/** Everything needed to go on after an epoch, in one immutable piece. */
export type Checkpoint = { epoch: number; bytes: Uint8Array; sha256: string };

export type TrainedHead = {
  recipe: Stage1Recipe;
  classes: string[];
  batchSize: number;
  trainCount: number;
  validCount: number;
  /** The head's parameters and running statistics, in PyTorch's names and layout. */
  head: Map<string, StoredTensor>;
  history: EpochRow[];
};
