// What a recipe may say: its defaults, and the questions asked about values that are most often slips.
import { expect, test } from "vitest";
import { z } from "zod";
import { createModelSchema, modelSchema } from "./model.ts";
import { NAMED_RECIPES, RECIPE_NAMES } from "./named-recipes.ts";
import { recipeSchema } from "./recipe.ts";
import { requestedRecipeSchema } from "./requested-recipe.ts";

const faultsOf = (recipe: unknown) =>
  requestedRecipeSchema.safeParse(recipe).error?.issues.map(({ path, message }) => [path.join("."), message]) ?? [];

type Slip = [path: string, value: number, complaint: string, range: string, written: string];
const slips: Slip[] = [
  ["stage1.learningRate", 0.5, "lr 0.5 is above", "0.0001 to 0.1", "5e-1"],
  ["stage1.learningRate", 1e-5, "lr 0.00001 is below", "0.0001 to 0.1", "1e-5"],
  ["stage1.epochs", 400, "epochs 400 is above", "1 to 100", "400"],
  ["stage1.batchSize", 4, "batchSize 4 is below", "8 to 256", "4"],
  ["size", 64, "size 64 is below", "96 to 384", "64"],
  ["maxRotate", 90, "maxRotate 90 is above", "0 to 45", "90"],
  ["maxZoom", 3, "maxZoom 3 is above", "1 to 2", "3"],
  ["maxLighting", 0.8, "maxLighting 0.8 is above", "0 to 0.5", "8e-1"],
  ["maxWarp", 0.4, "maxWarp 0.4 is above", "0 to 0.3", "4e-1"],
  ["dropout", 0.9, "dropout 0.9 is above", "0 to 0.8", "9e-1"],
  ["weightDecay", 1, "weightDecay 1 is above", "0 to 0.3", "1"],
  ["gradientClip", 50, "gradientClip 50 is above", "0.1 to 10", "50"],
  ["mixup", 1.5, "mixup 1.5 is above", "0 to 1", "1.5"],
  ["labelSmoothing", 0.5, "labelSmoothing 0.5 is above", "0 to 0.3", "5e-1"],
  ["earlyStop", 30, "earlyStop 30 is above", "1 to 20", "30"],
  ["validFraction", 0.9, "validFraction 0.9 is above", "0.05 to 0.5", "9e-1"],
];

test.each(slips)("asks whether %s %d was meant", (path, value, complaint, range, written) => {
  const recipe = path.split(".").reduceRight<unknown>((below, name) => ({ [name]: below }), value) as object; // It has a path.
  const message = `${complaint} the range that trains (${range}); did you mean ${written} on purpose? set \`allowUnusual\``;
  expect(faultsOf(recipe)).toEqual([[path, message]]);
  expect(faultsOf({ ...recipe, allowUnusual: true })).toEqual([]);
  expect(recipeSchema.safeParse(recipe).success, "a record that is read back is not asked again").toBe(true);
});

test("rare classes are made to count more in one way, not in two", () => {
  const fault = [["oversample", "and classWeights both make rare classes count more; choose one"]];
  expect(faultsOf({ oversample: true, classWeights: "balanced" })).toEqual(fault);
  expect(faultsOf({ classWeights: { black: 3 } })).toEqual([]);
  expect(faultsOf({ classWeights: { black: 0 } })).toHaveLength(1);
});

test("mixup needs a stage that learns from pictures", () => {
  expect(faultsOf({ mixup: 0.4 })).toEqual([]);
  expect(faultsOf({ mixup: 0.4, phases: ["stage-1"] })).toEqual([["mixup", expect.stringContaining("only stage-2")]]);
  expect(faultsOf({ phases: ["stage-1"] })).toEqual([]);
  const frozen = { mixup: 0.4, stage2: { trainFrom: "body-high" } };
  expect(faultsOf(frozen)).toEqual([["mixup", expect.stringContaining("above frozen layers")]]);
});

