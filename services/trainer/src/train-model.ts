// Trains the model a record describes, from its dataset's manifest to its artifacts. Writes immutable objects under the
// record's fence and reports the rest: whoever called records it.
import { CheckpointError } from "@ursa/classifier/checkpoint";
import { isFiniteRow } from "@ursa/classifier/divergence";
import { exportStage1 } from "@ursa/classifier/export-model";
import type { Checkpoint, Stage1Recipe, TrainedHead, ViewSource } from "@ursa/classifier/stage-1-types";
import { type Stage1Options, trainStage1 } from "@ursa/classifier/train-stage-1";
import { WeightsError } from "@ursa/classifier/weights-registry";
import type { Artifact, CheckpointPointer, EpochRow, Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Recipe } from "@ursa/contracts/recipe";
import type { Progress } from "@ursa/contracts/record";
import { readTrainingSet, type TrainingItem } from "@ursa/dataset/training-set";
import { createViewSource } from "@ursa/dataset/view-source";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { checkDiverged } from "./check-diverged.ts";
import { checkEnough } from "./check-enough.ts";
import { findCheckpoints } from "./find-checkpoints.ts";
import { putOnce } from "./put-once.ts";

export type TrainModelOptions = {
  store: ObjectStore;
  decoders: Pick<DecoderPool, "augment" | "view">;
  /** As taken, under this worker's own fence: it is part of every key written here. */
  model: Model;
  /** Key of the dataset's manifest. */
  manifest: string;
  workDir: string;
  threads: number;
  /** Called for every batch, so many times a second. */
  onProgress: (progress: Progress) => void;
  onLog: (message: string) => Promise<void>;
  /** Awaited: the next epoch begins when this one is recorded. */
  onEpoch: (epoch: { row: EpochRow; checkpoint: CheckpointPointer; trainCount: number }) => Promise<void>;
  signal: AbortSignal;
};
export type TrainedModel = { stage: Model["stages"][number]; artifacts: Artifact[] };

const STAGE = "stage-1";

/** @throws Problem too_few_pictures, training_diverged, weights_missing; StoreUnavailable; the signal's reason */
export async function trainModel(options: TrainModelOptions): Promise<TrainedModel> {
  const { store, model, manifest, signal } = options;
  const { classes, recipe } = model;
  const set = await readTrainingSet({ store, manifest, classes, validFraction: recipe.validFraction });
  checkEnough(classes, set);
  const started = performance.now();
  const bounds = { learningRate: recipe.stage1.learningRate, classes: classes.length };
  const { trained, resumedAt } = await trainOn(options, {
    ...set,
    classes,
    recipe: flatRecipe(recipe),
    views: viewsOf(options, [...set.train, ...set.valid]),
    workDir: options.workDir,
    threads: options.threads,
    onProgress: options.onProgress,
    async onEpoch(row, bytes) {
      // A record is JSON, which has no NaN: such an epoch ends the run before it is written down.
      if (!isFiniteRow(row)) checkDiverged(row, bounds);
      const checkpoint = await keepCheckpoint(options, bytes);
      await options.onEpoch({ row, checkpoint, trainCount: set.train.length });
      checkDiverged(row, bounds);
    },
    signal,
  }).catch(translateWeights);
  signal.throwIfAborted();
  // Again, for a run that went on from the checkpoint of the epoch that should have ended it.
  for (const row of trained.history.slice(-1)) checkDiverged(row, bounds);
  for (const line of endingOf(trained)) await options.onLog(line);
  const secondsBefore = trained.history.slice(0, resumedAt).reduce((sum, row) => sum + row.seconds, 0);
  return exportModel(options, trained, secondsBefore + (performance.now() - started) / 1000);
}

/** What a reader of the epochs could not tell. */
function endingOf({ recipe, epoch, history }: TrainedHead): string[] {
  const stopped = `Stopped after epoch ${history.length} of ${recipe.epochs}: no lower valid loss in ${recipe.earlyStop} epochs.`;
  const kept = `Epoch ${epoch} had the lowest valid loss: its weights are the model's.`;
  return [...(history.length < recipe.epochs ? [stopped] : []), ...(epoch < history.length ? [kept] : [])];
}

