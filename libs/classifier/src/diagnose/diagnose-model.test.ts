// What a model's record says to the rules, and the run that their advice starts.
import type { EpochRow, Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, type RecipeFields } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import { expect, test } from "vitest";
import { diagnoseModel } from "./diagnose-model.ts";

const ID = "01J00000000000000000000000";
const SHA = "0".repeat(64);
const START = { model: `mdl_${ID}`, stage: "stage-1", key: "weights", sha256: SHA, head: "kept" } as const;

function modelOf(fields: RecipeFields, epochs: EpochRow[], more: Partial<Model> = {}): Model {
  const now = "2026-01-01T00:00:00.000Z";
  return {
    ...{ id: `mdl_${ID}`, namespace: "default", state: "ready", createdAt: now, updatedAt: now, enqueued: 1, fence: 1 },
    ...{ classes: ["black", "grizzly", "teddy"], epochs, checkpoints: [], stages: [], artifacts: [] },
    ...{ dataset: { id: `ds_${ID}`, version: 1, manifestSha256: SHA }, recipe: recipeSchema.parse(fields) },
    ...more,
  };
}

/** Rows as a run leaves them; of an earlier version where nothing else is said. */
const rowsOf = (stage: EpochRow["stage"], ...losses: [train: number | null, valid: number | null, wrong: number][]) =>
  losses.map(
    ([trainLossEval, validLoss, wrong], i): EpochRow => ({
      ...{ stage, epoch: i + 1, trainLoss: trainLossEval, trainLossEval, validLoss, wrong, validCount: 56 },
      ...{ errorRate: wrong / 56, errorRateLow: 0, errorRateHigh: 1, learningRate: 1e-5, seconds: 1 },
    }),
  );

test("a run that has finished no epoch has nothing to judge", () => {
  expect(diagnoseModel(modelOf({}, []))).toEqual({ model: `mdl_${ID}`, findings: [], notJudged: [] });
});

test("the advice is a recipe, the body of a request and a command line, with all else as it was", () => {
  const fields = { ...NAMED_RECIPES["lr-too-low"].fields, seed: 7, classWeights: { "polar bear": 2 } };
  const rows = rowsOf("stage-1", [1.2, 1.19, 40], [1.19, 1.18, 39]);
  const model = modelOf({ ...fields, stage1: { epochs: 2, learningRate: 1e-5 } }, rows);
  expect(diagnoseModel(model).findings).toMatchObject([
    {
      code: "learning_rate_too_low",
      change: {
        recipe: { stage1: { learningRate: 1e-4 } },
        run: { dataset: `ds_${ID}`, recipe: { seed: 7, stage1: { epochs: 2, learningRate: 1e-4, batchSize: "auto" } } },
        command: `ursa train ds_${ID} --phases stage-1 --epochs 2 --lr 1e-4 --seed 7 --allow-unusual --class-weights 'polar bear=2'`,
      },
    },
  ]);
});

test("advice outside the usual ranges says that it is meant", () => {
  const rows = rowsOf("stage-1", [0.5, 0.5, 9], [0.3, 0.2, 9]).slice(1);
  const many = Array.from({ length: 89 }, () => rowsOf("stage-1", [0.5, 0.5, 9])).flat();
  const [finding] = diagnoseModel(modelOf({ stage1: { epochs: 90 } }, [...many, ...rows])).findings;
  expect(finding).toMatchObject({ code: "too_few_epochs", change: { recipe: { stage1: { epochs: 180 } } } });
  expect(finding?.change.run?.recipe.allowUnusual).toBe(true);
});

test("the last stage is judged, from where the stage before it ended", () => {
  const first = rowsOf("stage-1", [0.5, 0.4, 9]);
  const better = rowsOf("stage-2", [0.02, 0.05, 4]);
  const model = modelOf({ stage2: { epochs: 1 } }, [...first, ...better]);
  expect(diagnoseModel(model)).toMatchObject({ stage: "stage-2", findings: [{ code: "too_few_epochs" }] });
  expect(diagnoseModel({ ...model, epochs: [...first, ...rowsOf("stage-2", [0.45, 0.38, 8])] }).findings).toEqual([]);
});

test("a run that starts from a trained head is not measured against a guess, and goes on from the same stage", () => {
  const recipe: RecipeFields = {
    phases: ["stage-2"],
    stage2: { epochs: 1, rates: { lower: 0.01, upper: 3 } },
    allowUnusual: true,
  };
  const sound = modelOf(recipe, rowsOf("stage-2", [0.1, 0.1, 2]), { from: START });
  expect(diagnoseModel(sound).findings).toEqual([]);
  const burst = modelOf(recipe, rowsOf("stage-2", [null, null, 37]), { from: START, state: "failed" });
  expect(diagnoseModel(burst).findings[0]?.change).toMatchObject({
    recipe: { stage2: { rates: { lower: 0.001, upper: 0.3 } } },
    run: { from: `mdl_${ID}@stage-1` },
    command: expect.stringContaining("--slice 0.001,0.3"),
  });
});

