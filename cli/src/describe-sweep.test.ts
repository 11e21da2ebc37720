// What a person reads of a sweep.
import { recipeSchema } from "@ursa/contracts/recipe";
import type { SweepTable, SweepView } from "@ursa/contracts/sweep";
import { expect, test } from "vitest";
import { describeSweep } from "./describe-sweep.ts";

type Best = NonNullable<SweepTable["best"]>;
const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const NOW = "2026-01-01T00:00:00Z";
const run = (more: Partial<SweepTable["rows"][number]["runs"][number]> = {}) => ({
  ...{ model: `mdl_${ULID}`, seed: 42, state: "ready" as const, errorRate: 0.1, validLoss: 0.5, seconds: 2 },
  ...more,
});
const one = (value: number) => ({ mean: value, min: value, max: value });
const row = (learningRate: number, more: Partial<SweepTable["rows"][number]> = {}) => ({
  ...{ learningRate, epochs: 4, errorRate: one(0.1), validLoss: one(0.5), seconds: 2, runs: [run()] },
  ...more,
});
const lost = { errorRate: undefined, validLoss: undefined, seconds: undefined };

const view = (table: SweepTable, more: Partial<SweepView> = {}): SweepView => ({
  ...{ id: `swp_${ULID}`, namespace: "default", state: "ready", createdAt: NOW, updatedAt: NOW, enqueued: 1, fence: 0 },
  dataset: { id: `ds_${ULID}`, version: 1, manifestSha256: "0".repeat(64) },
  ...{
    split: { seed: 42, validFraction: 0.2 },
    classes: ["black", "teddy"],
    recipe: recipeSchema.parse({}),
    repeats: 1,
  },
  ...{ cells: [], runs: [], table },
  ...more,
});

test("one line for each combination, the best with a star, a diverged one by its name", () => {
  const diverged = row(9, { ...lost, runs: [run({ ...lost, state: "failed", error: "training_diverged" })] });
  const best: Best = { row: 0, model: `mdl_${ULID}`, tied: [], by: "error" };
  const lines = describeSweep(view({ rows: [row(3e-3), diverged], best })).split("\n");
  expect(lines.slice(2)).toEqual([
    "   lr    epochs  error rate  valid loss   time  runs",
    "─  ────  ──────  ──────────  ──────────  ─────  ─────────────────",
    "★  3e-3       4      10.0 %      0.5000  2.0 s  ready",
    "   9          4                                 training_diverged",
    "",
    `★ lr 3e-3, 4 epochs: the lowest mean error rate. Its best run is mdl_${ULID}.`,
    "One run each: another seed may give another order; --repeats 3 shows by how much.",
  ]);
});

test("a run whose batch did not fit in memory is told from the others", () => {
  const limited = run({ batchLimits: { "stage-2": 8 } });
  expect(describeSweep(view({ rows: [row(3e-3, { runs: [limited] })] }))).toContain("ready, at a smaller batch\n");
  const mixed = row(3e-3, { runs: [run(), limited] });
  expect(describeSweep(view({ rows: [mixed] }, { repeats: 2 }))).toContain("2 ready, 1 at a smaller batch\n");
});

test("repeats have a spread; that of another which reaches into the best's is said, a tie once", () => {
  const wide = row(1e-2, { errorRate: { mean: 0.2, min: 0.05, max: 0.3 }, runs: [run(), run()] });
  const best: Best = { row: 0, model: `mdl_${ULID}`, tied: [1], by: "loss" };
  const text = describeSweep(view({ rows: [row(1e-3), row(2e-3), wide], best }, { repeats: 2 }));
  expect(text).toMatch(/1e-2 +4 +20.0 % +5.0 % to 30.0 % .* 2 ready/);
  expect(text).toContain("the lowest mean error rate, like one other, and the lowest mean valid loss of them.");
  expect(text).toContain("The spread of one other reaches into its own: the difference may be the seeds'.");
});

test("under way it says how far it is, and that there is no best yet", () => {
  const rows = [{ ...row(1e-3), ...lost, learningRate: undefined, slice: [1e-5, 3e-4] as [number, number] }];
  const progress = { phase: "sweep", done: 1, total: 6, running: 1, etaSeconds: 90 } as const;
  const text = describeSweep(view({ rows }, { state: "running", progress }));
  expect(text).toContain("1 of 6 runs ended · 1 running · ETA 90 s");
  expect(text).toMatch(/ slice +epochs[\s\S]* 1e-5,3e-4 +4/);
  expect(text).toContain("No best yet");
});
