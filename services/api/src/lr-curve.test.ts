// The schedule that is shown is the one that the recipe, the finder and the steps taken make.
import type { EpochRow, Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { expect, test } from "vitest";
import { lrCurveOf } from "./lr-curve.ts";
import { EPOCH } from "./seed-records.fixture.ts";

const SHA = "0".repeat(64);
const ID = "01J00000000000000000000000";

function modelOf(more: Partial<Model>): Model {
  const now = "2026-01-01T00:00:00.000Z";
  return {
    ...{ id: `mdl_${ID}`, namespace: "default", state: "ready", createdAt: now, updatedAt: now, enqueued: 1, fence: 1 },
    ...{ classes: ["black", "teddy"], epochs: [], checkpoints: [], stages: [], artifacts: [] },
    ...{ dataset: { id: `ds_${ID}`, version: 1, manifestSha256: SHA }, recipe: recipeSchema.parse({}) },
    ...more,
  };
}

// The rate of each epoch's last step, by the cosine's own formula: 3 of 14 and 7 of 28 steps into the descent.
const descent = (progress: number) => (1 + 1e-5 + (1 - 1e-5) * Math.cos(Math.PI * progress)) / 2;
const RATE = 3e-3 * descent(3 / 14);
const RATE_2 = 3e-4 * descent(7 / 28);

test("both stages: the head's top rates are the recipe's, the lowest layers' is what the finder suggested", () => {
  const rowOf = (stage: EpochRow["stage"], steps: number, learningRate: number): EpochRow => ({
    ...EPOCH,
    ...{ stage, steps, learningRate },
  });
  const recipe = recipeSchema.parse({ stage1: { epochs: 2 }, stage2: { epochs: 2 } });
  const finder = { layers: "all" as const, points: [], suggestions: { valley: 5e-5, steepest: 1e-4 }, seconds: 3 };
  const model = modelOf({ recipe, finder, epochs: [rowOf("stage-1", 10, RATE), rowOf("stage-2", 20, RATE_2)] });
  const { schedule } = lrCurveOf(model);
  // One epoch of two has ended: the top of each cycle, after 30 % of its steps, has been passed.
  const tops = schedule.map(({ stage, points }) => {
    const top = points.toSorted((a, b) => b.learningRate - a.learningRate)[0];
    return { stage, taken: points.length, ...top };
  });
  expect(tops).toEqual([
    { stage: "stage-1", taken: 10, step: 7, learningRate: expect.closeTo(3e-3, 12), momentum: expect.closeTo(0.85, 9) },
    {
      ...{ stage: "stage-2", taken: 20, step: 13, momentum: expect.closeTo(0.85, 9) },
      ...{ learningRate: expect.closeTo(3e-4, 12), lowestRate: expect.closeTo(5e-5, 12) },
    },
  ]);
});

test("of a stage 2 that goes on from another model, the lowest layers' is what that model's finder suggested", () => {
  const recipe = recipeSchema.parse({ phases: ["stage-2"], stage2: { epochs: 2 } });
  const finder = { suggestions: { valley: 2e-5, steepest: 1e-4 } };
  const start = { model: `mdl_${ID}`, stage: "stage-1", key: "weights", sha256: SHA, head: "kept" } as const;
  const row: EpochRow = { ...EPOCH, stage: "stage-2", steps: 20, learningRate: RATE_2 };
  const { schedule } = lrCurveOf(modelOf({ recipe, from: { ...start, stage1Rate: 3e-3, finder }, epochs: [row] }));
  expect(schedule[0]?.points[12]).toMatchObject({
    ...{ learningRate: expect.closeTo(3e-4, 12), lowestRate: expect.closeTo(2e-5, 12) },
  });
});

test("epochs of an earlier version, which counted no steps, have no schedule", () => {
  expect(lrCurveOf(modelOf({ epochs: [EPOCH] }))).toEqual({ schedule: [] });
});