test("a cancelled run, and one that is still running, are not blamed for what they have not done yet", () => {
  const rows = rowsOf("stage-1", [0.5, 0.5, 9]);
  expect(diagnoseModel(modelOf({}, rows, { state: "cancelled" })).findings).toEqual([]);
  expect(diagnoseModel(modelOf({ stage1: { epochs: 1 } }, rows, { state: "running" })).findings).toHaveLength(1);
});

test("what the finder said counts for the layers that it looked at", () => {
  const finder = (layers: "head" | "all") => ({
    finder: { layers, points: [], suggestions: { valley: 1e-5, steepest: 1e-5 }, seconds: 1 },
  });
  const model = modelOf(
    NAMED_RECIPES["lr-too-low"].fields,
    rowsOf("stage-1", ...Array.from({ length: 5 }, () => [1.2, 1.2, 40] as [number, number, number])),
  );
  expect(diagnoseModel({ ...model, ...finder("all") }).findings).toHaveLength(1);
  expect(diagnoseModel({ ...model, ...finder("head") }).findings).toEqual([]);
});

test("other runs count that differ in rate, epochs and seed only", () => {
  const burst = modelOf(NAMED_RECIPES["lr-too-high"].fields, rowsOf("stage-1", [null, null, 40]));
  const other = (fields: RecipeFields) =>
    modelOf({ phases: ["stage-1"], ...fields }, rowsOf("stage-1", [0.5, 0.5, 9]), {
      id: "mdl_01J00000000000000000000001",
    });
  const adviceWith = (others: Model[]) => diagnoseModel(burst, { others }).findings[0]?.change.recipe;
  expect(adviceWith([burst])).toEqual({ stage1: { learningRate: 0.05 } });
  expect(adviceWith([other({ seed: 3 })])).toEqual({ stage1: { learningRate: 3e-3, epochs: 8 } });
  expect(adviceWith([other({ size: 192 })])).toEqual({ stage1: { learningRate: 0.05 } });
  expect(adviceWith([{ ...other({}), dataset: { ...burst.dataset, manifestSha256: "1".repeat(64) } }])).toEqual({
    stage1: { learningRate: 0.05 },
  });
});

test("what is about the pictures says what to look through or to add, and what could not be judged how to supply it", () => {
  const sound = rowsOf("stage-1", [0.1, 0.1, 3], [0.09, 0.1, 3]);
  const model = modelOf({ phases: ["stage-1"], stage1: { epochs: 2 } }, sound);
  const inspected = { leaks: { exact: 0, near: 9 }, labelErrors: { suspects: 60, pictures: 200 } };
  const commandsOf = (...[options]: [Parameters<typeof diagnoseModel>[1]]) =>
    diagnoseModel(model, options).findings.map(({ code, change }) => [code, change.command]);
  expect(commandsOf({ inspected })).toEqual([
    ["leakage", `ursa clean ds_${ID} --reason leak`],
    ["label_noise", `ursa clean ds_${ID} --reason label`],
  ]);
  const trainedOut = modelOf(
    {},
    rowsOf("stage-1", ...[20, 9, 10, 9, 10].map((n): [number, number, number] => [0.1, 0.3, n])),
  );
  expect(diagnoseModel(trainedOut, { targetError: 0.01 }).findings).toMatchObject([
    { code: "too_little_data", change: { command: `ursa dataset add ds_${ID} urls_*.txt` } },
  ]);
  const needsOf = (judged: Model) =>
    diagnoseModel(judged).notJudged.map(({ code, command = "" }) => `${code}: ${command}`);
  expect(needsOf(model)).toEqual([
    `too_little_data: ursa model diagnose mdl_${ID} --target-error 0.02`,
    `class_imbalance: ursa train ds_${ID} --phases stage-1 --epochs 2`,
    `leakage: ursa clean ds_${ID}`,
    `label_noise: ursa clean ds_${ID}`,
  ]);
  expect(diagnoseModel(model, { inspected }).notJudged.map(({ code }) => code)).toEqual([
    "too_little_data",
    "class_imbalance",
  ]);
  // Of a run that was stopped, and of one that goes on.
  const half = (state: Model["state"]) => modelOf({ phases: ["stage-1"] }, sound, { state });
  expect(needsOf(half("cancelled"))[0]).toBe(`learning_rate_too_low: ursa train ds_${ID} --phases stage-1`);
  expect(diagnoseModel(half("running")).notJudged[0]).toMatchObject({ remedy: "Ask again when it has ended." });
});
