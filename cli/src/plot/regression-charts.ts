// What a terminal shows of a regression: the points with the fit, and the loss by step.
import { predictedAt, type RegressionResult } from "@ursa/contracts/regression";
import type { Chart } from "./chart.ts";

export function regressionCharts(result: RegressionResult): Chart[] {
  const { points, grid, parameters, steps, heldOut } = result;
  const curve = grid.map((x) => [x, predictedAt(result, parameters, x)] as const);
  const linear = (label: string) => ({ label, scale: "linear" }) as const;
  const fit: Chart = {
    ...{ title: `The fit after ${steps.length - 1} steps`, x: linear("x"), y: linear("y"), marks: [] },
    // One that diverged would press all points into a line.
    series: [
      { name: "points", points, isScatter: true },
      ...(result.outcome === "diverged" ? [] : [{ name: "fit", points: curve }]),
    ],
  };
  const judged =
    heldOut.length > 0 ? steps.map((row) => [row.step, row.heldOutLoss ?? Number.NaN] as const) : undefined;
  const losses: Chart = {
    ...{ title: "Mean squared error", marks: [] },
    ...{ x: { ...linear("step"), isWhole: true }, y: { label: "loss", scale: "log" } },
    series: [
      { name: "fitted to", points: steps.map(({ step, loss }) => [step, loss] as const) },
      ...(judged ? [{ name: "held out", points: judged }] : []),
    ],
  };
  return [fit, losses];
}
