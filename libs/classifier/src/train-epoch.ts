// The steps of one epoch, of either stage: from the first batch, or from the one behind those that an earlier attempt took.

import { at } from "@ursa/tensor/layout";
import type { HostTensor } from "@ursa/tensor/session";
import { cutBatches, epochOrder } from "./batches.ts";
import type { GradientNorms, TrainingState } from "./checkpoint.ts";
import { oneCycle } from "./one-cycle.ts";
import { type Random, restoreRandom } from "./random.ts";
import type { EpochOptions, EpochRun } from "./run-epochs.ts";
import { adamFeeds } from "./step-feeds.ts";

export type Feeds = Record<string, HostTensor>;
/** What one step is fed, without the point of the schedule. `count` is how many pictures it holds. */
export type FedBatch = { count: number; feeds: Feeds };

/** What an epoch is made of. */
export type EpochCut = { labels: readonly number[]; batchSize: number; oversample: boolean };

export type EpochWork = Omit<EpochCut, "oversample"> & {
  /** Draws from `random` when a batch is asked for, never ahead. Throws the signal's reason. */
  load(batches: readonly (readonly number[])[], random: Random): AsyncIterable<FedBatch>;
  /** Tops of the one-cycle schedule, the head's last. */
  rates: readonly number[];
  rateFeeds(rates: readonly number[]): Feeds;
};

/** The epoch after `state` in its order: all of its batches, and those that no earlier attempt took. */
export function drawEpoch({ labels, batchSize, oversample }: EpochCut, random: Random, { within }: TrainingState) {
  const orderFrom = within?.orderFrom ?? random.state();
  // Drawn again by a run that goes on: `random` is past it already.
  const order = epochOrder(labels, within ? restoreRandom(orderFrom) : random, oversample);
  const batches = cutBatches(order, batchSize);
  return { orderFrom, count: order.length, batches, left: batches.slice(within?.batches) };
}

/**
 * Trains the epoch after `state`, or what is left of it, and tells of every batch. `trainLoss` is the mean over all of the epoch, and
 * `gradientNorm` is of its steps: left out where an earlier version took some of them, and did not count.
 */
export async function trainEpoch(options: EpochOptions, run: EpochRun, work: EpochWork) {
  const { step, random, state } = run;
  const { orderFrom, count: pictures, batches, left } = drawEpoch({ ...options, ...work }, random, state);
  const totalSteps = batches.length * options.epochs;
  let { batches: done, lossSum, learningRate, norms } = state.within ?? BEGINNING;
  let steps = state.step;
  for await (const { count, feeds } of work.load(left, random)) {
    const now = work.rates.map((rate) => oneCycle(steps, totalSteps, rate).learningRate);
    const { momentum } = oneCycle(steps, totalSteps, 1);
    steps += 1;
    const { loss, gradientNorm } = await step.run({ ...feeds, ...adamFeeds(momentum, steps), ...work.rateFeeds(now) });
    const stepLoss = loss?.data[0] ?? Number.NaN;
    lossSum += stepLoss * count;
    norms = norms && withNorm(norms, gradientNorm?.data[0] ?? Number.NaN);
    learningRate = at(now, now.length - 1);
    done += 1;
    options.onStep({
      ...{ done: steps, total: totalSteps, epoch: state.epoch + 1, epochs: options.epochs },
      ...{ batch: done, batches: batches.length, images: count, loss: stepLoss, learningRate },
    });
    await run.onBatch({ step: steps, within: { batches: done, lossSum, learningRate, norms, orderFrom } });
  }
  const gradientNorm = norms && { mean: norms.sum / batches.length, largest: norms.largest };
  return { steps, trainLoss: lossSum / pictures, learningRate, ...(gradientNorm ? { gradientNorm } : {}) };
}

const BEGINNING = { batches: 0, lossSum: 0, learningRate: 0, norms: { sum: 0, largest: 0 } };

const withNorm = ({ sum, largest }: GradientNorms, norm: number): GradientNorms => ({
  sum: sum + norm,
  largest: Math.max(largest, norm),
});
