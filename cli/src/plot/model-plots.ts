// What there is to plot of a model: its losses, its learning rates, and what the finder saw.
import type { LrCurve } from "@ursa/contracts/lr-curve";
import type { EpochRow, Finder, Model } from "@ursa/contracts/model";
import { Failure } from "../failure.ts";
import type { Chart, Mark, Plot, Series } from "./chart.ts";
import { shortLog } from "./scale.ts";

const linear = (label: string) => ({ label, scale: "linear" }) as const;
const whole = (label: string) => ({ ...linear(label), isWhole: true });

/** Epochs of all stages one after another. @throws Failure before the first epoch has ended */
export function lossesPlot({ id, epochs, state }: Pick<Model, "id" | "epochs" | "state">): Plot {
  if (epochs.length === 0)
    throw new Failure(`${id} is ${state} and has finished no epoch; plot it when \`ursa model show ${id}\` lists one.`);
  // A loss that is not a number has no place in the chart, and an empty cell in the table.
  const seriesOf = (name: string, value: (row: EpochRow) => number | null): Series => ({
    name,
    points: epochs.flatMap((row, i) => {
      const y = value(row);
      return y === null ? [] : [[i + 1, y] as const];
    }),
  });
  const marks = stageMarks(epochs.map(({ stage }) => stage));
  const losses: Chart = {
    ...{ title: `Losses of ${id}`, x: whole("epoch"), y: linear("loss (nats)"), marks },
    series: [
      seriesOf("train", (row) => row.trainLoss),
      seriesOf("train, in evaluation", (row) => row.trainLossEval),
      seriesOf("valid", (row) => row.validLoss),
    ],
  };
  const errors: Chart = {
    ...{
      title: "Error rate on validation pictures",
      x: whole("epoch"),
      y: { ...linear("error rate (%)"), hasZero: true },
      marks,
    },
    series: [seriesOf("error rate", (row) => 100 * row.errorRate)],
  };
  const columns = [
    "stage",
    "epoch",
    "trainLoss",
    "trainLossEval",
    "validLoss",
    "errorRate",
    "wrong",
    "validCount",
  ] as const;
  const rows = epochs.map((row) => columns.map((column) => row[column] ?? undefined));
  return { charts: [losses, errors], table: { columns, rows } };
}

/** Steps of all stages one after another. @throws Failure where no stage has counted its steps */
export function ratesPlot(id: string, { schedule }: LrCurve): Plot {
  const steps = schedule.flatMap(({ stage, points }, i) => {
    const before = schedule.slice(0, i).reduce((sum, earlier) => sum + (earlier.points.at(-1)?.step ?? 0), 0);
    return points.map((point) => ({ stage, ...point, step: before + point.step, stageStep: point.step }));
  });
  if (steps.length === 0)
    throw new Failure(
      `The steps of ${id} are not known: its first epoch has not ended, or an earlier version trained it. Train again to plot them.`,
    );
  const marks = stageMarks(
    steps.map(({ stage }) => stage),
    steps.map(({ step }) => step),
  );
  const lowest = steps.flatMap(({ step, lowestRate }) =>
    lowestRate === undefined ? [] : [[step, lowestRate] as const],
  );
  const rates: Chart = {
    ...{ title: `Learning rate of ${id}`, x: whole("step"), y: linear("learning rate"), marks },
    series: [
      { name: "head", points: steps.map(({ step, learningRate }) => [step, learningRate]) },
      ...(lowest.length > 0 ? [{ name: "lowest layers", points: lowest }] : []),
    ],
  };
  const momentum: Chart = {
    ...{ title: "Momentum", x: whole("step"), y: linear("momentum"), marks },
    series: [{ name: "momentum (Adam's first beta)", points: steps.map((each) => [each.step, each.momentum]) }],
  };
  const rows = steps.map((each) => [each.stage, each.stageStep, each.learningRate, each.lowestRate, each.momentum]);
  const columns = ["stage", "step", "learningRate", "lowestRate", "momentum"];
  return { charts: [rates, momentum], table: { columns, rows } };
}

/** @throws Failure for a model that was trained without a finder */
export function finderPlot(id: string, { finder }: LrCurve): Plot {
  if (!finder || finder.points.length === 0)
    throw new Failure(
      `${id} has no learning-rate finder's curve: it runs where the phases name it, as in ursa train DATASET --phases stage-1,lr-find.`,
    );
  const chart: Chart = {
    title: `Learning-rate finder of ${id}`,
    ...{ x: { label: "learning rate", scale: "log" }, y: linear("loss (nats)"), marks: suggestionMarks(finder) },
    series: [
      { name: "smoothed loss", points: finder.points.map((each) => [each.learningRate, each.smoothedLoss]) },
      { name: "loss of each batch", points: finder.points.map((each) => [each.learningRate, each.loss]) },
    ],
  };
  const rows = finder.points.map(({ learningRate, loss, smoothedLoss }) => [learningRate, loss, smoothedLoss]);
  return { charts: [chart], table: { columns: ["learningRate", "loss", "smoothedLoss"], rows } };
}

const suggestionMarks = ({ suggestions }: Finder): Mark[] =>
  suggestions
    ? (["valley", "steepest"] as const).map((name) => ({
        x: suggestions[name],
        label: `${name} ${shortLog(suggestions[name])}`,
      }))
    : [];

/** Where a stage after the first begins: between its first point and the one before. */
function stageMarks(stages: readonly string[], places = stages.map((_, i) => i + 1)): Mark[] {
  return stages.flatMap((stage, i) => {
    const [before, here] = [places[i - 1], places[i]];
    const isNew = before !== undefined && here !== undefined && stage !== stages[i - 1];
    return isNew ? [{ x: (before + here) / 2, label: stage }] : [];
  });
}
