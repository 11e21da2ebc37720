// The learning-rate finder at work: one step at every rate on the way up, whatever is being trained. Stopped or killed it goes on like
// an epoch, behind its last checkpoint.
import type { TrainStep } from "@ursa/tensor/train-step";
import { decodeCheckpoint, encodeCheckpoint, type TrainingState } from "./checkpoint.ts";
import { keepPlace, type Place } from "./keep-place.ts";
import {
  addFinderLoss,
  EMPTY_CURVE,
  FINDER_STEPS,
  type FinderCurve,
  type FinderPoint,
  finderRate,
} from "./lr-finder.ts";
import { type Suggestions, suggestLearningRates } from "./lr-suggestions.ts";
import { createRandom, type Random, restoreRandom, STREAM } from "./random.ts";
import type { Checkpoint } from "./stage-1-types.ts";
import { adamFeeds } from "./step-feeds.ts";
import { drawEpoch, type EpochCut, type FedBatch, type Feeds } from "./train-epoch.ts";
import { enginesWith, type TrainingEngine } from "./training-engine.ts";

/** What the finder saw, and what it says. Without suggestions the loss burst before there was a slope. */
export type FoundRate = { points: FinderPoint[]; suggestions?: Suggestions | undefined; seconds: number };

/** What makes a finder go on where another attempt was. */
export type FinderAttempt = {
  resumeFrom?: Checkpoint | undefined;
  /** Awaited: where it is, every 25 steps and when it is aborted, before the signal's reason is thrown. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
};

export type Climb = EpochCut &
  Pick<FinderAttempt, "onCheckpoint"> & {
    step: TrainStep;
    start: TrainingState;
    /** Draws from `random` when a batch is asked for, never ahead. Throws the signal's reason. */
    load(
      batches: readonly (readonly number[])[],
      at: { random: Random; epoch: number },
    ): AsyncIterable<Pick<FedBatch, "feeds">>;
    /** The inputs that hold the rate. */
    rateFeeds(rate: number): Feeds;
    /** After every step. */
    onStep(step: { done: number; total: number; loss?: number; learningRate: number }): void;
    signal: AbortSignal;
  };

/** fastai's finder schedules the rate alone and leaves Adam's momentum where it is by default. */
const MOMENTUM = 0.9;

/** So many steps a kill costs at most. Of a whole network each checkpoint is 56 MB and more, about the time of a step. */
const SAVE_EVERY = 25;

/**
 * Where the climb begins: at `fresh` weights, or where another attempt was.
 * @throws CheckpointError when `resumeFrom` is damaged or of another run
 */
export function climbStart(
  { resumeFrom, engine }: FinderAttempt & { engine: TrainingEngine },
  fresh: TrainingState,
  { seed, fingerprint }: { seed: number; fingerprint: string },
): TrainingState {
  const start = resumeFrom
    ? decodeCheckpoint(resumeFrom, fingerprint)
    : { ...fresh, random: createRandom(seed, STREAM.finder).state(), fingerprint };
  return { ...start, engines: enginesWith(start.engines, engine) };
}

/** Steps from 1e-7 upwards, until the loss bursts or after 100 of them. */
export async function climbRates(climb: Climb): Promise<FoundRate> {
  const { step, start, signal, onCheckpoint } = climb;
  const random = restoreRandom(start.random);
  const onPlace = (state: TrainingState) => onCheckpoint(encodeCheckpoint(state));
  const keeper = keepPlace({ onPlace, signal }, { step, random, state: start });
  const { points } = await climbOn(climb, random, keeper).catch(keeper.onError);
  return {
    // A loss that is not a number ends the climb; JSON cannot hold it.
    points: points.filter(({ smoothedLoss }) => Number.isFinite(smoothedLoss)),
    suggestions: suggestLearningRates(points),
    seconds: keeper.seconds(),
  };
}

async function climbOn(climb: Climb, random: Random, keeper: ReturnType<typeof keepPlace>): Promise<FinderCurve> {
  let curve = (climb.start.losses ?? []).reduce(addFinderLoss, EMPTY_CURVE);
  for await (const { feeds, ...place } of endlessBatches(climb, random)) {
    const before = curve.points.length;
    const rate = finderRate(before);
    const { loss } = await climb.step.run({ ...feeds, ...adamFeeds(MOMENTUM, before + 1), ...climb.rateFeeds(rate) });
    // Of -0, which a batch that is all right may cost, JSON makes 0.
    curve = addFinderLoss(curve, (loss?.data[0] ?? Number.NaN) + 0);
    const done = before + 1;
    climb.onStep({ done, total: FINDER_STEPS, ...lastOf(curve) });
    if (curve.isOver) break;
    const within = { ...place.within, learningRate: rate, lossSum: 0 };
    await keeper.onBatch({ ...place, step: done, losses: curve.points.map((point) => point.loss), within });
    if (done % SAVE_EVERY === 0) await keeper.save();
  }
  return curve;
}

type Fed = Pick<FedBatch, "feeds"> & { epoch: number; within: Pick<Place["within"], "batches" | "orderFrom"> };

/** One epoch after another, from where `start` is, without end: each batch with the place behind it. */
async function* endlessBatches({ start, load, ...cut }: Climb, random: Random): AsyncGenerator<Fed> {
  for (let state = start; ; state = { ...state, epoch: state.epoch + 1, within: undefined }) {
    const { orderFrom, left } = drawEpoch(cut, random, state);
    let batches = state.within?.batches ?? 0;
    for await (const { feeds } of load(left, { random, epoch: state.epoch })) {
      batches += 1;
      yield { feeds, epoch: state.epoch, within: { batches, orderFrom } };
    }
  }
}

/** The smoothed loss, unless it is not a number, which JSON could not hold. */
function lastOf({ points }: FinderCurve) {
  const { learningRate = 0, smoothedLoss = Number.NaN } = points.at(-1) ?? {};
  return Number.isFinite(smoothedLoss) ? { learningRate, loss: smoothedLoss } : { learningRate };
}
