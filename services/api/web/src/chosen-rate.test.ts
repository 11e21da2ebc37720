// A rate from a finder's plot changes that rate, and nothing else of the run.
import { recipeSchema } from "@ursa/contracts/recipe";
import { expect, test } from "vitest";
import { formWith } from "./chosen-rate.ts";
import { baseOf, changesOf, recipeOf } from "./recipe-form.ts";

const dataset = { id: "ds_1", version: 1, manifestSha256: "0".repeat(64) };
const recipe = recipeSchema.parse({
  ...{ phases: ["stage-1"], seed: 7, augment: false, stage1: { epochs: 9 }, stage2: { rates: { upper: 3e-4 } } },
});
const run = { id: "mdl_1", dataset, recipe };

/** What Train asks for at that address, where the model that it names is `run`. */
const asked = (like: typeof run, ...[layers, rate]: ["head" | "all", number]) => {
  const query = new URLSearchParams(formWith(like, layers, rate));
  expect(query.get("like")).toBe(like.id);
  return recipeSchema.parse(recipeOf({ ...baseOf(like.recipe), ...changesOf(query) }));
};

test("the head's rate is stage 1's", () => {
  expect(asked(run, "head", 0.00123)).toEqual({ ...recipe, stage1: { ...recipe.stage1, learningRate: 0.0012 } });
});

test("the whole network's is that of its lowest layers, and the head's is not below it", () => {
  expect(asked(run, "all", 1e-5).stage2.rates).toEqual({ lower: 1e-5, upper: 3e-4 });
  expect(asked(run, "all", 1e-3).stage2.rates).toEqual({ lower: 1e-3, upper: 1e-3 });
});

test("weights for single classes are not made text of", () => {
  expect(baseOf({ classWeights: { black: 2 }, seed: 7 })).toEqual({ seed: "7" });
});

test("after a run that only looked for a rate comes one that trains", () => {
  const looked = { ...run, recipe: { ...recipe, phases: ["lr-find" as const] } };
  expect(asked(looked, "head", 1e-3)).toMatchObject({ seed: 7, phases: ["stage-1", "lr-find", "stage-2"] });
});
