// The command line that a diagnosis offers asks for the very recipe that it means.
import { NAMED_RECIPES, RECIPE_NAMES, type RecipeFields } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import { trainCommandOf } from "@ursa/contracts/recipe-command";
import { Command } from "commander";
import { expect, test } from "vitest";
import { addRecipeOptions, type RecipeOptions, recipeOf } from "./recipe-options.ts";

/** What a shell would hand over: words that stand in quotes hold no blank but these. */
const wordsOf = (line: string) => [...line.matchAll(/'([^']*)'|\S+/g)].map(([whole, inner]) => inner ?? whole);

function asked(line: string) {
  const [ursa, train, dataset, ...options] = wordsOf(line);
  const given = addRecipeOptions(new Command("train"))
    .exitOverride()
    .parse(options, { from: "user" })
    .opts<RecipeOptions>();
  return { start: [ursa, train, dataset], from: given.from, recipe: recipeSchema.parse(recipeOf(given)) };
}

const EVERYTHING: RecipeFields = {
  ...{ backbone: "resnet18", size: 192, seed: 7, augment: false, flip: false, flipVertical: true, maxRotate: 20 },
  ...{ maxZoom: 1.2, maxLighting: 0.3, maxWarp: 0.1, pAffine: 0.5, pLighting: 0.25, pretrained: false, dropout: 0.2 },
  ...{
    weightDecay: 1e-4,
    gradientClip: 1,
    mixup: 0.4,
    labelSmoothing: 0.1,
    classWeights: { "polar bear": 2, teddy: 0.5 },
  },
  ...{ earlyStop: 3, keepBest: true, learningCurve: true, validFraction: 0.3, allowUnusual: true },
  stage1: { epochs: 6, learningRate: 1.5e-5, batchSize: 16 },
  stage2: { epochs: 3, rates: { lower: 1e-6, upper: 3e-4 }, batchSize: 8, trainBn: true },
};

const cases: [string, RecipeFields][] = [
  ...RECIPE_NAMES.map((name): [string, RecipeFields] => [name, NAMED_RECIPES[name].fields]),
  ["everything else", EVERYTHING],
  ["one rate of stage 2", { stage2: { rates: { upper: 3e-4 }, trainFrom: "body-high" } }],
  ["balanced", { phases: ["stage-1"], classWeights: "balanced" }],
  ["oversampled", { phases: ["lr-find", "stage-1"], oversample: true }],
];

test.each(cases)("%s", (_name, fields) => {
  const recipe = recipeSchema.parse(fields);
  const { start, recipe: got } = asked(trainCommandOf({ dataset: "ds_1", recipe }));
  expect(start).toEqual(["ursa", "train", "ds_1"]);
  expect(got).toEqual(recipe);
});

test("stage 2 alone, from a trained stage", () => {
  const recipe = recipeSchema.parse({ phases: ["stage-2"], stage2: EVERYTHING.stage2 });
  const line = trainCommandOf({ dataset: "ds_1", from: "mdl_1@stage-1", recipe });
  expect(asked(line)).toMatchObject({ from: "mdl_1@stage-1", recipe });
});
