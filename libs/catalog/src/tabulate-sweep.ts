// The table of a sweep, read off its models: what each combination came to over its repeats, and which is the best.
import type { Model } from "@ursa/contracts/model";
import { isFinal, type Progress } from "@ursa/contracts/record";
import type { Spread, Sweep, SweepRun, SweepTable } from "@ursa/contracts/sweep";
import type { RunModels } from "./advance-sweep.ts";

type Row = SweepTable["rows"][number];
type Rated = { errorRate: number; validLoss: number };

export function tabulateSweep(sweep: Sweep, models: RunModels): SweepTable {
  const rows = sweep.cells.map((cell, at): Row => {
    const runs = sweep.runs.filter((run) => run.cell === at).map((run) => runRow(sweep, run, models.get(run.model)));
    const values = (name: "errorRate" | "validLoss" | "seconds") =>
      runs.map((run) => run[name]).filter((value) => value !== undefined);
    const [errorRate, validLoss, seconds] = [values("errorRate"), values("validLoss"), values("seconds")].map(spreadOf);
    return {
      ...cell,
      ...(errorRate ? { errorRate } : {}),
      ...(validLoss ? { validLoss } : {}),
      ...(seconds ? { seconds: seconds.mean } : {}),
      runs,
    };
  });
  const best = bestOf(rows);
  return { rows, ...(best ? { best } : {}) };
}

/** @param now milliseconds since 1970 @returns runs that have ended, of all; the time left is by epochs, from the pace so far */
export function sweepProgress(sweep: Sweep, models: RunModels, now: number): Progress {
  const ended = sweep.runs.filter(({ model }) => isFinal(models.get(model)?.state ?? "queued"));
  const running = sweep.runs.filter(({ model }) => models.get(model)?.state === "running").length;
  const work = (runs: Sweep["runs"]) => runs.reduce((sum, { cell }) => sum + (sweep.cells[cell]?.epochs ?? 0), 0);
  const ends = ended.map(({ model }) => Date.parse(models.get(model)?.updatedAt ?? sweep.createdAt));
  const [last, done] = [Math.max(...ends), work(ended)];
  const perEpochMs = (last - Date.parse(sweep.createdAt)) / done;
  const leftMs = Math.max(0, perEpochMs * (work(sweep.runs) - done) - (now - last));
  const eta = done > 0 ? { etaSeconds: Math.round(leftMs / 1000) } : {};
  return { phase: "sweep", done: ended.length, total: sweep.runs.length, running, ...eta };
}

function runRow(sweep: Sweep, { model: id, seed }: Sweep["runs"][number], model: Model | undefined): SweepRun {
  if (!model) return { model: id, seed, state: sweep.state === "queued" ? "waiting" : "deleted" };
  const { state, error, stages, finder, batchLimits } = model;
  const last = stages.at(-1);
  const result =
    state === "ready" && last
      ? {
          ...{ errorRate: last.errorRate, validLoss: last.validLoss },
          seconds: [...stages, ...(finder ? [finder] : [])].reduce((sum, { seconds }) => sum + seconds, 0),
        }
      : {};
  return {
    ...{ model: id, seed, state, ...result },
    ...(error ? { error: error.code } : {}),
    ...(batchLimits ? { batchLimits } : {}),
  };
}

function spreadOf(values: number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, min: Math.min(...values), max: Math.max(...values) };
}

/**
 * A combination of which a run failed, diverged or was cancelled is not the best, however good the others: its mean would be
 * that of the lucky seeds.
 */
function bestOf(rows: readonly Row[]): SweepTable["best"] {
  const candidates = rows.flatMap(({ errorRate, validLoss, runs }, row) =>
    errorRate && validLoss && runs.every(({ state }) => state === "ready")
      ? [{ row, errorRate: errorRate.mean, validLoss: validLoss.mean }]
      : [],
  );
  const best = candidates.toSorted(better).at(0);
  const model = rows[best?.row ?? -1]?.runs.flatMap(ratedRun).toSorted(better).at(0)?.model;
  if (!best || !model) return undefined;
  const others = candidates.filter((each) => each !== best);
  const tied = others.filter((each) => compare(each.errorRate, best.errorRate) === 0);
  const by = tied.length === 0 ? "error" : tied.some((each) => better(each, best) === 0) ? "order" : "loss";
  return { row: best.row, model, tied: tied.map(({ row }) => row), by };
}

const ratedRun = ({ model, errorRate, validLoss }: SweepRun) =>
  errorRate === undefined || validLoss === undefined ? [] : [{ model, errorRate, validLoss }];

const better = (a: Rated, b: Rated): number => compare(a.errorRate, b.errorRate) || compare(a.validLoss, b.validLoss);

/** The same mistakes give means that differ in their last bits when they were added in another order. */
const compare = (a: number, b: number): number => (Math.abs(a - b) < 1e-9 ? 0 : a - b);
