// Gradient descent on the mean squared error of a polynomial: parameters go against the gradient, by the rate times its size.
import { createRandom } from "@ursa/classifier/random";
import { type RegressionPoint, valueAt } from "@ursa/contracts/regression";
import { STREAM } from "./points.ts";

type Points = readonly RegressionPoint[];
/** Before the update number `step`; `batchLoss` where the update is made by some of the points only. */
export type DescentStep = { step: number; parameters: number[]; loss: number; batchLoss?: number };

export type Descent = {
  points: Points;
  start: readonly number[];
  learningRate: number;
  steps: number;
  /** The points that an update is made by; undefined stands for all. */
  batches?: Iterator<Points> | undefined;
};

/** Mean squared error. */
export const lossOf = (parameters: readonly number[], points: Points): number =>
  points.reduce((sum, [x, y]) => sum + (valueAt(parameters, x) - y) ** 2, 0) / points.length;

/** Of the mean squared error by each parameter: 2 / n times the sum of residual times power of x. */
export function gradientOf(parameters: readonly number[], points: Points): number[] {
  const gradient = parameters.map(() => 0);
  for (const [x, y] of points) {
    let term = (2 * (valueAt(parameters, x) - y)) / points.length;
    for (let at = gradient.length - 1; at >= 0; at -= 1) {
      gradient[at] = (gradient[at] ?? 0) + term;
      term *= x;
    }
  }
  return gradient;
}

/** The start and what follows each update; it ends early where a loss or a parameter is no number any more. */
export function* descend({ points, start, learningRate, steps, batches }: Descent): Generator<DescentStep> {
  let parameters = [...start];
  for (let step = 0; step <= steps; step += 1) {
    const loss = lossOf(parameters, points);
    if (![loss, ...parameters].every(Number.isFinite)) return;
    const batch: Points = step < steps ? (batches?.next().value ?? points) : points;
    yield { step, parameters, loss, ...(batch === points ? {} : { batchLoss: lossOf(parameters, batch) }) };
    const gradient = gradientOf(parameters, batch);
    parameters = parameters.map((parameter, at) => parameter - learningRate * (gradient[at] ?? 0));
  }
}

/** Every epoch takes each point once, in a new order; its last batch may be smaller. */
export function* shuffledBatches(
  points: Points,
  { batchSize, seed }: { batchSize: number; seed: number },
): Generator<Points> {
  const random = createRandom(seed, STREAM.batches);
  while (true) {
    const order = random.permutation(points.length);
    for (let from = 0; from < order.length; from += batchSize)
      yield order.slice(from, from + batchSize).flatMap((at) => points.slice(at, at + 1));
  }
}
