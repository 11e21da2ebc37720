// What a run was changed from, and what was changed.
import type { Model } from "@ursa/contracts/model";
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import { expect, test } from "vitest";
import { byError, changesBetween, errorOf, tabulateRuns } from "./journal.ts";

const idOf = (kind: "mdl" | "ds", n: number) => `${kind}_${String(n).padStart(26, "0")}`;
const SHA = "0".repeat(64);

function run(
  n: number,
  {
    dataset = 1,
    recipe = {},
    ...more
  }: Partial<Omit<Model, "dataset" | "recipe">> & { dataset?: number; recipe?: object } = {},
): Model {
  const now = `2026-01-01T00:00:${String(n).padStart(2, "0")}.000Z`;
  return {
    ...{
      id: idOf("mdl", n),
      namespace: "default",
      state: "ready",
      createdAt: now,
      updatedAt: now,
      enqueued: 1,
      fence: 1,
    },
    ...{ classes: ["black", "teddy"], epochs: [], checkpoints: [], stages: [], artifacts: [] },
    dataset: { id: idOf("ds", dataset), version: dataset, manifestSha256: SHA },
    recipe: recipeSchema.parse(recipe),
    ...more,
  };
}
const parentOf = (n: number) => ({ parent: { id: idOf("ds", n), version: n, manifestSha256: SHA } });
/** Version 2 was made of 1, and 3 of 2; 9 is no kin. */
const DATASETS = new Map<string, Partial<ReturnType<typeof parentOf>>>([
  [idOf("ds", 1), {}],
  [idOf("ds", 2), parentOf(1)],
  [idOf("ds", 3), parentOf(2)],
  [idOf("ds", 9), {}],
]);
const parents = (...models: Model[]) =>
  tabulateRuns(models.toReversed(), DATASETS)
    .map(({ parent }) => parent && Number(parent.slice(4)))
    .toReversed();

test("the run before is the newest earlier one on the same pictures, or on those that they were made of", () => {
  expect(
    parents(run(1), run(2), run(3, { dataset: 9 }), run(4), run(5, { dataset: 3 }), run(6, { dataset: 3 })),
  ).toEqual([undefined, 1, undefined, 2, 4, 5]);
  // A version that was made of these is no earlier one of theirs, and what was cancelled taught nobody anything.
  expect(parents(run(1, { dataset: 3 }), run(2))).toEqual([undefined, undefined]);
  expect(parents(run(1), run(2, { state: "cancelled" }), run(3))).toEqual([undefined, 1, 1]);
});

test("a run that starts from another was changed from that one; runs of a sweep are not changed into each other", () => {
  const from = { model: idOf("mdl", 1), stage: "stage-1", key: "weights", sha256: SHA, head: "kept" } as const;
  expect(parents(run(1), run(2), run(3, { from }))).toEqual([undefined, 1, 1]);
  const sweep = "swp_00000000000000000000000000";
  expect(parents(run(1), run(2, { sweep }), run(3, { sweep }))).toEqual([undefined, 1, 1]);
});

test("what is another is told by field: the pictures, the start, the recipe", () => {
  const from = { model: idOf("mdl", 1), stage: "stage-1", key: "weights", sha256: SHA, head: "kept" } as const;
  const later = run(2, { dataset: 2, from, recipe: { stage1: { epochs: 8 }, classWeights: { teddy: 2 } } });
  expect(changesBetween(run(1), later)).toEqual([
    { field: "dataset", before: `${idOf("ds", 1)} version 1`, after: `${idOf("ds", 2)} version 2` },
    { field: "from", after: `${idOf("mdl", 1)}@stage-1` },
    { field: "classWeights", before: "none", after: "teddy=2" },
    { field: "stage1.epochs", before: "4", after: "8" },
  ]);
  expect(changesBetween(run(1), run(2))).toEqual([]);
});

test("a stage that is not trained has no changes, and one that came is told with all that it does", () => {
  const phases: Recipe["phases"] = ["stage-1"];
  const one = run(1, { recipe: { phases, stage2: { epochs: 9 } } });
  expect(changesBetween(one, run(2, { recipe: { phases } }))).toEqual([]);
  const fields = changesBetween(one, run(2, { recipe: { phases: ["stage-1", "stage-2"] } })).map(({ field }) => field);
  expect(fields).toEqual(expect.arrayContaining(["phases", "stage2.epochs"]));
});

const epoch = (n: number, wrong: number): Model["epochs"][number] => ({
  ...{
    stage: "stage-1",
    epoch: n,
    trainLoss: 0.5,
    trainLossEval: 0.4,
    validLoss: 0.4,
    errorRate: wrong / 50,
    wrong,
    validCount: 50,
  },
  ...{ errorRateLow: 0.01, errorRateHigh: 0.2, learningRate: 3e-3, seconds: 1 },
});

test("the error is that of the weights that were kept, while it trains of the last epoch", () => {
  const epochs = [epoch(1, 2), epoch(2, 5)];
  const kept = run(1, { epochs, stages: [{ name: "stage-1", errorRate: 0.04, validLoss: 0.3, seconds: 2 }] });
  expect(errorOf(kept)).toEqual({ stage: "stage-1", errorRate: 0.04, low: 0.01, high: 0.2, wrong: 2, validCount: 50 });
  expect(errorOf({ ...kept, state: "running", stages: [] })).toMatchObject({ errorRate: 0.1, wrong: 5 });
  expect(errorOf({ ...kept, state: "failed", stages: [] })).toBeUndefined();
});

test("by error the lowest is first and the rest stays in order, those without one last", () => {
  const errors = [undefined, 0.2, 0.1, undefined, 0.2];
  expect(byError([0, 1, 2, 3, 4], (n) => errors[n])).toEqual([2, 1, 4, 0, 3]);
});