test("rates of stage 2 are usual ones, the lower one first", () => {
  const of = (rates: object, more = {}) => faultsOf({ stage2: { rates }, ...more });
  expect(of({ lower: 1e-5, upper: 3e-4 })).toEqual([]);
  expect(of({ upper: 3e-4 })).toEqual([]);
  const reversed = [["stage2.rates", expect.stringContaining("lower rate above the upper")]];
  expect(of({ lower: 3e-4, upper: 1e-5 })).toEqual(reversed);
  expect(of({ lower: 3e-4, upper: 1e-5 }, { allowUnusual: true }), "no meaning of it is useful").toEqual(reversed);
  expect(of({ upper: 3 })).toEqual([["stage2.rates.upper", expect.stringContaining("upper 3 is above")]]);
  expect(of({ upper: 3 }, { allowUnusual: true })).toEqual([]);
});

test("stage 2 trains from a part that the backbone has", () => {
  const from = (backbone: string, trainFrom: string) => faultsOf({ backbone, stage2: { trainFrom } });
  for (const trainFrom of ["body-high", "layer4"]) expect(from("resnet34", trainFrom)).toEqual([]);
  expect(from("efficientnet_lite0", "blocks.5")).toEqual([]);
  const parts = "body-low, body-high, stem, layer1, layer2, layer3, layer4";
  expect(from("resnet34", "blocks.5")).toEqual([["stage2.trainFrom", `is no part of resnet34; there are ${parts}`]]);
  expect(from("efficientnet_lite0", "layer4")).toEqual([
    ["stage2.trainFrom", expect.stringMatching(/blocks\.6, conv_head$/)],
  ]);
});

test("all slips are asked about at once, also in a request for a model", () => {
  const request = { dataset: "ds_01K00000000000000000000000", recipe: { dropout: 0.9, stage1: { learningRate: 0.5 } } };
  const issues = createModelSchema.safeParse(request).error?.issues ?? [];
  expect(issues.map(({ path }) => path.join("."))).toEqual(["recipe.dropout", "recipe.stage1.learningRate"]);
});

test("what cannot be done is refused also with allowUnusual", () => {
  for (const recipe of [{ dropout: 1 }, { maxWarp: 0.5 }, { stage1: { learningRate: -1 } }, { maxZoom: 0.5 }])
    expect(faultsOf({ ...recipe, allowUnusual: true })).toHaveLength(1);
});

test("the defaults are usual, and those of the lesson", () => {
  const { stage1, ...recipe } = requestedRecipeSchema.parse({});
  expect(stage1).toMatchObject({ epochs: 4, learningRate: 3e-3, batchSize: "auto" });
  expect(recipe).toMatchObject({ flip: true, flipVertical: false, maxRotate: 10, maxZoom: 1.1, maxWarp: 0.2 });
  expect(recipe).toMatchObject({ maxLighting: 0.2, pAffine: 0.75, pLighting: 0.75, dropout: 0.5, weightDecay: 0.01 });
});

test.each(RECIPE_NAMES)("the recipe %s is asked for by its name or by its fields", (name) => {
  const { fields } = NAMED_RECIPES[name];
  expect(requestedRecipeSchema.parse(name)).toEqual(requestedRecipeSchema.parse(fields));
});

test("the lesson is the defaults, and the failures have the lesson's values", () => {
  expect(requestedRecipeSchema.parse("lesson")).toEqual(requestedRecipeSchema.parse({}));
  expect(requestedRecipeSchema.parse({}).phases).toEqual(["stage-1", "lr-find", "stage-2"]);
  expect(requestedRecipeSchema.parse("quick").phases).toEqual(["stage-1"]);
  expect(requestedRecipeSchema.parse("too-many-epochs")).toMatchObject({
    ...{ dropout: 0, weightDecay: 0, validFraction: 0.9, augment: false, phases: ["stage-1", "stage-2"] },
    stage2: { epochs: 40, batchSize: 32, rates: { lower: 1e-6, upper: 1e-4 }, trainFrom: "body-low" },
  });
  expect(requestedRecipeSchema.parse("lr-too-high").stage1).toMatchObject({ epochs: 1, learningRate: 0.5 });
  expect(requestedRecipeSchema.parse("lr-too-low").stage1).toMatchObject({ epochs: 5, learningRate: 1e-5 });
  expect(requestedRecipeSchema.parse("one-epoch").stage1.epochs).toBe(1);
});

