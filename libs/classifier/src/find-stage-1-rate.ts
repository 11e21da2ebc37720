// The learning-rate finder on the head of a frozen network, before stage 1. It trains a copy on one view of the pictures.
import { resolveBatchSize } from "./batches.ts";
import { fingerprintOf } from "./checkpoint.ts";
import { classWeightsOf } from "./class-weights.ts";
import { climbRates, climbStart, type FinderAttempt, type FoundRate } from "./climb-rates.ts";
import { headBatches } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { headStep } from "./head-graphs.ts";
import { computeFeatures, type FeaturesOptions, headSizeOf } from "./stage-1-features.ts";
import { scalarFeed } from "./step-feeds.ts";
import type { TrainingEngine } from "./training-engine.ts";

export type FindStage1RateOptions = Omit<FeaturesOptions, "valid" | "viewCount"> &
  FinderAttempt & {
    classes: string[];
    engine: TrainingEngine;
  };

/** Stops within one batch of an abort. Throws CheckpointError when `resumeFrom` is damaged or of another run. */
export async function findStage1Rate(options: FindStage1RateOptions): Promise<FoundRate> {
  const { recipe, classes, train, start, engine, threads, onProgress, signal } = options;
  const size = headSizeOf(recipe, classes);
  const { seed } = recipe;
  const fingerprint = fingerprintOf({ finds: "head", recipe, classes, train, start: start.identity });
  const fresh = freshState(size, { seed, head: start.head }, fingerprint);
  const begin = climbStart(options, fresh, { seed, fingerprint });
  await using opened = new AsyncDisposableStack();
  const { trainViews } = await computeFeatures({ ...options, valid: [], viewCount: 1 }, opened);
  const [view] = trainViews;
  if (!view) throw new Error("One view was asked for.");
  const batchSize = resolveBatchSize(recipe.batchSize, train.length);
  await using step = await engine.openStep(headStep(size, batchSize, recipe), { state: begin.tensors, threads });
  const classWeights = classWeightsOf(recipe.classWeights, { classes, labels: view.labels });
  const batch = { ...recipe, size, batchSize, classWeights, signal };
  return await climbRates({
    ...{ step, start: begin, signal, onCheckpoint: options.onCheckpoint },
    ...{ labels: view.labels, batchSize, oversample: recipe.oversample },
    load: (batches, { random }) => headBatches(view, batches, { ...batch, random }),
    rateFeeds: (rate) => ({ learningRate: scalarFeed(rate) }),
    onStep: (step) => onProgress({ phase: "lr-find", stage: "stage-1", ...step }),
  });
}
