// The form asks for what the API takes: its fields are the recipe's, and what comes out of it is a recipe.

import { recipeSchema } from "@ursa/contracts/recipe";
import { requestedRecipeSchema } from "@ursa/contracts/requested-recipe";
import { expect, test } from "vitest";
import { FIELDS, recipeOf } from "./recipe-form.ts";

test("every field of the recipe has a control, with the help that the schema gives", () => {
  const paths = FIELDS.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "backbone",
      "phases",
      "stage1.learningRate",
      "stage2.rates.lower",
      "classWeights",
      "earlyStop",
    ]),
  );
  const tops = new Set(paths.map((path) => path.split(".")[0]));
  expect([...tops].sort()).toEqual(Object.keys(recipeSchema.shape).sort());
  expect(FIELDS.find(({ path }) => path === "stage1.epochs")).toMatchObject({
    standard: 4,
    control: { kind: "number", isWhole: true, min: 1 },
  });
  expect(FIELDS.find(({ path }) => path === "stage1.batchSize")?.control).toMatchObject({
    kind: "number",
    orWord: "auto",
  });
  for (const { path, help } of FIELDS) expect(help.length, path).toBeGreaterThan(5);
});

test("what is not touched is left to the API, what is typed goes where it belongs", () => {
  expect(recipeOf({})).toEqual({});
  const recipe = recipeOf({
    ...{ "stage1.learningRate": "1e-3", "stage2.batchSize": "auto", "stage2.rates.upper": "3e-4" },
    ...{ augment: false, phases: ["stage-1", "stage-2"], earlyStop: "", classWeights: "balanced" },
  });
  expect(recipe).toEqual({
    stage1: { learningRate: 0.001 },
    stage2: { batchSize: "auto", rates: { upper: 0.0003 } },
    augment: false,
    phases: ["stage-1", "stage-2"],
    classWeights: "balanced",
  });
  expect(requestedRecipeSchema.parse(recipe)).toMatchObject({ stage1: { epochs: 4, learningRate: 0.001 } });
});

test("what is no number is sent as it is, so that the API says what is wrong with it", () => {
  const { error } = requestedRecipeSchema.safeParse(recipeOf({ "stage1.epochs": "four" }));
  expect(error?.issues[0]?.path).toEqual(["stage1", "epochs"]);
});
