// From values to places on an axis: its ends, its ticks, and where between 0 and 1 a value lies.
import type { Axis } from "./chart.ts";

export type Tick = { at: number; text: string };
export type Scale = {
  /** 0 at the lower end, 1 at the upper. */
  place(value: number): number;
  ticks: Tick[];
};

/** Around every value that can be drawn; a log axis has none for 0 and below. `most` bounds the ticks, about. */
export function createScale(
  { scale, isWhole = false, hasZero = false }: Axis,
  values: readonly number[],
  most: number,
): Scale {
  const isLog = scale === "log";
  const drawable = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  // Not Math.min(...values): a long run has more values than a call has arguments.
  const low = drawable.reduce((least, value) => Math.min(least, value), hasZero ? 0 : Number.POSITIVE_INFINITY);
  const high = drawable.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (drawable.length === 0) return { place: () => Number.NaN, ticks: [] };
  return isLog ? logScale(low, high, most) : linearScale(widened(low, high), { most, isWhole });
}

/** A single value gets room on both sides; 0, which nothing that is plotted is below, only above. */
function widened(low: number, high: number): [number, number] {
  if (low !== high) return [low, high];
  return low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
}

function linearScale([low, high]: [number, number], { most, isWhole }: { most: number; isWhole: boolean }): Scale {
  const step = niceStep((high - low) / most, isWhole);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  const place = (value: number) => (value - low) / (high - low);
  return { place, ticks: ticks.map((value) => ({ at: place(value), text: short(value, step) })) };
}

/** The smallest of 1, 2 and 5 times a power of ten that is at least `rough`. */
function niceStep(rough: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * (1 - 1e-9));
  return Math.max(step ?? power * 10, isWhole ? 1 : 0);
}

function logScale(low: number, high: number, most: number): Scale {
  const [from, to] = low === high ? [low / 2, high * 2] : [low, high];
  const [start, end] = [Math.log10(from), Math.log10(to)];
  const place = (value: number) => (Math.log10(value) - start) / (end - start);
  const every = Math.max(1, Math.ceil((end - start) / most));
  const decades = range(Math.ceil(start - 1e-9), Math.floor(end + 1e-9)).filter((decade) => decade % every === 0);
  const between = decades.length < 3 ? range(Math.floor(start), Math.floor(end)).flatMap(twoAndFive) : [];
  const values = [...decades.map((decade) => 10 ** decade), ...between].filter((value) => value >= from && value <= to);
  const ticks = values.toSorted((a, b) => a - b).map((value) => ({ at: place(value), text: shortLog(value) }));
  return { place, ticks };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
const twoAndFive = (decade: number): number[] => [2 * 10 ** decade, 5 * 10 ** decade];

function short(value: number, step: number): string {
  if (value === 0) return "0";
  return step < 1e-3 ? shortLog(value) : value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
}

/** `1e-3`, `5e-3`; four digits at most. */
export const shortLog = (value: number): string =>
  String(Number(value.toPrecision(3)).toExponential()).replace("e+", "e");
