// What the knobs of gradient descent say, and the requests that they make.
import { LESSON, RATE_PRESETS, type RatePreset } from "@ursa/contracts/regression";
import type { Wanted } from "../use-regressions.ts";

export type PointsChoice = "lesson" | "curve" | "own";
export type Knobs = {
  points: PointsChoice;
  csv: string;
  /** A number, or one chosen by the points. */
  rate: number | RatePreset;
  /** `all` of them, or so many. */
  batchSize: number | "all";
  steps: number;
  slope: number;
  intercept: number;
  degree: number;
};

export const LESSON_KNOBS: Knobs = {
  ...{ points: "lesson", csv: "", rate: LESSON.learningRate, batchSize: "all", steps: LESSON.steps },
  ...{ slope: LESSON.start[0], intercept: LESSON.start[1], degree: 1 },
};

export const PRESETS = Object.keys(RATE_PRESETS) as RatePreset[]; // The keys of RATE_PRESETS are what RatePreset names.

/** Twenty points about a cubic: a line is too simple for them, and a high power has room to go wrong. */
const CURVE = { count: 20, coefficients: [4, 0, -3, 0], noise: "normal", scale: 0.3, seed: 42 } as const;

/** One over all points, and beside it one by mini-batches where they are wanted. */
export function wantedBy(knobs: Knobs): Wanted[] {
  const { points, csv, rate, batchSize, steps, slope, intercept, degree } = knobs;
  const start = [...Array.from({ length: degree - 1 }, () => 0), slope, intercept];
  const data: Wanted = points === "own" && csv.trim() !== "" ? { csv, rescale: true } : {};
  const drawn: Wanted = points === "curve" ? { drawn: { ...CURVE, coefficients: [...CURVE.coefficients] } } : {};
  const asked = { ...data, ...drawn, degree, steps, start };
  const whole = { ...asked, ...(typeof rate === "number" ? { learningRate: rate } : { preset: rate }) };
  return batchSize === "all" ? [whole] : [whole, { ...whole, batchSize }];
}

/** Four digits; an exponent only where there is no other way. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-4)) return value.toExponential(2).replace("e+", "e").replace("-", "−");
  return String(+value.toPrecision(4)).replace("-", "−");
}
