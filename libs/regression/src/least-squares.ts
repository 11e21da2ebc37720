// The best polynomial in closed form: least squares by an orthogonal basis, since powers of x up to the fifteenth are nearly the same line.
import { type RegressionPoint, valueAt } from "@ursa/contracts/regression";
import { rangeOf } from "./points.ts";

/** x to (x - shift) / factor. */
export type XScale = { shift: number; factor: number };
/** `parameters` are of powers of the x that `scale` gives, the highest power first. */
export type Fit = { scale: XScale; parameters: number[] };

/**
 * Needs more different x than `degree`.
 * @returns the parameters that make the mean squared error least, of x mapped to -1 … 1
 */
export function fitPolynomial(points: readonly RegressionPoint[], degree: number): Fit {
  const { low, high } = rangeOf(points);
  const scale = { shift: (low + high) / 2, factor: high > low ? (high - low) / 2 : 1 };
  const xs = points.map(([x]) => (x - scale.shift) / scale.factor);
  const columns = Array.from({ length: degree + 1 }, (_, at) => xs.map((x) => x ** (degree - at)));
  const ys = points.map(([, y]) => y);
  return { scale, parameters: leastSquares(columns, ys) };
}

export const fittedAt = ({ scale, parameters }: Fit, x: number): number =>
  valueAt(parameters, (x - scale.shift) / scale.factor);

/** The same polynomial by another scale of x: each power written out as a polynomial (Horner). */
export function parametersIn({ scale, parameters }: Fit, wanted: XScale): number[] {
  const slope = wanted.factor / scale.factor;
  const intercept = (wanted.shift - scale.shift) / scale.factor;
  return parameters.slice(1).reduce(
    (written, parameter) => {
      const shifted = [...written.map((value) => value * slope), 0];
      const multiplied = shifted.map((value, at) => value + (written[at - 1] ?? 0) * intercept);
      return multiplied.map((value, at) => (at === multiplied.length - 1 ? value + parameter : value));
    },
    parameters.slice(0, 1),
  );
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const minus = (a: readonly number[], b: readonly number[], times: number): number[] =>
  a.map((value, at) => value - times * (b[at] ?? 0));

/** Modified Gram-Schmidt, each column made orthogonal twice, and then back substitution. */
function leastSquares(columns: readonly (readonly number[])[], ys: readonly number[]): number[] {
  const basis: number[][] = [];
  /** Row k: how much of basis k is in each column from k on. */
  const triangle: number[][] = columns.map(() => columns.map(() => 0));
  for (const [at, column] of columns.entries()) {
    const { rest, parts } = orthogonal(column, basis);
    const length = Math.sqrt(dot(rest, rest));
    for (const [k, part] of [...parts, length].entries()) setAt(triangle, { row: k, column: at, value: part });
    basis.push(rest.map((value) => value / length));
  }
  let left: readonly number[] = ys;
  const targets = basis.map((one) => {
    const part = dot(left, one);
    left = minus(left, one, part);
    return part;
  });
  return backSubstitute(triangle, targets);
}

function orthogonal(column: readonly number[], basis: readonly number[][]): { rest: number[]; parts: number[] } {
  const parts = basis.map(() => 0);
  let rest = [...column];
  for (const [k, one] of [...basis.entries(), ...basis.entries()]) {
    const part = dot(rest, one);
    parts[k] = (parts[k] ?? 0) + part;
    rest = minus(rest, one, part);
  }
  return { rest, parts };
}

function setAt(matrix: number[][], { row, column, value }: { row: number; column: number; value: number }): void {
  const values = matrix[row];
  if (values) values[column] = value;
}

function backSubstitute(triangle: readonly number[][], targets: readonly number[]): number[] {
  const solved = targets.map(() => 0);
  for (let row = targets.length - 1; row >= 0; row -= 1) {
    const values = triangle[row] ?? [];
    const known = values.reduce((sum, value, column) => (column > row ? sum + value * (solved[column] ?? 0) : sum), 0);
    solved[row] = ((targets[row] ?? 0) - known) / (values[row] ?? 1);
  }
  return solved;
}
