// Stage 1: the body stays as it is, only the head is trained. Its input is computed once per view and kept on disk.

import type { EpochRow } from "@ursa/contracts/model";
import { at } from "@ursa/tensor/layout";
import { MAX_VIEWS } from "./augment-plan.ts";
import { resolveBatchSize } from "./batches.ts";
import { bestEpoch } from "./best-epoch.ts";
import { decodeCheckpoint, encodeCheckpoint, fingerprintOf } from "./checkpoint.ts";
import { classWeightsOf } from "./class-weights.ts";
import { fitHead } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { measureLearningCurve } from "./learning-curve.ts";
import { networkTensors } from "./run-epochs.ts";
import { computeFeatures, type FeaturesOptions, headSizeOf } from "./stage-1-features.ts";
import type { Checkpoint, TrainedHead } from "./stage-1-types.ts";
import type { TrainingEngine } from "./training-engine.ts";
import { reportSteps } from "./training-progress.ts";

export type Stage1Options = Omit<FeaturesOptions, "viewCount"> & {
  /** Most that activations may take in `workDir`: where that is less, epochs see views again that earlier ones saw. */
  maxActivationBytes: number;
  classes: string[];
  engine: TrainingEngine;
  /** Also train new heads on parts of the pictures, when this one is trained. A head that goes on has seen them all, and has no curve. */
  learningCurve?: boolean;
  resumeFrom?: Checkpoint | undefined;
  /** Awaited, so a checkpoint is stored before the next epoch begins. */
  onEpoch(row: EpochRow, checkpoint: Checkpoint): Promise<void>;
  /** Awaited: where the run is within an epoch, when it is aborted, before the signal's reason is thrown, and now and then. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
  onLog(message: string): Promise<void>;
};

/**
 * Trains the head (the one of `start` goes on; without one a new one begins) for `recipe.epochs` epochs, or until an early stop. The same options (threads included) give the same bits on the same machine,
 * also when the run is interrupted and goes on from a checkpoint. Throws CheckpointError when `resumeFrom` is damaged or of
 * another run, RangeError when there is nothing to learn from.
 */
export async function trainStage1(options: Stage1Options): Promise<TrainedHead> {
  checkItems(options);
  const { recipe, classes, train, valid, onProgress, onEpoch, signal } = options;
  const size = headSizeOf(recipe, classes);
  const { viewCount, scarce } = countViews(options, size.features);
  if (scarce) await options.onLog(scarce);
  const identity = options.start.identity;
  const fingerprint = fingerprintOf({
    recipe,
    classes,
    train,
    valid,
    start: identity,
    ...(scarce ? { viewCount } : {}),
  });
  const start = options.resumeFrom
    ? decodeCheckpoint(options.resumeFrom, fingerprint)
    : freshState(size, { seed: recipe.seed, head: options.start.head }, fingerprint);
  await using opened = new AsyncDisposableStack();
  const { trainViews, validSet } = await computeFeatures({ ...options, viewCount }, opened);
  const batchSize = resolveBatchSize(recipe.batchSize, train.length);
  const fit = {
    ...recipe,
    classWeights: classWeightsOf(recipe.classWeights, { classes, labels: train.map(({ label }) => label) }),
    ...{ size, trainViews, valid: validSet, engine: options.engine, threads: options.threads, signal },
    onLog: options.onLog,
  };
  const end = await fitHead({
    ...{ ...fit, batchSize, start },
    onStep: reportSteps({ stage: "stage-1", measured: train.length + valid.length, onProgress }),
    onEpoch: (row, state) => onEpoch(row, encodeCheckpoint(state)),
    onPlace: (state) => options.onCheckpoint(encodeCheckpoint(state)),
  });
  const counts = { trainCount: train.length, validCount: valid.length };
  const { history, engines } = end;
  const epoch = end.best ? bestEpoch(history) : end.epoch;
  const head = end.best ?? networkTensors(end.tensors);
  const trained: TrainedHead = { recipe, classes, batchSize, ...counts, head, epoch, history, engines };
  if (!options.learningCurve || options.start.head) return trained;
  const parts = await measureLearningCurve({ ...fit, batchSize: recipe.batchSize });
  const { wrong, validCount } = at(history, epoch - 1);
  return { ...trained, learningCurve: [...parts, { fraction: 1, trainCount: train.length, wrong, validCount }] };
}

/** Of each training picture, one at least; `scarce` says where room for more was wanted. */
function countViews({ recipe, train, valid, maxActivationBytes }: Stage1Options, width: number) {
  const wanted = Math.min(recipe.epochs, MAX_VIEWS);
  const bytesOf = (pictures: number) => pictures * width * Float32Array.BYTES_PER_ELEMENT;
  const room = Math.floor((maxActivationBytes - bytesOf(valid.length)) / bytesOf(train.length));
  const viewCount = Math.max(1, Math.min(wanted, room));
  const megabytes = Math.round(maxActivationBytes / 2 ** 20);
  const scarce = `Stage 1 sees ${viewCount} augmented views of each picture and not ${wanted}: more would take over ${megabytes} MB of disk (URSA_ACTIVATIONS_MB).`;
  return { viewCount, scarce: viewCount < wanted ? scarce : undefined };
}

function checkItems({ train, valid, classes }: Stage1Options): void {
  if (classes.length < 2) throw new RangeError(`Training needs at least two classes, got ${classes.length}.`);
  if (train.length === 0 || valid.length === 0) {
    throw new RangeError(
      `Training needs pictures on both sides of the split, got ${train.length} and ${valid.length}.`,
    );
  }
  const stray = [...train, ...valid].find(
    ({ label }) => !Number.isInteger(label) || label < 0 || label >= classes.length,
  );
  if (stray)
    throw new RangeError(`Picture ${stray.key} has label ${stray.label}; there are ${classes.length} classes.`);
}
