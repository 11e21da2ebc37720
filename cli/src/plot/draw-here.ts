// Charts on the terminal that is there.
import type { Chart } from "./chart.ts";
import { drawChart } from "./terminal-chart.ts";

/** Wider than this a curve is no easier to read. */
const MAX_COLUMNS = 100;
const ROWS = 14;

export function drawHere(charts: readonly Chart[]): string {
  const columns = Math.min(MAX_COLUMNS, process.stdout.columns ?? 80);
  const hasColour = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  return charts.map((chart) => drawChart(chart, { columns, rows: ROWS, hasColour })).join("\n\n");
}
