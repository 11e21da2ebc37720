// Learning rates read off a finder's curve. No rule always works: they are suggestions, and the curve is there to look at.
import type { FinderPoint } from "./lr-finder.ts";

// What fastai leaves out of a run of 100 steps: the noisy first tenth and the end, where the loss bursts.
const SKIPPED_AT_START = 10;
const SKIPPED_AT_END = 5;

export type Suggestions = { valley: number; steepest: number };

/** Undefined when the run was too short to have a slope. */
export function suggestLearningRates(points: readonly FinderPoint[]): Suggestions | undefined {
  const kept = points.slice(SKIPPED_AT_START, -SKIPPED_AT_END);
  const burst = kept.findIndex(({ smoothedLoss }) => !Number.isFinite(smoothedLoss));
  const finite = burst === -1 ? kept : kept.slice(0, burst);
  if (finite.length < 2) return undefined;
  return { valley: valley(finite), steepest: steepest(finite) };
}

/**
 * About halfway along the longest run of falling losses, which need not be neighbours. Source: fastai 2.7, `valley` (by ESRI),
 * whose run starts at its end less its length. Where that gives -1, which Python reads as the last point, this is the first.
 */
export function valley(points: readonly FinderPoint[]): number {
  const { end, length } = longestFall(points.map(({ smoothedLoss }) => smoothedLoss));
  const third = length / 3;
  const index = end - length + Math.floor(third) + Math.floor(third / 2);
  return rateAt(points, Math.max(0, index));
}

/** Where the loss falls most per logarithm of the rate. Source: fastai 2.7, `steep`. */
export function steepest(points: readonly FinderPoint[]): number {
  const slopes = points.slice(1).map((point, i) => {
    const before = points[i] ?? point;
    return (point.smoothedLoss - before.smoothedLoss) / Math.log(point.learningRate / before.learningRate);
  });
  return rateAt(points, slopes.indexOf(Math.min(...slopes)));
}

/** The longest decreasing subsequence: where the first of that length ends, and its length. */
function longestFall(losses: readonly number[]): { end: number; length: number } {
  const lengths: number[] = [];
  for (const loss of losses) {
    const before = lengths.filter((_, j) => loss < (losses[j] ?? loss));
    lengths.push(1 + Math.max(0, ...before));
  }
  const length = Math.max(...lengths);
  return { end: lengths.indexOf(length), length };
}

function rateAt(points: readonly FinderPoint[], index: number): number {
  const point = points[index];
  if (!point) throw new RangeError(`The curve of the learning-rate finder has no point ${index}.`);
  return point.learningRate;
}
