// Would more pictures help? The head trained anew on parts of the pictures, on activations that are there already.
import type { LearningCurve } from "@ursa/contracts/model";
import { at } from "@ursa/tensor/layout";
import { resolveBatchSize } from "./batches.ts";
import { bestEpoch } from "./best-epoch.ts";
import { type FitOptions, fitHead, type LabelledFeatures } from "./fit-head.ts";
import { freshState } from "./fresh-state.ts";
import { createRandom, STREAM } from "./random.ts";

export type LearningCurveOptions = Omit<FitOptions, "batchSize" | "start" | "onStep" | "onEpoch" | "onPlace"> & {
  /** Of the recipe, as it is asked for: it goes by the number of pictures. */
  batchSize: number | "auto";
  seed: number;
};

const FRACTIONS = [0.25, 0.5];

/**
 * Mistakes on the validation pictures after training on a quarter and on half of each class, the quarter being part of the half. A part is
 * seen more often, so that all train for as many steps: else a small part would look worse for want of them. Stops within a batch of an abort.
 */
export async function measureLearningCurve(options: LearningCurveOptions): Promise<LearningCurve> {
  const [first] = options.trainViews;
  if (!first) throw new RangeError("A learning curve needs a view of the training pictures.");
  const order = createRandom(options.seed, STREAM.learningCurve).permutation(first.labels.length);
  const curve: LearningCurve = [];
  for (const fraction of FRACTIONS) {
    const indices = partOf(first.labels, order, fraction);
    const { history } = await fitHead({
      ...options,
      trainViews: options.trainViews.map((view) => only(view, indices)),
      epochs: Math.round(options.epochs / fraction),
      batchSize: resolveBatchSize(options.batchSize, indices.length),
      start: freshState(options.size, { seed: options.seed }, ""),
      onStep() {},
      async onEpoch() {},
      async onPlace() {},
    });
    const epoch = options.keepBest ? bestEpoch(history) : history.length;
    const { wrong, validCount } = at(history, epoch - 1);
    curve.push({ fraction, trainCount: indices.length, wrong, validCount });
  }
  return curve;
}

/** The first of each class in `order`, one at least, in the order of the pictures. */
export function partOf(labels: readonly number[], order: readonly number[], fraction: number): number[] {
  const byClass = Map.groupBy(order, (index) => at(labels, index));
  const parts = [...byClass.values()].map((members) =>
    members.slice(0, Math.max(1, Math.round(fraction * members.length))),
  );
  return parts.flat().sort((a, b) => a - b);
}

function only({ features, labels }: LabelledFeatures, indices: readonly number[]): LabelledFeatures {
  return {
    features: {
      count: indices.length,
      rows: (wanted) => features.rows(wanted.map((index) => at(indices, index))),
    },
    labels: indices.map((index) => at(labels, index)),
  };
}