test("a name that no recipe has is answered with those there are; faults in fields with those faults", () => {
  const names = "quick, lesson, one-epoch, too-many-epochs, lr-too-high, lr-too-low";
  expect(faultsOf("leson")).toEqual([["", `is no recipe's name; there are ${names}`]]);
  expect(
    faultsOf({ dropout: "much", size: "large", stage1: { epochs: 0 } })
      .map(([path]) => path)
      .toSorted(),
  ).toEqual(["dropout", "size", "stage1.epochs"]);
  expect(faultsOf(3)).toHaveLength(1);
});

test("phases run once each, the head before the whole network", () => {
  for (const phases of [["lr-find"], ["stage-2"], ["stage-1", "stage-2", "lr-find"], ["lr-find", "stage-1", "stage-2"]])
    expect(faultsOf({ phases }), String(phases)).toEqual([]);
  const [twice, order] = [
    "names a phase twice; each runs once",
    "has stage-2 before stage-1; the head is trained before",
  ];
  expect(faultsOf({ phases: ["lr-find", "stage-1", "lr-find"] })).toEqual([["phases", twice]]);
  expect(faultsOf({ phases: ["stage-2", "stage-1"] })).toEqual([["phases", expect.stringContaining(order)]]);
  expect(faultsOf({ phases: [] })).toHaveLength(1);
});

test("a record of an earlier version, which names no phases, has those that it ran", () => {
  const read = (recipe: unknown) => modelSchema.shape.recipe.parse(recipe).phases;
  expect(read({})).toEqual(["stage-1"]);
  expect(read({ stage2: { epochs: 3 } })).toEqual(["stage-1", "lr-find", "stage-2"]);
});

test("the API's description has both ways to ask", () => {
  const { recipe } = z.toJSONSchema(createModelSchema, { io: "input" }).properties ?? {};
  const [named, fields] = typeof recipe === "object" ? (recipe.anyOf ?? []) : [];
  expect(named).toEqual({ type: "string", enum: RECIPE_NAMES });
  expect(JSON.stringify(fields)).toContain("Top of the one-cycle schedule. Usual: 0.0001 to 0.1.");
});

/** Any value in these is as good as any other. */
const WITHOUT_USUAL = ["seed", "pAffine", "pLighting"];

test("every number has its range in its description, and a test above", () => {
  // The JSON schema of an object that has an object below it.
  const schema = z.toJSONSchema(recipeSchema, { io: "input" }) as { properties: Record<string, Property> };
  const { stage1, ...fields } = schema.properties;
  const below = Object.entries(stage1?.properties ?? {}).map(
    ([name, property]) => [`stage1.${name}`, property] as const,
  );
  const numbers = [...Object.entries(fields), ...below].filter(([, property]) => isNumber(property));
  expect(numbers.length).toBeGreaterThan(10);
  for (const [name, { description }] of numbers.filter(([name]) => !WITHOUT_USUAL.includes(name))) {
    expect(description, name).toMatch(/ Usual: [\d.]+ to [\d.]+\.$/);
    expect(slips.map(([path]) => path)).toContain(name);
  }
});

type Property = { type?: string; description?: string; anyOf?: Property[]; properties?: Record<string, Property> };

const isNumber = ({ type, anyOf }: Property): boolean =>
  type === "number" || type === "integer" || (anyOf ?? []).some(isNumber);
