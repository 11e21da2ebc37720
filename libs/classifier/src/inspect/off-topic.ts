// Pictures that are like no other: their nearest neighbours are further away than those of the rest.
import { at } from "@ursa/tensor/layout";

export type OffTopic = {
  index: number;
  /** How far the picture's neighbours are beyond the dataset's median, in deviations. */
  score: number;
};

/** Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): a modified z-score above this is an outlier. */
const OUTLIER = 3.5;
/** The deviation of a normal distribution whose median absolute deviation is 1. */
const NORMAL = 1.4826;
/** Of fewer pictures a distribution is not known. */
const ENOUGH = 20;

/**
 * @param nearness per picture, the mean cosine of its nearest others (from `findNeighbours`): leaving each picture out of the
 *   others, so far every class alike
 * @returns the farthest first
 */
export function findOffTopic(nearness: Float32Array): OffTopic[] {
  if (nearness.length < ENOUGH) return [];
  const distances = Array.from(nearness, (cosine) => 1 - cosine);
  const median = medianOf(distances);
  const deviation = NORMAL * medianOf(distances.map((distance) => Math.abs(distance - median)));
  if (deviation === 0) return [];
  return distances
    .map((distance, index) => ({ index, score: (distance - median) / deviation }))
    .filter(({ score }) => score > OUTLIER)
    .sort((a, b) => b.score - a.score);
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