type Training = { trained: TrainedHead; resumedAt: number };

/**
 * Goes on from the newest checkpoint that is sound, else from the one before, else from the start. `resumedAt` is how many
 * epochs an earlier run had finished.
 */
async function trainOn(options: TrainModelOptions, stage1: Omit<Stage1Options, "resumeFrom">): Promise<Training> {
  const { store, model, onLog } = options;
  const reject = (epoch: number, why: string) => onLog(`checkpoint_corrupt: epoch ${epoch}: ${why}`);
  for await (const resumeFrom of findCheckpoints(store, model.checkpoints, ({ epoch }, why) => reject(epoch, why))) {
    const trained = await trainStage1({ ...stage1, resumeFrom }).catch(unlessUnusable);
    if (!(trained instanceof CheckpointError)) return { trained, resumedAt: resumeFrom.epoch };
    await reject(resumeFrom.epoch, trained.message);
  }
  if (model.checkpoints.length > 0) await onLog("No checkpoint is usable: training starts again.");
  return { trained: await trainStage1(stage1), resumedAt: 0 };
}

/** Sound bytes of another run, or of an earlier version, are refused by the classifier before it trains. */
function unlessUnusable(error: unknown): CheckpointError {
  if (error instanceof CheckpointError) return error;
  throw error;
}

function translateWeights(cause: unknown): never {
  throw cause instanceof WeightsError ? new Problem("weights_missing", cause.message, { cause }) : cause;
}

const flatRecipe = ({ stage1, validFraction: _, ...recipe }: Recipe): Stage1Recipe => ({ ...recipe, ...stage1 });

function viewsOf({ store, decoders, model }: TrainModelOptions, items: readonly TrainingItem[]): ViewSource {
  const { size } = model.recipe;
  const source = createViewSource({ store, namespace: model.namespace, decoders });
  const byKey = new Map(items.map((item) => [item.key, item]));
  const itemOf = ({ key }: { key: string }): TrainingItem => {
    const item = byKey.get(key);
    if (!item) throw new Error(`Item ${key} was asked for but is not in the training set.`);
    return item;
  };
  return {
    trainView: (item, augmentation, signal) => source.trainView(itemOf(item), { size, augmentation }, signal),
    validView: (item, signal) => source.validView(itemOf(item), size, signal),
  };
}

async function keepCheckpoint(
  { model, store }: TrainModelOptions,
  { epoch, bytes }: Checkpoint,
): Promise<CheckpointPointer> {
  const key = keys.model.checkpoint(model, model.fence, { stage: STAGE, epoch });
  return { stage: STAGE, epoch, fence: model.fence, key, ...(await putOnce(store, key, bytes)) };
}

async function exportModel(options: TrainModelOptions, trained: TrainedHead, seconds: number): Promise<TrainedModel> {
  const { model, store, onProgress } = options;
  const { id: modelId, createdAt, recipe } = model;
  const cut = recipe.validFraction === undefined ? {} : { validFraction: recipe.validFraction };
  const { files } = await exportStage1(trained, { modelId, createdAt, dataset: { ...model.dataset, ...cut } });
  const artifacts: Artifact[] = [];
  for (const { name, bytes } of files) {
    onProgress({ phase: "export", done: artifacts.length, total: files.length });
    const key = keys.model.artifact(model, model.fence, { stage: STAGE, name });
    const { sha256 } = await putOnce(store, key, bytes);
    artifacts.push({ stage: STAGE, name, key, bytes: bytes.byteLength, sha256 });
  }
  const exported = trained.history.find(({ epoch }) => epoch === trained.epoch);
  if (!exported) throw new Error("Training ended without an epoch.");
  const { errorRate, validLoss } = exported;
  return { stage: { name: STAGE, errorRate, validLoss, seconds }, artifacts };
}
