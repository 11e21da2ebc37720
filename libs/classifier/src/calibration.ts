// How far a model's probabilities can be believed, and what it buys to answer only when it is sure.
import type { Calibration, Measured, Temperature, Threshold } from "@ursa/contracts/evaluation";
import { wilsonInterval } from "./metrics.ts";

/** As in Guo et al., "On Calibration of Modern Neural Networks" (2017). */
const BINS = 15;
const THRESHOLDS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/** A temperature beyond these says that the loss has no least value: with nothing wrong, surer is always better. */
const [COLDEST, HOTTEST] = [0.05, 20];
/** Halvings of that range until float64 has no more digits. */
const HALVINGS = 60;

export interface Reliability {
  /** @param confidence probability of the predicted class, in [0, 1] */
  add(confidence: number, isRight: boolean): void;
  /** Nothing where nothing was added. */
  result(): Pick<Measured, "calibration" | "thresholds">;
}

/** One pass over any number of answers, in memory that does not grow. */
export function createReliability(): Reliability {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, right: 0 }));
  const covered = THRESHOLDS.map((confidence) => ({ confidence, covered: 0, wrong: 0 }));
  let count = 0;
  return {
    add(confidence, isRight) {
      count += 1;
      // Bins are open below and closed above; 0 itself is in the first.
      const bin = bins[Math.max(0, Math.ceil(confidence * BINS) - 1)];
      if (!bin) throw new RangeError(`A confidence of ${confidence} is not a probability.`);
      bin.count += 1;
      bin.confidence += confidence;
      if (isRight) bin.right += 1;
      for (const each of covered) {
        if (confidence < each.confidence) continue;
        each.covered += 1;
        if (!isRight) each.wrong += 1;
      }
    },
    result() {
      if (count === 0) return {};
      return { calibration: calibrationOf(bins, count), thresholds: covered.map((each) => thresholdOf(each, count)) };
    },
  };
}

type Bin = { count: number; confidence: number; right: number };

function calibrationOf(bins: readonly Bin[], count: number): Calibration {
  const gap = bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0);
  const filled = bins.flatMap((bin, at) =>
    bin.count === 0
      ? []
      : [
          {
            ...{ from: at / BINS, to: (at + 1) / BINS, count: bin.count },
            ...{ confidence: bin.confidence / bin.count, accuracy: bin.right / bin.count },
          },
        ],
  );
  return { expectedError: gap / count, bins: filled };
}

function thresholdOf(each: Pick<Threshold, "confidence" | "covered" | "wrong">, count: number): Threshold {
  const { covered, wrong } = each;
  const coverage = covered / count;
  if (covered === 0) return { ...each, coverage };
  const { low, high } = wilsonInterval(wrong, covered);
  return { ...each, coverage, errorRate: wrong / covered, errorRateLow: low, errorRateHigh: high };
}

/**
 * The temperature T whose softmax(log p / T) has the least mean cross-entropy (Guo et al. 2017, section 4.2). That loss is convex
 * in 1 / T, so the root of its slope is the least.
 * @param logProbabilities natural logarithms, [labels.length, classes], finite
 * @returns undefined where the least loss is outside 0.05 to 20, as it is when no picture is wrong
 */
export function fitTemperature(logProbabilities: Float64Array, labels: readonly number[]): Temperature | undefined {
  const count = labels.length;
  if (count === 0) return undefined;
  const at = (inverse: number) => lossAt(logProbabilities, labels, inverse);
  let [low, high] = [1 / HOTTEST, 1 / COLDEST];
  if (at(low).slope >= 0 || at(high).slope <= 0) return undefined;
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (at(middle).slope < 0) low = middle;
    else high = middle;
  }
  return { value: 1 / low, count, lossBefore: at(1).loss, lossAfter: at(low).loss };
}

/** Mean cross-entropy of the scaled rows, and its slope by the scale: E[z] under the softmax, less the label's z. */
function lossAt(rows: Float64Array, labels: readonly number[], scale: number): { loss: number; slope: number } {
  const classes = rows.length / labels.length;
  let [loss, slope] = [0, 0];
  for (const [i, label] of labels.entries()) {
    const row = rows.subarray(i * classes, (i + 1) * classes);
    const largest = Math.max(...row) * scale;
    let [sum, expected] = [0, 0];
    for (const z of row) {
      const weight = Math.exp(z * scale - largest);
      sum += weight;
      expected += weight * z;
    }
    const own = row[label] ?? Number.NaN;
    loss += Math.log(sum) + largest - own * scale;
    slope += expected / sum - own;
  }
  return { loss: loss / labels.length, slope: slope / labels.length };
}
