// What the demo prints in the end: a report for people, or the one JSON object for programs. Later versions add fields and never rename.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import { describeModel } from "../../commands/model.ts";
import { describeDataset } from "../../describe-dataset.ts";
import { bars } from "../../print.ts";
import type { MainJob } from "./main-job.ts";

/** `peakRssMb` only of processes that were started here. */
export type Measured = { peakRssMb?: Record<string, number> | undefined; wallSeconds: number };

export function reportJson(job: MainJob, measured: Measured, ok: boolean) {
  return {
    ok,
    ...datasetJson(job.dataset),
    stages: stagesOf(job.model),
    servedSeconds: round(job.servedSeconds),
    wallSeconds: round(measured.wallSeconds),
    classifyP50Ms: round(median(job.classifyMs)),
    predictPerSecond: round(job.rows.length / job.predictSeconds),
    ...memoryOf(measured),
  };
}

/** Of a job that failed: why, and the same fields as far as it came. */
export function failureJson({ dataset, model }: Partial<MainJob>, measured: Measured, error: string) {
  return {
    ok: false,
    error,
    ...(dataset ? datasetJson(dataset) : {}),
    ...(model ? { stages: stagesOf(model) } : {}),
    wallSeconds: round(measured.wallSeconds),
    ...memoryOf(measured),
  };
}

/** In the order of the phases; the finder has nothing but its time. */
export function stagesOf({ recipe, stages, finder }: Pick<Model, "recipe" | "stages" | "finder">) {
  const timed = [...stages, ...(finder ? [{ name: "lr-find" as const, seconds: finder.seconds }] : [])];
  return recipe.phases.flatMap((phase) => timed.filter(({ name }) => name === phase));
}

function datasetJson({ counts }: Dataset) {
  const classes = counts?.classes ?? [];
  const sum = (side: "train" | "valid") => classes.reduce((total, each) => total + each[side], 0);
  return {
    listed: Object.fromEntries(classes.map((each) => [each.class, each.listed])),
    outcomes: counts?.outcomes ?? {},
    train: sum("train"),
    valid: sum("valid"),
  };
}

function memoryOf({ peakRssMb }: Measured): { peakRssMb?: Record<string, number> } {
  if (!peakRssMb) return {};
  return { peakRssMb: Object.fromEntries(Object.entries(peakRssMb).map(([name, value]) => [name, Math.round(value)])) };
}

export function reportText(job: MainJob, measured: Measured): string {
  const { classified, dataset, model } = job;
  const json = reportJson(job, measured, true);
  const memory = Object.entries(json.peakRssMb ?? {}).map(([name, megabytes]) => `${name} ${megabytes} MB`);
  return [
    describeDataset(dataset),
    "",
    describeModel(model),
    "",
    `${classified.url}, a ${classified.class}:`,
    bars(classified.answer.predictions),
    "",
    `from lists to a served classifier  ${json.servedSeconds} s`,
    `one classification (median)        ${json.classifyP50Ms} ms through API and inferer`,
    `batch prediction                   ${json.predictPerSecond} pictures/s (${job.rows.length} in ${round(job.predictSeconds)} s)`,
    ...(memory.length > 0 ? [`peak memory                        ${memory.join(", ")}`] : []),
    `everything                         ${json.wallSeconds} s`,
  ].join("\n");
}

const round = (value: number) => Math.round(value * 10) / 10;

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
