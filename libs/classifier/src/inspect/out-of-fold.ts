// What a linear head says of each picture when it was fitted on the other folds: multinomial logistic regression on features of
// the frozen body, with every weight's prior normal(0, 1). All folds are fitted at once: they read the same rows.
import * as tf from "@tensorflow/tfjs-core";
import { at } from "@ursa/tensor/layout";
import { openSession, type Session } from "@ursa/tensor/session";
import { type TracedGraph, trace } from "@ursa/tensor/trace";
import { addTimes, dot, type FeatureRows, rowOf } from "./feature-rows.ts";
import { temperedProbabilities } from "./temper.ts";

export type FitOptions = {
  /** Scaled by `standardise`. */
  features: FeatureRows;
  labels: readonly number[];
  classes: number;
  /** Per picture, from `assignFolds`. */
  foldOf: Uint8Array;
  folds: number;
  threads: number;
  signal: AbortSignal;
  /** After every step; `total` is the most there can be. */
  onStep?: (done: number, total: number) => void;
  /** Ends when the gradient is this small beside the first. */
  tolerance?: number;
};

/** Rows at a time: bounds memory, not results. */
const ROWS = 4096;
const MAX_STEPS = 400;

/**
 * @returns [count, classes]: probabilities out of fold, their temperature fitted to the labels they did not see. Throws the
 *   signal's reason.
 */
export async function outOfFold(options: FitOptions): Promise<Float32Array> {
  const { features, classes, folds, threads } = options;
  await using session = await openSession(traceGradient({ width: features.width, classes, folds }).bytes, { threads });
  const problem = { ...options, session, offset: logPriors(options) };
  const weights = await descend(problem);
  const { logits } = await pass(problem, weights);
  return temperedProbabilities(logits, options.labels);
}

type Problem = FitOptions & { session: Session; offset: Float32Array };
type Named = "features" | "targets" | "trained" | "offset" | "weights";
type Size = { width: number; classes: number; folds: number };

/**
 * For rows of features, of `targets` [batch, classes] and of `trained` [batch, folds] (1 where a fold learns from the row):
 * `logits` [batch, folds x classes] and the `gradient` of the cross-entropies' sum [width, folds x classes].
 */
function traceGradient({ width, classes, folds }: Size): TracedGraph {
  const columns = folds * classes;
  return trace({
    inputs: {
      features: { shape: ["batch", width] },
      targets: { shape: ["batch", classes] },
      trained: { shape: ["batch", folds] },
      offset: { shape: [columns] },
    },
    parameters: { weights: [width, columns] },
    fn(inputs, parameters) {
      // All but the offset have two axes, as declared above.
      const { features, targets, trained, offset, weights } = { ...inputs, ...parameters } as Record<
        Named,
        tf.Tensor2D
      >;
      const logits = tf.add(tf.matMul(features, weights), offset);
      const rows = features.shape[0];
      const given = tf.softmax(tf.reshape(logits, [rows, folds, classes]));
      const missed = tf.sub(given, tf.reshape(targets, [rows, 1, classes]));
      const counted = tf.mul(missed, tf.reshape(trained, [rows, folds, 1]));
      const gradient = tf.matMul(features, tf.reshape<tf.Rank.R2>(counted, [rows, columns]), true);
      return { outputs: { logits, gradient } };
    },
  });
}

/** The intercepts: a class's share of the labels. They are not fitted, since the features' mean is 0. */
function logPriors({ labels, classes, folds }: FitOptions): Float32Array {
  const counts = new Float32Array(classes).fill(1);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const one = counts.map((count) => Math.log(count / (labels.length + classes)));
  return Float32Array.from({ length: folds * classes }, (_, i) => one[i % classes] ?? 0);
}

/**
 * Nesterov's method with the constants of a strongly convex function: the prior's curvature is 1, and the cross-entropy's is at
 * most half the features' largest squared singular value (Boehning 1992).
 */
async function descend(problem: Problem): Promise<Float32Array> {
  const { features, folds, classes, signal, onStep, tolerance = 0.01 } = problem;
  const curvature = 1 + 0.5 * largestEigenvalue(features);
  const momentum = (Math.sqrt(curvature) - 1) / (Math.sqrt(curvature) + 1);
  let [weights, ahead] = [new Float32Array(features.width * folds * classes), new Float32Array(0)];
  ahead = weights.slice();
  let first = 0;
  for (let step = 1; step <= MAX_STEPS; step++) {
    signal.throwIfAborted();
    const { gradient } = await pass(problem, ahead);
    const size = addPrior(gradient, ahead);
    first ||= size;
    const next = ahead.map((value, i) => value - (gradient[i] ?? 0) / curvature);
    const before = weights;
    ahead = next.map((value, i) => value + momentum * (value - (before[i] ?? 0)));
    weights = next;
    onStep?.(step, MAX_STEPS);
    if (size <= tolerance * first) break;
  }
  return weights;
}

/** Adds the prior's share to the gradient. @returns its length */
function addPrior(gradient: Float32Array, weights: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) {
    const value = (gradient[i] ?? 0) + (weights[i] ?? 0);
    gradient[i] = value;
    squares += value * value;
  }
  return Math.sqrt(squares);
}

/** The gradient over all rows, and of each row the logits of the fold that did not learn from it. */
async function pass(problem: Problem, weights: Float32Array) {
  const { features, classes, folds, foldOf, session } = problem;
  const columns = folds * classes;
  const gradient = new Float32Array(weights.length);
  const logits = new Float32Array(features.count * classes);
  for (let start = 0; start < features.count; start += ROWS) {
    const rows = Math.min(ROWS, features.count - start);
    const held = { weights: { dims: [features.width, columns], data: weights } };
    const results = await session.run({ ...feedsOf(problem, start, rows), ...held });
    if (!(results.gradient?.data instanceof Float32Array && results.logits))
      throw new Error("The fit gave no gradient.");
    addTimes(gradient, results.gradient.data, 1);
    for (let row = 0; row < rows; row++) {
      const from = row * columns + (foldOf[start + row] ?? 0) * classes;
      logits.set(results.logits.data.subarray(from, from + classes), (start + row) * classes);
    }
  }
  return { gradient, logits };
}

function feedsOf({ features, labels, classes, folds, foldOf, offset }: Problem, start: number, rows: number) {
  const { width, data } = features;
  const [targets, trained] = [new Float32Array(rows * classes), new Float32Array(rows * folds).fill(1)];
  for (let row = 0; row < rows; row++) {
    targets[row * classes + at(labels, start + row)] = 1;
    trained[row * folds + (foldOf[start + row] ?? 0)] = 0;
  }
  return {
    features: { dims: [rows, width], data: data.subarray(start * width, (start + rows) * width) },
    targets: { dims: [rows, classes], data: targets },
    trained: { dims: [rows, folds], data: trained },
    offset: { dims: [folds * classes], data: offset },
  };
}

const POWER_STEPS = 20;

/** Of the features' transpose times themselves, by power iteration; a twentieth above, since that comes from below. */
function largestEigenvalue(features: FeatureRows): number {
  let direction = Float32Array.from({ length: features.width }, (_, i) => 1 + (i % 7) / 7);
  let value = 0;
  for (let step = 0; step < POWER_STEPS; step++) {
    const length = Math.sqrt(dot(direction, direction));
    if (length === 0) return 0;
    const unit = direction.map((each) => each / length);
    const next = new Float32Array(features.width);
    for (let i = 0; i < features.count; i++) {
      const row = rowOf(features, i);
      addTimes(next, row, dot(row, unit));
    }
    value = dot(next, unit);
    direction = next;
  }
  return 1.05 * value;
}
