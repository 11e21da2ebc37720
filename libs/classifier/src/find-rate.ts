// Runs the learning-rate finder on a whole network. It trains a copy: the weights it was given stay as they are.
import type { StoredTensors } from "@ursa/tensor/safetensors";
import { freezeTo } from "./backbones/layer-groups.ts";
import { cutBatches, epochOrder } from "./batches.ts";
import { type FeedOptions, type FitNetworkOptions, rateFeeds, stepFeeds } from "./fit-network.ts";
import { addFinderLoss, EMPTY_CURVE, FINDER_STEPS, type FinderCurve, finderRate } from "./lr-finder.ts";
import { networkStep } from "./network-graphs.ts";
import type { Random } from "./random.ts";
import { adamFeeds } from "./step-feeds.ts";

export type FindRateOptions = FeedOptions &
  Pick<FitNetworkOptions, "input" | "oversample" | "engine" | "threads" | "signal"> & {
    /** Weights, running statistics and a fresh optimizer. */
    tensors: StoredTensors;
    random: Random;
    onStep(step: { done: number; total: number; loss?: number; learningRate: number }): void;
  };

/** fastai's finder schedules the rate alone and leaves Adam's momentum where it is by default. */
const MOMENTUM = 0.9;

/** One rate for every group, from 1e-7 upwards, until the loss bursts or after 100 steps. */
export async function findRate(options: FindRateOptions): Promise<FinderCurve> {
  const { network, tensors, engine, threads, random, onStep } = options;
  const { groups } = freezeTo(network.backbone, network.trainFrom);
  await using step = await engine.openStep(networkStep(network), { state: tensors, threads });
  let curve = EMPTY_CURVE;
  for await (const { indices, feeds: pictures } of endlessBatches(options)) {
    const done = curve.points.length;
    const rates = groups.map(() => finderRate(done));
    const feeds = {
      ...stepFeeds(options, indices, random),
      ...adamFeeds(MOMENTUM, done + 1),
      ...rateFeeds(network, rates),
    };
    const { loss } = await step.run({ ...pictures, ...feeds });
    curve = addFinderLoss(curve, loss?.data[0] ?? Number.NaN);
    onStep({ done: curve.points.length, total: FINDER_STEPS, ...lastOf(curve) });
    if (curve.isOver) break;
  }
  return curve;
}

/** One epoch after another. */
async function* endlessBatches({ network, input, train, random, oversample, signal }: FindRateOptions) {
  for (let epoch = 0; ; epoch += 1) {
    const batches = cutBatches(epochOrder(train.labels, random, oversample), network.batch);
    yield* input.batches(train.viewsOf(epoch), { batches, rows: network.batch, signal });
  }
}

/** The smoothed loss, unless it is not a number, which JSON could not hold. */
function lastOf({ points }: FinderCurve) {
  const { learningRate = 0, smoothedLoss = Number.NaN } = points.at(-1) ?? {};
  return Number.isFinite(smoothedLoss) ? { learningRate, loss: smoothedLoss } : { learningRate };
}
