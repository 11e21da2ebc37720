// A regression from its settled request to its result: pure, and the same whenever it is run again.
import {
  type DrawnPoints,
  LESSON,
  MAX_DEGREE,
  type RegressionOutcome,
  type RegressionPoint,
  type RegressionResult,
  type RegressionStep,
} from "@ursa/contracts/regression";
import { contourOf, largestRateOf } from "./curvature.ts";
import { type DescentStep, descend, lossOf, shuffledBatches } from "./gradient-descent.ts";
import { type Fit, fitPolynomial, fittedAt, parametersIn, type XScale } from "./least-squares.ts";
import { largestDegree, momentsOf, type PointSets, rangeOf, scaledBy, xScaleOf } from "./points.ts";

export type RegressionRequest = {
  degree: number;
  rescale: boolean;
  learningRate: number;
  steps: number;
  batchSize?: number | undefined;
  start: readonly number[];
  seed: number;
  /** How the points were drawn, where they were. */
  drawn?: DrawnPoints | undefined;
};
type Ran = Omit<RegressionResult, "format" | "regressionId" | "preset" | keyof RegressionRequest> & {
  steps: RegressionStep[];
};

/** The lesson's start, and 0 for the higher powers of a polynomial. */
export const startOf = (degree: number): number[] => [...Array.from({ length: degree - 1 }, () => 0), ...LESSON.start];

/** Needs more different x among the points than `degree`. */
export function runRegression(request: RegressionRequest, sets: PointSets): Ran {
  const run = regress(request, sets);
  for (;;) {
    const { done, value } = run.next();
    if (done) return value;
  }
}

/** As runRegression, with a pause after some milliseconds of work at most, in which others may have the process: its end may be seconds away. */
export function* regress(request: RegressionRequest, sets: PointSets): Generator<void, Ran> {
  const { degree, rescale, drawn } = request;
  const { points, heldOut } = sets;
  const xScale = xScaleOf(points, rescale);
  const scaled = { points: points.map(scaledBy(xScale)), heldOut: heldOut.map(scaledBy(xScale)) };
  const fit = fitPolynomial(points, degree);
  const optimum = { parameters: parametersIn(fit, xScale), loss: fitLoss(fit, points) };
  const steps = yield* walk(request, scaled);
  const [first, last] = [steps[0]?.loss ?? 0, steps.at(-1)?.loss ?? 0];
  const isCut = steps.length <= request.steps;
  const expected = drawn && expectedOf(drawn, degree, xScale);
  return {
    outcome: isCut ? "diverged" : outcomeOf({ first, last, floor: optimum.loss }),
    ...{ steps, points, heldOut, xScale, optimum },
    parameters: steps.at(-1)?.parameters ?? [],
    ...{ firstLoss: first, loss: last },
    largestRate: largestRateOf(scaled.points, degree),
    ...(expected ? { expected } : {}),
    contours: degree === 1 ? contoursOf(scaled.points, optimum, first) : [],
    ...(yield* degreesOf(sets)),
  };
}

function* walk(request: RegressionRequest, { points, heldOut }: PointSets): Generator<void, RegressionStep[]> {
  const { start, learningRate, steps, batchSize = points.length, seed } = request;
  const batches = batchSize < points.length ? shuffledBatches(points, { batchSize, seed }) : undefined;
  const judged = (row: DescentStep): RegressionStep =>
    heldOut.length > 0 ? { ...row, heldOutLoss: lossOf(row.parameters, heldOut) } : row;
  const rows: RegressionStep[] = [];
  for (const step of descend({ points, start, learningRate, steps, batches })) {
    const row = judged(step);
    const { batchLoss = 0, heldOutLoss = 0 } = row;
    // These may be too large for a number a step before the loss of all points is.
    if (!Number.isFinite(batchLoss + heldOutLoss)) break;
    rows.push(row);
    yield;
  }
  return rows;
}

/** The way down from the first loss to the floor, of which so much is left. */
const ARRIVED = 0.01;
/** Mini-batches never come to rest: within this part of the floor above it they are there. */
const NEAR = 0.1;

function outcomeOf({ first, last, floor }: { first: number; last: number; floor: number }): RegressionOutcome {
  const near = NEAR * floor + 1e-12 * (1 + floor);
  if (last - floor <= Math.max(ARRIVED * (first - floor), near)) return "arrived";
  return last > first ? "diverged" : "on-its-way";
}

const fitLoss = (fit: Fit, points: readonly RegressionPoint[]): number =>
  points.reduce((sum, [x, y]) => sum + (fittedAt(fit, x) - y) ** 2, 0) / points.length;

/** The truth with the noise's mean added to its constant, and the noise's variance as the floor. */
function expectedOf(drawn: DrawnPoints, degree: number, xScale: XScale) {
  const { coefficients } = drawn;
  if (coefficients.length > degree + 1) return undefined;
  const { mean, variance } = momentsOf(drawn);
  const padded = [...Array.from({ length: degree + 1 - coefficients.length }, () => 0), ...coefficients];
  const truth = padded.map((value, at) => (at === degree ? value + mean : value));
  const parameters = parametersIn({ scale: { shift: 0, factor: 1 }, parameters: truth }, xScale);
  return { parameters, loss: variance };
}

const LEVELS = 9;

/** From the first loss down to the floor, each a third of the way of the one before. */
function contoursOf(points: readonly RegressionPoint[], optimum: RegressionResult["optimum"], first: number) {
  const [slope = 0, intercept = 0] = optimum.parameters;
  const height = Math.max(first - optimum.loss, 1e-6 * (1 + optimum.loss));
  return Array.from({ length: LEVELS }, (_, level) => {
    const above = height / 2.2 ** level;
    return { loss: optimum.loss + above, points: contourOf(points, [slope, intercept], above) };
  });
}

const GRID = 61;

/** The best polynomial of each degree, and what it says between the first x and the last. */
function* degreesOf({ points, heldOut }: PointSets): Generator<void, Pick<RegressionResult, "grid" | "degrees">> {
  const { low, high } = rangeOf(points);
  const grid = Array.from({ length: GRID }, (_, at) => low + ((high - low) * at) / (GRID - 1));
  const degrees: RegressionResult["degrees"] = [];
  for (let degree = 1; degree <= Math.min(MAX_DEGREE, largestDegree(points)); degree += 1) {
    const fit = fitPolynomial(points, degree);
    const values = grid.map((x) => fittedAt(fit, x));
    const heldOutLoss = heldOut.length > 0 ? { heldOutLoss: fitLoss(fit, heldOut) } : {};
    degrees.push({ degree, trainLoss: fitLoss(fit, points), ...heldOutLoss, values });
    yield;
  }
  return { grid, degrees };
}
