// What stage 1 takes and gives. The pixels come from outside: the trainer knows where pictures lie and how to make views.
import type { EngineName, EpochRow, LearningCurve } from "@ursa/contracts/model";
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import type { Transforms } from "./augment-plan.ts";
import type { ClassWeightsOption } from "./class-weights.ts";
import type { BackboneName } from "./weights-registry.ts";

/** `key` is opaque here; `label` is an index into the classes. */
export type TrainingItem = { key: string; label: number };

/** Makes views: RGB uint8 [size, size, 3]. Called for up to 32 items at a time. */
export type ViewSource = {
  /** One for each augmentation, in their order. */
  trainViews(
    item: TrainingItem,
    augmentations: readonly AugmentationParameters[],
    signal: AbortSignal,
  ): Promise<Uint8Array[]>;
  /** The centre crop that inference also sees. */
  validView(item: TrainingItem, signal: AbortSignal): Promise<Uint8Array>;
};

export type Stage1Recipe = Transforms & {
  backbone: BackboneName;
  /** Side of the square the network sees, in pixels. */
  size: number;
  epochs: number;
  learningRate: number;
  batchSize: number | "auto";
  weightDecay: number;
  /** Before the last layer; half of it before the first. */
  dropout: number;
  /** Alpha of the mixup of stage 2; stage 1 learns from activations, which are not mixed. 0 is none. */
  mixup: number;
  labelSmoothing: number;
  classWeights: ClassWeightsOption;
  /** Rare classes are shown as often as the most frequent one. */
  oversample: boolean;
  /** The largest norm of all gradients together. */
  gradientClip?: number | undefined;
  /** Epochs without a lower validation loss after which training stops. */
  earlyStop?: number | undefined;
  /** Ends with the weights of the epoch with the lowest validation loss, and not with those of the last. */
  keepBest: boolean;
  pretrained: boolean;
  seed: number;
};

/** Everything needed to go on, in one immutable piece: after `epoch` epochs and `batch` batches of the next. */
export type Checkpoint = { epoch: number; batch: number; bytes: Uint8Array; sha256: string };

export type TrainedHead = {
  recipe: Stage1Recipe;
  classes: string[];
  batchSize: number;
  trainCount: number;
  validCount: number;
  /** The head's parameters and running statistics, in PyTorch's names and layout. */
  head: Map<string, StoredTensor>;
  /** The epoch they are of: the last, or with `keepBest` the best. */
  epoch: number;
  history: EpochRow[];
  /** What computed its steps: more than one where a run went on on another. */
  engines: EngineName[];
  /** Where it was asked for. */
  learningCurve?: LearningCurve;
};
