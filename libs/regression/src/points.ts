// Where points come from: drawn about a polynomial, or given; and which of them are not fitted to.
import { createRandom, type Random } from "@ursa/classifier/random";
import { Problem } from "@ursa/contracts/problem";
import { type DrawnPoints, MAX_POINTS, type RegressionPoint, valueAt } from "@ursa/contracts/regression";

export type PointSets = { points: RegressionPoint[]; heldOut: RegressionPoint[] };

/** What random numbers are drawn for: each has its own stream of a seed. */
export const STREAM = { points: 1, heldOut: 2, batches: 3 } as const;

/** The same seed gives the same points. As many again are held out, so that those that are fitted to stay the same. */
export function drawPoints(drawn: DrawnPoints): PointSets {
  const draw = (stream: number): RegressionPoint[] => {
    const random = createRandom(drawn.seed, stream);
    return Array.from({ length: drawn.count }, () => drawPoint(drawn, random));
  };
  return { points: draw(STREAM.points), heldOut: draw(STREAM.heldOut) };
}

function drawPoint({ coefficients, noise, scale }: DrawnPoints, random: Random): RegressionPoint {
  const x = random.uniform(-1, 1);
  return [x, valueAt(coefficients, x) + scale * (noise === "uniform" ? random.uniform() : random.normal())];
}

/** Mean and variance of the noise. */
export const momentsOf = ({ noise, scale }: Pick<DrawnPoints, "noise" | "scale">) =>
  noise === "uniform" ? { mean: scale / 2, variance: scale ** 2 / 12 } : { mean: 0, variance: scale ** 2 };

/** @param fraction of the points that are not fitted to; the same seed chooses the same */
export function holdOut(
  given: readonly RegressionPoint[],
  { fraction, seed }: { fraction: number; seed: number },
): PointSets {
  const order = createRandom(seed, STREAM.heldOut).permutation(given.length);
  const held = new Set(order.slice(0, Math.floor(fraction * given.length)));
  return { points: given.filter((_, at) => !held.has(at)), heldOut: given.filter((_, at) => held.has(at)) };
}

/**
 * Two numbers in a line, with a comma, a semicolon, a tab or spaces between; what a decimal comma means is not guessed. A first line
 * of words is a header; empty lines and lines that begin with # are left out.
 * @throws Problem invalid_request with the line that cannot be read
 */
export function parsePoints(csv: string): RegressionPoint[] {
  const lines = csv
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .map((text, at) => ({ text: text.trim(), line: at + 1 }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
  const points = lines.flatMap((one, at) => (at === 0 && isHeader(one.text) ? [] : [parseLine(one)]));
  if (points.length < 2 || points.length > MAX_POINTS)
    throw new Problem("invalid_request", `csv: expected 2 to ${MAX_POINTS} points, got ${points.length}.`);
  return points;
}

const fieldsOf = (text: string): string[] =>
  text.split(/\s*[,;\t]\s*|\s+/).map((field) => field.replace(/^"(.*)"$/, "$1"));
/** Its fifteenth power, squared, is still a number. */
const MAX_COORDINATE = 1e9;
const isCoordinate = (field: string): boolean => field !== "" && Math.abs(Number(field)) <= MAX_COORDINATE;
const isHeader = (text: string): boolean => fieldsOf(text).every((field) => Number.isNaN(Number(field)));

function parseLine({ text, line }: { text: string; line: number }): RegressionPoint {
  const [x = "", y = "", ...more] = fieldsOf(text);
  if (more.length === 0 && isCoordinate(x) && isCoordinate(y)) return [Number(x), Number(y)];
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  throw new Problem("invalid_request", `csv: line ${line} is not two numbers x and y: ${shown}`);
}

/** x mapped to -1 … 1, or left as it is. */
export function xScaleOf(points: readonly RegressionPoint[], rescale: boolean): { shift: number; factor: number } {
  if (!rescale) return { shift: 0, factor: 1 };
  const { low, high } = rangeOf(points);
  return { shift: (low + high) / 2, factor: high > low ? (high - low) / 2 : 1 };
}

export const scaledBy =
  ({ shift, factor }: { shift: number; factor: number }) =>
  ([x, y]: RegressionPoint): RegressionPoint => [(x - shift) / factor, y];

export const scaledPoints = (points: readonly RegressionPoint[], rescale: boolean): RegressionPoint[] =>
  points.map(scaledBy(xScaleOf(points, rescale)));

export function rangeOf(points: readonly RegressionPoint[]): { low: number; high: number } {
  const from = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  return points.reduce(({ low, high }, [x]) => ({ low: Math.min(low, x), high: Math.max(high, x) }), from);
}

/** A polynomial can pass through as many points with different x as it has parameters; one more parameter has no best value. */
export const largestDegree = (points: readonly RegressionPoint[]): number => new Set(points.map(([x]) => x)).size - 1;
