// Stage 1: the body stays as it is, only the head is trained. Its input is computed once per view and kept on disk.

import type { EpochRow } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";
import { drawAugmentation, MAX_VIEWS, transformsOf } from "./augment-plan.ts";
import { resolveBatchSize } from "./batches.ts";
import { bestEpoch } from "./best-epoch.ts";
import { traceBody } from "./body-graph.ts";
import { decodeCheckpoint, encodeCheckpoint, fingerprintOf } from "./checkpoint.ts";
import { classWeightsOf } from "./class-weights.ts";
import { type FeatureSet, openFeatureExtractor } from "./features.ts";
import { fitHead, type LabelledFeatures } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import type { HeadSize } from "./head.ts";
import { createRandom, STREAM } from "./random.ts";
import { networkTensors } from "./run-epochs.ts";
import type { Checkpoint, Stage1Recipe, TrainedHead, TrainingItem, ViewSource } from "./stage-1-types.ts";
import type { TrainingEngine } from "./training-engine.ts";
import { reportPictures, reportSteps } from "./training-progress.ts";
import { bodyOrigin, bodyWeights, registryEntry } from "./weights-registry.ts";

export type Stage1Options = {
  train: TrainingItem[];
  valid: TrainingItem[];
  classes: string[];
  recipe: Stage1Recipe;
  views: ViewSource;
  /** Activations are spilled here, about 10 kB per picture and view. The caller removes it. */
  workDir: string;
  /** Holds the weights that were added. */
  weightsDir: string;
  engine: TrainingEngine;
  threads: number;
  resumeFrom?: Checkpoint | undefined;
  /** After every batch: pictures while activations are computed, steps while the head is trained. */
  onProgress(progress: Progress): void;
  /** Awaited, so a checkpoint is stored before the next epoch begins. */
  onEpoch(row: EpochRow, checkpoint: Checkpoint): Promise<void>;
  /** Awaited: where the run is within an epoch, when it is aborted, before the signal's reason is thrown, and now and then. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
  onLog(message: string): Promise<void>;
  signal: AbortSignal;
};

/**
 * Trains the head for `recipe.epochs` epochs, or until an early stop. The same options (threads included) give the same bits on the same machine,
 * also when the run is interrupted and goes on from a checkpoint. Throws CheckpointError when `resumeFrom` is damaged or of
 * another run, RangeError when there is nothing to learn from.
 */
export async function trainStage1(options: Stage1Options): Promise<TrainedHead> {
  checkItems(options);
  const { recipe, classes, train, valid, onProgress, onEpoch, signal } = options;
  const fingerprint = fingerprintOf({ recipe, classes, train, valid });
  const size: HeadSize = { features: registryEntry(recipe.backbone).backbone.channels * 2, classes: classes.length };
  const start = options.resumeFrom
    ? decodeCheckpoint(options.resumeFrom, fingerprint)
    : freshState(size, recipe, fingerprint);
  await using opened = new AsyncDisposableStack();
  const { trainViews, validSet } = await computeFeatures(options, size, opened);
  const batchSize = resolveBatchSize(recipe.batchSize, train.length);
  const end = await fitHead({
    ...recipe,
    classWeights: classWeightsOf(recipe.classWeights, { classes, labels: train.map(({ label }) => label) }),
    size,
    trainViews,
    valid: validSet,
    batchSize,
    engine: options.engine,
    threads: options.threads,
    start,
    signal,
    onStep: reportSteps({ stage: "stage-1", measured: train.length + valid.length, onProgress }),
    onEpoch: (row, state) => onEpoch(row, encodeCheckpoint(state)),
    onPlace: (state) => options.onCheckpoint(encodeCheckpoint(state)),
    onLog: options.onLog,
  });
  const counts = { trainCount: train.length, validCount: valid.length };
  const { history, engines } = end;
  const epoch = end.best ? bestEpoch(history) : end.epoch;
  return {
    recipe,
    classes,
    batchSize,
    ...counts,
    head: end.best ?? networkTensors(end.tensors),
    epoch,
    history,
    engines,
  };
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

async function computeFeatures(options: Stage1Options, size: HeadSize, opened: AsyncDisposableStack) {
  const { recipe, train, valid, workDir, weightsDir, threads, onProgress, signal } = options;
  const { backbone, statistics } = registryEntry(recipe.backbone);
  const weights = await bodyWeights(recipe, weightsDir);
  const graph = traceBody({ backbone, weights, statistics }, recipe.size).bytes;
  const body = await bodyKeyOf(recipe, weightsDir);
  const viewCount = Math.min(recipe.epochs, MAX_VIEWS);
  const total = valid.length + train.length * viewCount;
  let done = 0;
  const report = reportPictures({ phase: "features", stage: "stage-1" }, { onProgress });
  const onBatch = (pictures: number) => {
    done += pictures;
    report(done, total);
  };
  await using extractor = await openFeatureExtractor({
    graph,
    size: recipe.size,
    width: size.features,
    workDir,
    threads,
  });
  const labelled = async (set: FeatureSet, items: readonly TrainingItem[]): Promise<LabelledFeatures> => {
    const features = await extractor.extract(set, onBatch, signal);
    opened.defer(() => features.close());
    return { features, labels: items.map(({ label }) => label) };
  };
  const validSet = await labelled(validFeatures(options, body), valid);
  const trainViews: LabelledFeatures[] = [];
  for (let view = 0; view < viewCount; view += 1) {
    trainViews.push(await labelled(trainFeatures(options, body, view), train));
  }
  return { trainViews, validSet };
}

/** What the body is: two runs with equal values here may share activations. */
async function bodyKeyOf(recipe: Stage1Recipe, weightsDir: string) {
  const { sha256 } = await bodyOrigin(recipe, weightsDir);
  return { weights: sha256 ?? `random ${recipe.seed}`, backbone: recipe.backbone, size: recipe.size };
}
type BodyKey = Awaited<ReturnType<typeof bodyKeyOf>>;

function validFeatures({ valid, views }: Stage1Options, body: BodyKey): FeatureSet {
  return {
    key: { body, side: "valid", items: valid.map(({ key }) => key) },
    count: valid.length,
    view: (index, signal) => views.validView(itemAt(valid, index), signal),
  };
}

// Each picture of each view has its own stream of the seed, so its augmentation does not depend on what was computed before.
function trainFeatures({ recipe, train, views }: Stage1Options, body: BodyKey, view: number): FeatureSet {
  const { seed } = recipe;
  const transforms = transformsOf(recipe);
  return {
    key: { body, side: "train", transforms, seed, view, items: train.map(({ key }) => key) },
    count: train.length,
    view: (index, signal) => {
      const augmentation = drawAugmentation(createRandom(seed, STREAM.augmentation, view, index), transforms);
      return views.trainView(itemAt(train, index), augmentation, signal);
    },
  };
}

function itemAt(items: readonly TrainingItem[], index: number): TrainingItem {
  const item = items[index];
  if (!item) throw new RangeError(`There is no picture ${index} among ${items.length}.`);
  return item;
}
