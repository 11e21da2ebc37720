// The learning-rate finder (L. N. Smith, 2015, as fastai runs it): the rate grows with every step until the loss bursts.
// Pure: who trains the steps puts the weights and the optimizer back afterwards.

const START = 1e-7;
const END = 10;
export const FINDER_STEPS = 100;
/** Weight of the past in the smoothed loss. */
const SMOOTHING = 0.98;
/**
 * Steps that never end the run, and that count for no minimum. A departure from fastai: after a stage that went well the loss of
 * one batch is so small that the next can be four times as large by chance.
 */
const CALM_STEPS = 10;
/** Above this many times the lowest smoothed loss there is nothing left to learn. */
const BURST = 4;

export type FinderPoint = { learningRate: number; loss: number; smoothedLoss: number };
export type FinderCurve = { points: readonly FinderPoint[]; average: number; isOver: boolean };

export const EMPTY_CURVE: FinderCurve = { points: [], average: 0, isOver: false };

/** The rate of step `step`, from 0: 1e-7 (10 / 1e-7)^(step / 100). Source: fastai 2.7, `LRFinder` and `SchedExp`. */
export const finderRate = (step: number): number => START * (END / START) ** (step / FINDER_STEPS);

/**
 * The curve after one more step with the training loss `loss`. The smoothed loss is a running average of weight 0.98,
 * divided by 1 - 0.98^k for its start at 0. It is over after 100 steps, at a loss that is not a number, and when the smoothed
 * loss is above four times its minimum since the tenth step. Source: fastai 2.7, `AvgSmoothLoss` and `LRFinder.after_batch`; fastai 1 for NaN.
 */
export function addFinderLoss(curve: FinderCurve, loss: number): FinderCurve {
  const count = curve.points.length + 1;
  const average = SMOOTHING * curve.average + (1 - SMOOTHING) * loss;
  const smoothedLoss = average / (1 - SMOOTHING ** count);
  const points = [...curve.points, { learningRate: finderRate(count - 1), loss, smoothedLoss }];
  const later = points.slice(CALM_STEPS);
  const lowest = later.reduce((least, point) => Math.min(least, point.smoothedLoss), Number.POSITIVE_INFINITY);
  const isBurst = !Number.isFinite(smoothedLoss) || (later.length > 0 && smoothedLoss > BURST * lowest);
  return { points, average, isOver: isBurst || count >= FINDER_STEPS };
}
