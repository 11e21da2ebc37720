// The table of a sweep: what it averages, and which combination it calls the best.
import type { Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import type { RecordState } from "@ursa/contracts/record";
import type { Sweep } from "@ursa/contracts/sweep";
import { drawModel } from "@ursa/queue/records.fixture";
import { expect, test } from "vitest";
import { sweepProgress, tabulateSweep } from "./tabulate-sweep.ts";

/** What became of a run: its error rate and valid loss, or the state it is in; `gone` has no model. */
type Outcome = [errorRate: number, validLoss: number] | RecordState | "diverged" | "gone";

const START = Date.parse("2026-01-01T00:00:00Z");
const seconds = (after: number) => new Date(START + 1000 * after).toISOString();

/** One list of outcomes for each combination, which trains one epoch more than the one before; runs end ten seconds apart. */
function drawSweep(outcomes: Outcome[][], state: RecordState = "running") {
  const cells = outcomes.map((_, i) => ({ learningRate: 1e-3 * (i + 1), epochs: i + 1 }));
  const models = new Map<string, Model>();
  const runs = outcomes.flatMap((repeats, cell) =>
    repeats.map((outcome, i) => {
      const model = { ...drawRun(outcome), updatedAt: seconds(10 * (models.size + 1)) };
      if (outcome !== "gone") models.set(model.id, model);
      return { cell, seed: 42 + i, model: model.id };
    }),
  );
  const { dataset, classes } = drawModel();
  const sweep: Sweep = {
    ...{
      id: "swp_1",
      namespace: "default",
      state,
      createdAt: seconds(0),
      updatedAt: seconds(0),
      enqueued: 1,
      fence: 0,
    },
    ...{ dataset, classes, split: { seed: 42, validFraction: 0.2 }, recipe: recipeSchema.parse({}) },
    ...{ repeats: outcomes[0]?.length ?? 1, cells, runs },
  };
  return { sweep, models, best: () => tabulateSweep(sweep, models).best };
}

function drawRun(outcome: Outcome): Model {
  const error = { code: "training_diverged", message: "It burst." } as const;
  const healthy = { name: "stage-1", errorRate: 0, validLoss: 0, seconds: 4 } as const;
  if (outcome === "diverged") return drawModel({ state: "failed", error, stages: [healthy] });
  if (typeof outcome === "string") return drawModel(outcome === "gone" ? {} : { state: outcome });
  const [errorRate, validLoss] = outcome;
  const second = { name: "stage-2", errorRate, validLoss, seconds: 2 } as const;
  return drawModel({ state: "ready", stages: [healthy, second], finder: { layers: "all", points: [], seconds: 3 } });
}

test("means and spreads are over the repeats, of the last stage; the time is that of all phases", () => {
  const { sweep, models } = drawSweep([
    [
      [0.1, 0.5],
      [0.3, 0.4],
      [0.2, 0.6],
    ],
  ]);
  const [row] = tabulateSweep(sweep, models).rows;
  expect(row).toMatchObject({ learningRate: 1e-3, epochs: 1, seconds: 9, errorRate: { min: 0.1, max: 0.3 } });
  expect(row?.errorRate?.mean).toBeCloseTo(0.2, 12);
  expect(row?.validLoss).toEqual({ mean: 0.5, min: 0.4, max: 0.6 });
});

test("the best is the lowest mean error, not the luckiest run; its model is its best run", () => {
  const lucky: Outcome[] = [
    [0, 0.1],
    [0.4, 0.9],
  ];
  const steady: Outcome[] = [
    [0.2, 0.3],
    [0.1, 0.3],
  ];
  const { sweep, best } = drawSweep([lucky, steady]);
  expect(best()).toEqual({ row: 1, model: sweep.runs[3]?.model, tied: [], by: "error" });
});

test("of equal error rates the lowest mean loss is the best, then the first, and it is said which rule chose", () => {
  const byLoss = drawSweep([[[0.1, 0.5]], [[0.1, 0.2]], [[0.3, 0.1]]]);
  expect(byLoss.best()).toMatchObject({ row: 1, tied: [0], by: "loss" });
  const byOrder = drawSweep([[[0.3, 0.1]], [[0.1, 0.2]], [[0.1, 0.2]], [[0.1, 0.4]]]);
  expect(byOrder.best()).toMatchObject({ row: 1, tied: [2, 3], by: "order" });
});

test("the same mistakes in another order are the same mean", () => {
  const rates = [0.1, 0.2, 0.3];
  const [one, other] = [rates, rates.toReversed()].map((each) => each.map((rate): Outcome => [rate, 0.5]));
  expect(0.1 + 0.2 + 0.3).not.toBe(0.3 + 0.2 + 0.1);
  expect(drawSweep([one ?? [], other ?? []]).best()).toMatchObject({ row: 0, tied: [1], by: "order" });
});

test.each(["diverged", "failed", "cancelled", "running", "queued", "gone"] as const)(
  "a combination with a run that is %s is not the best, however good its others",
  (outcome) => {
    const { sweep, models, best } = drawSweep([
      [[0, 0], outcome],
      [
        [0.4, 1],
        [0.5, 1],
      ],
    ]);
    expect(best()).toMatchObject({ row: 1 });
    const [row] = tabulateSweep(sweep, models).rows;
    expect(row?.errorRate).toEqual({ mean: 0, min: 0, max: 0 });
    expect(row?.runs[1]).not.toHaveProperty("errorRate");
  },
);

test("a diverged run says so, and without one whole combination there is no best", () => {
  const { sweep, models, best } = drawSweep([["diverged"], ["running"]]);
  expect(best()).toBeUndefined();
  const { rows } = tabulateSweep(sweep, models);
  expect(rows[0]?.runs).toMatchObject([{ state: "failed", error: "training_diverged" }]);
  expect(rows[0]).not.toHaveProperty("errorRate");
});

test("a run without a model waits while the sweep is being made, and was deleted after", () => {
  const stateOf = ({ sweep, models }: ReturnType<typeof drawSweep>) =>
    tabulateSweep(sweep, models).rows[0]?.runs[0]?.state;
  expect(stateOf(drawSweep([["gone"]], "queued"))).toBe("waiting");
  expect(stateOf(drawSweep([["gone"]], "ready"))).toBe("deleted");
});

test("the time left is by the epochs that are left, at the pace so far", () => {
  const { sweep, models } = drawSweep([[[0.1, 0.1]], ["diverged"], ["running"], ["queued"]]);
  // Three of ten epochs in 20 seconds: 7 more take 46.7, of which 5 are over.
  const progress = sweepProgress(sweep, models, START + 25_000);
  expect(progress).toEqual({ phase: "sweep", done: 2, total: 4, running: 1, etaSeconds: 42 });
  const first = drawSweep([["running"], ["queued"]]);
  expect(sweepProgress(first.sweep, first.models, START)).toEqual({ phase: "sweep", done: 0, total: 2, running: 1 });
});

test("a run that was trained at a smaller batch says so", () => {
  const { sweep, models } = drawSweep([
    [
      [0.1, 0.5],
      [0.2, 0.6],
    ],
  ]);
  const [limited, other] = [...models.values()];
  if (limited) limited.batchLimits = { "stage-1": 8 };
  const [row] = tabulateSweep(sweep, models).rows;
  expect(row?.runs[0]).toMatchObject({ model: limited?.id, batchLimits: { "stage-1": 8 } });
  expect(row?.runs[1]).toMatchObject({ model: other?.id });
  expect(row?.runs[1]).not.toHaveProperty("batchLimits");
});
