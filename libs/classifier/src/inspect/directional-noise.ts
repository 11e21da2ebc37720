// Whether labels go wrong in one direction: pictures of one class that carry the label of a certain other, more often than
// pictures of any class carry any wrong one. Such noise hurts more than random noise, which a head averages out.
import { at } from "@ursa/tensor/layout";
import { logChoose } from "../log-choose.ts";

export type ClassPair = { actual: number; given: number };
export type NoisyPair = ClassPair & {
  /** Pictures believed to be of class `actual` and labelled `given`. */
  count: number;
  /** Pictures believed to be of class `actual`. */
  of: number;
  /** Of it being chance, corrected for the number of pairs (Bonferroni). */
  pValue: number;
};

/** One false alarm in a thousand inspections: a dataset is inspected again after every change. */
const LEVEL = 0.001;

/**
 * One-sided exact test (Fisher) of each pair's rate against that of all other pairs together, on the confident joint.
 * @param joint from `confidentJoint` @returns pairs beyond chance, the surest first
 */
export function findDirectionalNoise(joint: readonly (readonly number[])[]): NoisyPair[] {
  const classes = joint.map((_, label) => label);
  const pairs = classes.flatMap((actual) =>
    classes.filter((given) => given !== actual).map((given) => ({ actual, given })),
  );
  const counted = pairs.map((pair) => ({
    ...pair,
    count: at(at(joint, pair.given), pair.actual),
    of: joint.reduce((sum, row) => sum + at(row, pair.actual), 0),
  }));
  const all = counted.reduce((sum, { count }) => sum + count, 0);
  const places = counted.reduce((sum, { of }) => sum + of, 0);
  return counted
    .map((pair) => {
      const rest = { count: all - pair.count, of: places - pair.of };
      return { ...pair, pValue: Math.min(1, pairs.length * fisherUpperTail(pair, rest)) };
    })
    .filter(({ pValue }) => pValue < LEVEL)
    .sort((a, b) => a.pValue - b.pValue);
}

type Share = { count: number; of: number };

/** The probability of so many or more in `sample`, if it and `rest` had one rate: hypergeometric. */
export function fisherUpperTail(sample: Share, rest: Share): number {
  const [marked, total] = [sample.count + rest.count, sample.of + rest.of];
  const most = Math.min(marked, sample.of);
  const scale = logChoose(total, sample.of);
  let tail = 0;
  for (let k = sample.count; k <= most; k++) {
    tail += Math.exp(logChoose(marked, k) + logChoose(total - marked, sample.of - k) - scale);
  }
  return Math.min(1, tail);
}
