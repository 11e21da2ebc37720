// The learning-rate finder at work: one step at every rate on the way up, whatever is being trained.
import type { TrainStep } from "@ursa/tensor/train-step";
import {
  addFinderLoss,
  EMPTY_CURVE,
  FINDER_STEPS,
  type FinderCurve,
  type FinderPoint,
  finderRate,
} from "./lr-finder.ts";
import { type Suggestions, suggestLearningRates } from "./lr-suggestions.ts";
import { adamFeeds } from "./step-feeds.ts";
import type { FedBatch, Feeds } from "./train-epoch.ts";

/** What the finder saw, and what it says. Without suggestions the loss burst before there was a slope. */
export type FoundRate = { points: FinderPoint[]; suggestions?: Suggestions | undefined; seconds: number };

export type Climb = {
  step: TrainStep;
  /** One after another, without end. */
  batches: AsyncIterable<FedBatch>;
  /** The inputs that hold the rate. */
  rateFeeds(rate: number): Feeds;
  /** After every step. */
  onStep(step: { done: number; total: number; loss?: number; learningRate: number }): void;
};

/** fastai's finder schedules the rate alone and leaves Adam's momentum where it is by default. */
const MOMENTUM = 0.9;

/** Steps from 1e-7 upwards, until the loss bursts or after 100 of them. */
export async function climbRates({ step, batches, rateFeeds, onStep }: Climb): Promise<FoundRate> {
  const started = performance.now();
  let curve = EMPTY_CURVE;
  for await (const { feeds } of batches) {
    const done = curve.points.length;
    const { loss } = await step.run({ ...feeds, ...adamFeeds(MOMENTUM, done + 1), ...rateFeeds(finderRate(done)) });
    curve = addFinderLoss(curve, loss?.data[0] ?? Number.NaN);
    onStep({ done: curve.points.length, total: FINDER_STEPS, ...lastOf(curve) });
    if (curve.isOver) break;
  }
  return {
    // A loss that is not a number ends the climb; JSON cannot hold it.
    points: curve.points.filter(({ smoothedLoss }) => Number.isFinite(smoothedLoss)),
    suggestions: suggestLearningRates(curve.points),
    seconds: (performance.now() - started) / 1000,
  };
}

/** The smoothed loss, unless it is not a number, which JSON could not hold. */
function lastOf({ points }: FinderCurve) {
  const { learningRate = 0, smoothedLoss = Number.NaN } = points.at(-1) ?? {};
  return Number.isFinite(smoothedLoss) ? { learningRate, loss: smoothedLoss } : { learningRate };
}
