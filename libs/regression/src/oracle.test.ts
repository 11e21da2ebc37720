// Against PyTorch's autograd and NumPy's least squares (tools/make-oracles/regression.py).
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { largestRateOf } from "./curvature.ts";
import { descend, gradientOf, lossOf } from "./gradient-descent.ts";
import { fitPolynomial, fittedAt, parametersIn } from "./least-squares.ts";

type Point = [number, number];
type Row = { parameters: number[]; loss: number };
type Case = {
  name: string;
  points: Point[];
  start: number[];
  rate: number;
  /** Indices of each update's points; null for all. */
  batches: (number[] | null)[];
  rows: Row[];
  optimum: Row;
  largestRate: number;
};
type Degrees = {
  points: Point[];
  heldOut: Point[];
  moved: { shift: number; factor: number };
  rows: { degree: number; trainLoss: number; heldOutLoss: number; middle: number }[];
};
const oracle: { cases: Case[]; degrees: Degrees } = JSON.parse(
  readFileSync(new URL("fixtures/regression.json", import.meta.url), "utf8"),
);

/** Float64 on both sides; sums are taken in another order. */
const isClose = (got: number, wanted: number, tolerance = 1e-9) =>
  expect(Math.abs(got - wanted), `${got} for ${wanted}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(wanted)));

test.each(oracle.cases)("$name: every step's parameters and loss are PyTorch's", (one) => {
  const { points, start, rate: learningRate, batches, rows } = one;
  const chosen = batches.map((batch) => batch?.flatMap((at) => points.slice(at, at + 1)) ?? points)[Symbol.iterator]();
  const got = [...descend({ points, start, learningRate, steps: batches.length, batches: chosen })];
  expect(got.map(({ step }) => step)).toEqual(rows.map((_, at) => at));
  for (const [at, { parameters, loss }] of got.entries()) {
    isClose(loss, rows[at]?.loss ?? 0);
    for (const [k, parameter] of parameters.entries()) isClose(parameter, rows[at]?.parameters[k] ?? 0);
  }
});

test.each(oracle.cases)(
  "$name: the optimum, its loss and the largest rate are NumPy's",
  ({ points, start, ...wanted }) => {
    const degree = start.length - 1;
    const parameters = parametersIn(fitPolynomial(points, degree), { shift: 0, factor: 1 });
    for (const [at, parameter] of parameters.entries()) isClose(parameter, wanted.optimum.parameters[at] ?? 0);
    isClose(lossOf(parameters, points), wanted.optimum.loss);
    isClose(largestRateOf(points, degree), wanted.largestRate);
    for (const slope of gradientOf(parameters, points)) expect(Math.abs(slope)).toBeLessThan(1e-12);
  },
);

const move = ([x, y]: Point): Point => [oracle.degrees.moved.shift + oracle.degrees.moved.factor * x, y];

test.each([
  ["as they are", (point: Point) => point],
  ["far from 0", move],
])("polynomials up to degree 15 fit as NumPy's do, points %s", (_name, place) => {
  const [points, heldOut] = [oracle.degrees.points.map(place), oracle.degrees.heldOut.map(place)];
  for (const { degree, trainLoss, heldOutLoss, middle } of oracle.degrees.rows) {
    const fit = fitPolynomial(points, degree);
    const loss = (some: Point[]) => some.reduce((sum, [x, y]) => sum + (fittedAt(fit, x) - y) ** 2, 0) / some.length;
    isClose(loss(points), trainLoss, 1e-9);
    isClose(loss(heldOut), heldOutLoss, 1e-6);
    const xs = points.map(([x]) => x);
    isClose(fittedAt(fit, (Math.min(...xs) + Math.max(...xs)) / 2), middle, 1e-6);
  }
});
