// Pictures that do not belong: further away from their nearest than others are, and from the middle of every class.
import { at } from "@ursa/tensor/layout";
import { addTimes, dot, type FeatureRows, rowOf } from "./feature-rows.ts";

export type OffTopic = {
  index: number;
  /** How far it is beyond the dataset's median, in deviations: the mean of that from its nearest and that from the nearest class. */
  score: number;
};

/**
 * Leys and others, "Detecting outliers: Do not use standard deviation around the mean, use absolute deviation around the median"
 * (2013): beyond this, their strictest, a value is an outlier. Of 282 photographs that belong either distance alone is beyond it now and
 * then, the mean of both at most 2.8; of strayed pictures it is 3.1 to 4.
 */
const OUTLIER = 3;
/** The deviation of a normal distribution whose median absolute deviation is 1. */
const NORMAL = 1.4826;
/** Of fewer pictures a distribution is not known. */
const ENOUGH = 20;

/**
 * @param nearness per picture, the mean cosine of its nearest others, from `findNeighbours`
 * @param classNearness per picture, from `findClassNearness`
 * @returns the farthest first
 */
export function findOffTopic(nearness: Float32Array, classNearness: Float32Array): OffTopic[] {
  if (nearness.length < ENOUGH) return [];
  const [fromNearest, fromClasses] = [deviationsBelow(nearness), deviationsBelow(classNearness)];
  return fromNearest
    .map((deviations, index) => ({ index, score: (deviations + at(fromClasses, index)) / 2 }))
    .filter(({ score }) => score > OUTLIER)
    .sort((a, b) => b.score - a.score);
}

type Labelled = { features: FeatureRows; labels: readonly number[]; classes: number };

/**
 * Per picture, the cosine to the mean of the class that is nearest, whatever its label says; its own class without it.
 * @param given.features scaled by `standardise`
 */
export function findClassNearness({ features, labels, classes }: Labelled): Float32Array {
  const sums = Array.from({ length: classes }, () => new Float32Array(features.width));
  const counts = new Array<number>(classes).fill(0);
  for (const [index, label] of labels.entries()) {
    addTimes(at(sums, label), rowOf(features, index), 1);
    counts[label] = at(counts, label) + 1;
  }
  const squares = sums.map((sum) => dot(sum, sum));
  return Float32Array.from(labels, (label, index) => {
    const row = rowOf(features, index);
    const square = dot(row, row);
    const cosines = sums.map((sum, other) => {
      const product = dot(sum, row);
      // Without the picture itself the sum is shorter by it; a class of this picture alone is nothing to be near to.
      const own = other === label ? square : 0;
      const length = Math.sqrt(square * (at(squares, other) - 2 * (own && product) + own));
      return at(counts, other) > (own ? 1 : 0) && length > 0 ? (product - own) / length : -1;
    });
    return Math.max(...cosines);
  });
}

/** Robust z-scores, above 0 for what is less than the median. All 0 where half of the values are the same. */
function deviationsBelow(values: Float32Array): number[] {
  const all = Array.from(values);
  const median = medianOf(all);
  const deviation = NORMAL * medianOf(all.map((value) => Math.abs(value - median)));
  return all.map((value) => (deviation === 0 ? 0 : (median - value) / deviation));
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}
