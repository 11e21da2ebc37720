// What is plotted of a model, as tables and as files; and what a model without a curve is answered.
import type { EpochRow } from "@ursa/contracts/model";
import { expect, test } from "vitest";
import { writeCsv } from "./csv.ts";
import { finderPlot, lossesPlot, ratesPlot } from "./model-plots.ts";
import { drawSvg } from "./svg-chart.ts";
import { drawChart } from "./terminal-chart.ts";

const row = (stage: EpochRow["stage"], epoch: number, validLoss: number): EpochRow => ({
  ...{ stage, epoch, validLoss, trainLoss: 0.5, trainLossEval: 0.25, errorRate: 0.125, wrong: 1, validCount: 8 },
  ...{ errorRateLow: 0, errorRateHigh: 0.5, learningRate: 1e-3, seconds: 1 },
});
const epochs = [row("stage-1", 1, 0.75), row("stage-1", 2, 0.5), row("stage-2", 1, 0.375)];
const model = { id: "mdl_01J", state: "ready", epochs } as const;

test("the losses of both stages follow each other, and a mark says where the second begins", () => {
  const { charts, table } = lossesPlot({ ...model, epochs: [...epochs] });
  const [losses, errors] = charts;
  expect(losses?.series.find(({ name }) => name === "valid")?.points).toEqual([
    [1, 0.75],
    [2, 0.5],
    [3, 0.375],
  ]);
  expect(losses?.marks).toEqual([{ x: 2.5, label: "stage-2" }]);
  expect(errors?.series[0]?.points[0]).toEqual([1, 12.5]);
  expect(writeCsv(table)).toBe(
    [
      "stage,epoch,trainLoss,trainLossEval,validLoss,errorRate,wrong,validCount",
      "stage-1,1,0.5,0.25,0.75,0.125,1,8",
      "stage-1,2,0.5,0.25,0.5,0.125,1,8",
      "stage-2,1,0.5,0.25,0.375,0.125,1,8",
      "",
    ].join("\r\n"),
  );
});

test("a loss that is no number is left out of the chart, which may be all of it, and is an empty cell", () => {
  const burst = { ...row("stage-1", 1, 0), trainLoss: null, trainLossEval: null, validLoss: null };
  const { charts, table } = lossesPlot({ ...model, epochs: [burst] });
  expect(charts[0]?.series.map(({ points }) => points)).toEqual([[], [], []]);
  expect(writeCsv(table)).toContain("\r\nstage-1,1,,,,0.125,1,8\r\n");
  expect(drawSvg(charts)).not.toContain("NaN");
  for (const chart of charts)
    expect(drawChart(chart, { columns: 60, rows: 8, hasColour: false })).not.toMatch(/NaN|Infinity/);
});

test("the steps of both stages follow each other; only the second has lowest layers that learn", () => {
  const { charts, table } = ratesPlot("mdl_01J", {
    schedule: [
      { stage: "stage-1", points: [1, 2].map((step) => ({ step, learningRate: 3e-3, momentum: 0.9 })) },
      { stage: "stage-2", points: [{ step: 1, learningRate: 3e-4, lowestRate: 1e-5, momentum: 0.95 }] },
    ],
  });
  expect(charts[0]?.series.map(({ points }) => points.map(([step]) => step))).toEqual([[1, 2, 3], [3]]);
  expect(table.rows).toEqual([
    ["stage-1", 1, 3e-3, undefined, 0.9],
    ["stage-1", 2, 3e-3, undefined, 0.9],
    ["stage-2", 1, 3e-4, 1e-5, 0.95],
  ]);
});

test("an SVG has every curve, the finder's two suggestions by name, and no markup out of a label", () => {
  const points = [1e-6, 1e-3, 1].map((learningRate) => ({ learningRate, loss: 2, smoothedLoss: 1 + learningRate }));
  const finder = { layers: "all" as const, points, suggestions: { valley: 1e-4, steepest: 2e-3 }, seconds: 1 };
  const { charts } = finderPlot("a<b", { finder, schedule: [] });
  const svg = drawSvg(charts);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).toContain(">valley 1e-4<");
  expect(svg).toContain(">steepest 2e-3<");
  expect(svg).toContain("finder of a&lt;b<");
});

test("a model without a curve is answered with what to do", () => {
  expect(() => finderPlot("mdl_01J", { schedule: [] })).toThrow(
    /no learning-rate finder's curve: .*--phases stage-1,lr-find/,
  );
  expect(() => ratesPlot("mdl_01J", { schedule: [] })).toThrow(/steps of mdl_01J are not known.*Train again/);
  expect(() => lossesPlot({ id: "mdl_01J", state: "running", epochs: [] })).toThrow(
    /is running and has finished no epoch/,
  );
});

test("a class name that a spreadsheet would run is text in the CSV, and a number below zero stays one", () => {
  const rows = [
    ["=HYPERLINK(1)", -0.5],
    ["@a", undefined],
    ["bear-cub", 1],
  ];
  expect(writeCsv({ columns: ["+class", "margin"], rows })).toBe(
    "'+class,margin\r\n'=HYPERLINK(1),-0.5\r\n'@a,\r\nbear-cub,1\r\n",
  );
});
