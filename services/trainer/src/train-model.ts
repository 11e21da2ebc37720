// Trains the model a record describes, from its dataset's manifest to its artifacts. Writes immutable objects under the
// record's fence and reports the rest: whoever called records it.
import type { ViewSource } from "@ursa/classifier/stage-1-types";
import { WeightsError } from "@ursa/classifier/weights-registry";
import { Problem } from "@ursa/contracts/problem";
import { readTrainingSet, type TrainingItem } from "@ursa/dataset/training-set";
import { createViewSource } from "@ursa/dataset/view-source";
import { checkEnough } from "./check-enough.ts";
import { runPhases } from "./run-phases.ts";
import type { TrainModelOptions } from "./training-run.ts";

/** @throws Problem too_few_pictures, training_diverged, weights_missing, model_integrity; StoreUnavailable; the signal's reason */
export async function trainModel(options: TrainModelOptions): Promise<void> {
  const { store, model, manifest } = options;
  const { classes, recipe } = model;
  options.onProgress({ phase: "prepare", done: 0, total: 1 });
  const set = await readTrainingSet({ store, manifest, classes, validFraction: recipe.validFraction });
  checkEnough(classes, set);
  options.onProgress({ phase: "prepare", done: 1, total: 1 });
  const views = viewsOf(options, [...set.train, ...set.valid]);
  await runPhases(options, { ...set, views }).catch(translateWeights);
}

function translateWeights(cause: unknown): never {
  throw cause instanceof WeightsError ? new Problem("weights_missing", cause.message, { cause }) : cause;
}

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
    trainViews: (item, augmentations, signal) => source.trainViews(itemOf(item), { size, augmentations }, signal),
    validView: (item, signal) => source.validView(itemOf(item), size, signal),
  };
}
