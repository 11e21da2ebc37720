// A chart as data: drawn by terminal-chart.ts and svg-chart.ts alike.

export type Point = readonly [x: number, y: number];
export type Axis = {
  label: string;
  scale: "linear" | "log";
  /** Only whole numbers are worth a tick: epochs, steps. */
  isWhole?: boolean;
  /** The axis begins at 0, wherever the values lie. */
  hasZero?: boolean;
};
/** `isScatter`: the points are not connected. */
export type Series = { name: string; points: readonly Point[]; isScatter?: boolean };
/** A vertical line with a name. */
export type Mark = { x: number; label: string };
export type Chart = { title: string; x: Axis; y: Axis; series: readonly Series[]; marks: readonly Mark[] };

/** Charts of one subject below each other, and the numbers behind them as a table. */
export type Plot = { charts: readonly Chart[]; table: { columns: readonly string[]; rows: readonly Cell[][] } };
export type Cell = string | number | undefined;
