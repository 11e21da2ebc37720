// Trains the model a record describes, from its dataset's manifest to its artifacts. Writes immutable objects under the
// record's fence and reports the rest: whoever called records it.
import type { Stage1Recipe, TrainedHead, ViewSource } from "@ursa/classifier/stage-1-types";
import { type Stage1Options, trainStage1 } from "@ursa/classifier/train-stage-1";
import { trainStage2 } from "@ursa/classifier/train-stage-2";
import { bodyWeights, WeightsError } from "@ursa/classifier/weights-registry";
import type { Finder } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { Recipe } from "@ursa/contracts/recipe";
import { readTrainingSet, type TrainingItem } from "@ursa/dataset/training-set";
import { createViewSource } from "@ursa/dataset/view-source";
import { checkEnough } from "./check-enough.ts";
import { finishedStage1 } from "./finished-stage-1.ts";
import { storeStage } from "./stage-artifacts.ts";
import { trainStage } from "./train-stage.ts";
import type { TrainedModel, TrainModelOptions } from "./training-run.ts";

/** @throws Problem too_few_pictures, training_diverged, weights_missing; StoreUnavailable; the signal's reason */
export async function trainModel(options: TrainModelOptions): Promise<TrainedModel> {
  const { store, model, manifest } = options;
  const { classes, recipe } = model;
  options.onProgress({ phase: "prepare", done: 0, total: 1 });
  const set = await readTrainingSet({ store, manifest, classes, validFraction: recipe.validFraction });
  checkEnough(classes, set);
  options.onProgress({ phase: "prepare", done: 1, total: 1 });
  const views = viewsOf(options, [...set.train, ...set.valid]);
  return await trainStages(options, { ...set, views }).catch(translateWeights);
}

type Pictures = Pick<Stage1Options, "train" | "valid" | "views">;

async function trainStages(options: TrainModelOptions, pictures: Pictures): Promise<TrainedModel> {
  const { model, onStage } = options;
  const recipe = flatRecipe(model.recipe);
  const counts = { trainCount: pictures.train.length, validCount: pictures.valid.length };
  const isUnfrozen = model.recipe.phases.includes("stage-2");
  const finished = isUnfrozen && (await finishedStage1(options, recipe, counts));
  if (finished) return trainSecond(options, pictures, finished);
  const { trained, seconds } = await trainFirst(options, pictures, recipe);
  const body = await bodyWeights(recipe, options.weightsDir);
  const result = await storeStage(options, { ...trained, stage: "stage-1", body }, seconds);
  if (!isUnfrozen) return result;
  await onStage(result);
  return trainSecond(options, pictures, trained);
}

function trainFirst(options: TrainModelOptions, pictures: Pictures, recipe: Stage1Recipe) {
  const { model, scratch, weightsDir, engine, threads, onProgress, onLog, signal } = options;
  const { epochs, learningRate } = recipe;
  const run = { stage: "stage-1", epochs, learningRate, trainCount: pictures.train.length } as const;
  return trainStage(options, run, (attempt) =>
    trainStage1({
      ...{ ...pictures, classes: model.classes, recipe, weightsDir, engine, threads },
      ...{ onProgress, onLog, signal },
      workDir: scratch.workDir,
      ...attempt,
    }),
  );
}

async function trainSecond(options: TrainModelOptions, pictures: Pictures, stage1: TrainedHead): Promise<TrainedModel> {
  const { model, scratch, weightsDir, engine, threads, onProgress, onLog, onFound, signal } = options;
  const recipe = model.recipe.stage2;
  const learningRate = recipe.rates?.upper ?? stage1.recipe.learningRate / 10;
  const run = { stage: "stage-2", epochs: recipe.epochs, learningRate, trainCount: pictures.train.length } as const;
  let { finder: found } = model;
  const keepFound = async (finder: Finder) => {
    found = finder;
    await onFound(finder);
  };
  const { trained, seconds } = await trainStage(options, run, (attempt) =>
    trainStage2({
      ...{ ...pictures, stage1, recipe, scratch, weightsDir, engine, threads, found, signal },
      ...{ onProgress, onLog, onFound: keepFound },
      ...attempt,
    }),
  );
  return storeStage(options, { ...stage1, ...trained, stage: "stage-2" }, seconds);
}

function translateWeights(cause: unknown): never {
  throw cause instanceof WeightsError ? new Problem("weights_missing", cause.message, { cause }) : cause;
}

const flatRecipe = ({ stage1, stage2: _, validFraction: __, phases: ___, ...recipe }: Recipe): Stage1Recipe => ({
  ...recipe,
  ...stage1,
});

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
