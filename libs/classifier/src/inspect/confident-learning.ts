// Confident learning: Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (JAIR 2021),
// https://arxiv.org/abs/1911.00068. A class is believed of a picture where its probability is at least what it is on average
// of pictures that carry its label, so that classes a head is timid about are not all suspects.
import { at } from "@ursa/tensor/layout";

export type LabelledProbabilities = {
  labels: readonly number[];
  /** Out of fold, [labels.length, classes]. */
  probabilities: Float32Array;
  classes: number;
};

/** A picture that looks like another class than its label says. */
export type LabelSuspect = {
  index: number;
  /** The most probable class other than the label. */
  looksLike: number;
  /** Normalised margin: the label's probability less that of `looksLike`, in [-1, 1]; the lowest first. */
  margin: number;
  /** 1 - the label's probability. */
  doubt: number;
};

/** Of the class's label on pictures that carry it: the mean out-of-fold probability, or 1 where no picture does. */
export function confidenceThresholds({ labels, probabilities, classes }: LabelledProbabilities): number[] {
  const [sums, counts] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)];
  for (const [row, label] of labels.entries()) {
    sums[label] = at(sums, label) + (probabilities[row * classes + label] ?? 0);
    counts[label] = at(counts, label) + 1;
  }
  return sums.map((sum, label) => (at(counts, label) > 0 ? sum / at(counts, label) : 1));
}

/** Rows: the label that pictures carry. Columns: the class that is believed of them; pictures of which none is are not counted. */
export function confidentJoint(given: LabelledProbabilities): number[][] {
  const { labels, classes } = given;
  const thresholds = confidenceThresholds(given);
  const joint = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [row, label] of labels.entries()) {
    const believed = believedClass(rowAt(given, row), thresholds);
    const counts = at(joint, label);
    if (believed !== undefined) counts[believed] = at(counts, believed) + 1;
  }
  return joint;
}

/** The most probable of the classes that reach their thresholds. */
function believedClass(probabilities: Float32Array, thresholds: readonly number[]): number | undefined {
  let believed: number | undefined;
  for (const [label, probability] of probabilities.entries()) {
    const isBelieved = probability >= at(thresholds, label) - 1e-6;
    if (isBelieved && probability > (believed === undefined ? 0 : (probabilities[believed] ?? 0))) believed = label;
  }
  return believed;
}

/** Pictures off the joint's diagonal, and those of which another class is more probable than their label; the worst first. */
export function findLabelSuspects(given: LabelledProbabilities): LabelSuspect[] {
  const thresholds = confidenceThresholds(given);
  return given.labels
    .flatMap((label, index) => {
      const probabilities = rowAt(given, index);
      const own = probabilities[label] ?? 0;
      const looksLike = likeliestOther(probabilities, label);
      const margin = own - (probabilities[looksLike] ?? 0);
      const believed = believedClass(probabilities, thresholds);
      const isSuspect = margin < 0 || (believed !== undefined && believed !== label);
      return isSuspect ? [{ index, looksLike, margin, doubt: 1 - own }] : [];
    })
    .sort((a, b) => a.margin - b.margin);
}

const rowAt = ({ probabilities, classes }: LabelledProbabilities, row: number): Float32Array =>
  probabilities.subarray(row * classes, (row + 1) * classes);

function likeliestOther(probabilities: Float32Array, label: number): number {
  let best = label === 0 ? 1 : 0;
  for (const [other, probability] of probabilities.entries()) {
    if (other !== label && probability > (probabilities[best] ?? 0)) best = other;
  }
  return best;
}
