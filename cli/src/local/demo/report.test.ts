// What the demo prints for programs: these fields, whatever happened.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import { expect, test } from "vitest";
import type { MainJob } from "./main-job.ts";
import { failureJson, reportJson } from "./report.ts";

const counts = { outcomes: { ok: 3, timeout: 1 }, validFraction: 0.3, test: 0 };
const dataset = {
  counts: {
    outcomes: { ok: 6, timeout: 2 },
    classes: [
      { ...counts, class: "black", listed: 4, train: 2, valid: 1 },
      { ...counts, class: "teddy bär", listed: 4, train: 1, valid: 2 },
    ],
  },
} as Dataset;
const model = {
  recipe: { phases: ["stage-1"] },
  stages: [{ name: "stage-1", errorRate: 0.1, validLoss: 0.25, seconds: 1.5 }],
} as Model;
const measured = { wallSeconds: 30.06, peakRssMb: { api: 100.4, trainer: 312.6 } };

test("a job that ended well: counts, stages, times rounded to tenths, whole megabytes", () => {
  const rows = Array.from({ length: 10 }, () => ({}));
  // The report reads these fields only.
  const job = { dataset, model, rows, classifyMs: [9, 20.04, 3], servedSeconds: 19.123, predictSeconds: 4 };
  expect(reportJson(job as unknown as MainJob, measured, true)).toEqual({
    ok: true,
    listed: { black: 4, "teddy bär": 4 },
    outcomes: { ok: 6, timeout: 2 },
    train: 3,
    valid: 3,
    stages: model.stages,
    servedSeconds: 19.1,
    wallSeconds: 30.1,
    classifyP50Ms: 9,
    predictPerSecond: 2.5,
    peakRssMb: { api: 100, trainer: 313 },
  });
});

test("of processes that are not its own it says nothing", () => {
  const report = failureJson({}, { wallSeconds: 1 }, "It stopped.");
  expect(report).toEqual({ ok: false, error: "It stopped.", wallSeconds: 1 });
});

test("the finder has its time among the stages, in the order of the phases", () => {
  const second = { ...model.stages[0], name: "stage-2" };
  const finder = { layers: "all", points: [], seconds: 2 };
  const recipe = { phases: ["stage-1", "lr-find", "stage-2"] };
  // The report reads these fields only.
  const lesson = { recipe, stages: [model.stages[0], second], finder } as unknown as Model;
  const { stages } = failureJson({ model: lesson }, measured, "It stopped.");
  expect(stages).toEqual([model.stages[0], { name: "lr-find", seconds: 2 }, second]);
});

test("a job that failed says why, and the same fields as far as it came", () => {
  expect(failureJson({}, measured, "Redis is missing.")).toEqual({
    ok: false,
    error: "Redis is missing.",
    wallSeconds: 30.1,
    peakRssMb: { api: 100, trainer: 313 },
  });
  expect(failureJson({ dataset, model }, measured, "It stopped.")).toMatchObject({
    ok: false,
    listed: { black: 4, "teddy bär": 4 },
    outcomes: { ok: 6, timeout: 2 },
    stages: model.stages,
  });
});
