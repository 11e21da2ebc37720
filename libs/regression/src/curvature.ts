// How the loss bends: the mean squared error of a polynomial is a bowl over its parameters, the same at every place.
import type { RegressionPoint } from "@ursa/contracts/regression";

type Points = readonly RegressionPoint[];
type Place = readonly [slope: number, intercept: number];

/** Second derivatives of the loss by the parameters, the highest power first: 2 / n times the sum of products of powers of x. */
export function hessianOf(points: Points, degree: number): number[][] {
  const sums = Array.from({ length: 2 * degree + 1 }, (_, power) => points.reduce((sum, [x]) => sum + x ** power, 0));
  const row = (at: number) =>
    Array.from({ length: degree + 1 }, (_, other) => (2 * (sums[2 * degree - at - other] ?? 0)) / points.length);
  return Array.from({ length: degree + 1 }, (_, at) => row(at));
}

/** 2 by the largest curvature: by a higher rate every step over all points goes further from the optimum than it came. */
export const largestRateOf = (points: Points, degree: number): number =>
  2 / largestEigenvalue(hessianOf(points, degree));

const ROUNDS = 10_000;
const PRECISION = 1e-13;

/** Of a symmetric matrix without negative eigenvalues, by repeated multiplication. */
function largestEigenvalue(matrix: readonly number[][]): number {
  // Not the same in every direction: an even start may have nothing of the direction that is looked for.
  let direction = matrix.map((_, at) => 1 + at / 7);
  let value = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = matrix.map((row) => row.reduce((sum, one, at) => sum + one * (direction[at] ?? 0), 0));
    const length = Math.hypot(...next);
    direction = next.map((one) => one / length);
    const isSteady = Math.abs(length - value) <= PRECISION * length;
    value = length;
    if (isSteady && round > 2) break;
  }
  return value;
}

const CORNERS = 72;

/**
 * Of a line: where the loss is `above` more than its floor, as a closed curve about the optimum. It is an ellipse, the image of a
 * circle by the inverse of the bowl's square root (Cholesky).
 */
export function contourOf(points: Points, optimum: Place, above: number): [number, number][] {
  const [[a = 1, b = 0] = [], [, c = 1] = []] = hessianOf(points, 1);
  // The loss is half of the Hessian's form above its floor.
  const [l11, l21] = [Math.sqrt(a / 2), b / 2 / Math.sqrt(a / 2)];
  const l22 = Math.sqrt(Math.max(c / 2 - l21 ** 2, Number.MIN_VALUE));
  return Array.from({ length: CORNERS }, (_, at) => {
    const angle = (2 * Math.PI * at) / CORNERS;
    const [u, v] = [Math.sqrt(above) * Math.cos(angle), Math.sqrt(above) * Math.sin(angle)];
    const intercept = v / l22;
    return [optimum[0] + (u - l21 * intercept) / l11, optimum[1] + intercept];
  });
}
