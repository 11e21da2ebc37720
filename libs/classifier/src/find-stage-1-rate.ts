// The learning-rate finder on the head of a frozen network, before stage 1. It trains a copy on one view of the pictures.
import { cutBatches, epochOrder, resolveBatchSize } from "./batches.ts";
import { classWeightsOf } from "./class-weights.ts";
import { climbRates, type FoundRate } from "./climb-rates.ts";
import { type HeadBatchOptions, headBatches, type LabelledFeatures } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { headStep } from "./head-graphs.ts";
import { createRandom, STREAM } from "./random.ts";
import { computeFeatures, type FeaturesOptions, headSizeOf } from "./stage-1-features.ts";
import { scalarFeed } from "./step-feeds.ts";
import type { TrainingEngine } from "./training-engine.ts";

export type FindStage1RateOptions = Omit<FeaturesOptions, "valid" | "viewCount"> & {
  classes: string[];
  engine: TrainingEngine;
};

/** Stops within one batch of an abort. */
export async function findStage1Rate(options: FindStage1RateOptions): Promise<FoundRate> {
  const { recipe, classes, train, start, engine, threads, onProgress, signal } = options;
  await using opened = new AsyncDisposableStack();
  const { trainViews } = await computeFeatures({ ...options, valid: [], viewCount: 1 }, opened);
  const [view] = trainViews;
  if (!view) throw new Error("One view was asked for.");
  const size = headSizeOf(recipe, classes);
  const batchSize = resolveBatchSize(recipe.batchSize, train.length);
  const { tensors } = freshState(size, { seed: recipe.seed, head: start.head }, "");
  await using step = await engine.openStep(headStep(size, batchSize, recipe), { state: tensors, threads });
  const classWeights = classWeightsOf(recipe.classWeights, { classes, labels: view.labels });
  const random = createRandom(recipe.seed, STREAM.finder);
  const batch = { ...recipe, size, batchSize, classWeights, random, signal };
  return await climbRates({
    step,
    batches: endlessBatches(view, batch),
    rateFeeds: (rate) => ({ learningRate: scalarFeed(rate) }),
    onStep: (step) => onProgress({ phase: "lr-find", stage: "stage-1", ...step }),
  });
}

/** One epoch after another. */
async function* endlessBatches(view: LabelledFeatures, options: HeadBatchOptions & { oversample: boolean }) {
  for (;;) {
    const order = epochOrder(view.labels, options.random, options.oversample);
    yield* headBatches(view, cutBatches(order, options.batchSize), options);
  }
}
