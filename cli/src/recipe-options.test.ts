// What the options of `ursa train` ask for, against the recipe that the API takes.
import { type Recipe, recipeSchema } from "@ursa/contracts/recipe";
import { Command } from "commander";
import { expect, test } from "vitest";
import { addRecipeOptions, classWeights, phases, recipeOf, slice } from "./recipe-options.ts";

const ask = (...args: string[]) => askLike(undefined, ...args);
const askLike = (like: Recipe | undefined, ...args: string[]) => {
  const command = addRecipeOptions(new Command("train"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return recipeOf(command.parse(args, { from: "user" }).opts(), like);
};

test("without options nothing is said, so that the API's defaults hold", () => {
  expect(ask()).toEqual({ stage1: {}, stage2: {} });
});

test("every field of the recipe can be set", () => {
  const asked = ask(
    ...[
      "--backbone",
      "resnet18",
      "--epochs",
      "6",
      "--lr",
      "1e-2",
      "--batch",
      "16",
      "--size",
      "192",
      "--seed",
      "7",
      "--no-pretrained",
    ],
    ...[
      "--dropout",
      "0.2",
      "--wd",
      "0.1",
      "--clip",
      "1",
      "--mixup",
      "0.4",
      "--label-smoothing",
      "0.1",
      "--class-weights",
      "balanced",
    ],
    ...[
      "--oversample",
      "--early-stop",
      "3",
      "--keep-best",
      "--learning-curve",
      "--valid-fraction",
      "0.3",
      "--allow-unusual",
    ],
    ...["--no-augment", "--no-flip", "--flip-vertical", "--max-rotate", "0", "--max-zoom", "1.2"],
    ...["--phases", "lr-find,stage-1,stage-2", "--unfreeze", "3", "--slice", "1e-5,1e-3", "--train-from", "layer4"],
    ...["--unfreeze-batch", "8", "--train-bn"],
    ...["--max-lighting", "0.1", "--max-warp", "0", "--p-affine", "0.5", "--p-lighting", "0.25"],
  );
  expect(recipeSchema.parse(asked)).toEqual({
    ...{ backbone: "resnet18", size: 192, seed: 7, pretrained: false, dropout: 0.2, weightDecay: 0.1 },
    ...{
      gradientClip: 1,
      mixup: 0.4,
      labelSmoothing: 0.1,
      classWeights: "balanced",
      oversample: true,
      earlyStop: 3,
      keepBest: true,
      learningCurve: true,
    },
    ...{ validFraction: 0.3, allowUnusual: true, augment: false, flip: false, flipVertical: true, maxRotate: 0 },
    ...{ maxZoom: 1.2, maxLighting: 0.1, maxWarp: 0, pAffine: 0.5, pLighting: 0.25 },
    phases: ["lr-find", "stage-1", "stage-2"],
    stage1: { epochs: 6, learningRate: 0.01, batchSize: 16 },
    stage2: { epochs: 3, batchSize: 8, trainBn: true, trainFrom: "layer4", rates: { lower: 1e-5, upper: 1e-3 } },
  });
  expect(Object.keys(asked).toSorted()).toEqual(Object.keys(recipeSchema.shape).toSorted());
});

test("a named recipe is the start, and options change it", () => {
  expect(ask("--recipe", "lr-too-high")).toMatchObject({
    allowUnusual: true,
    stage1: { epochs: 1, learningRate: 0.5 },
  });
  expect(ask("--recipe", "lr-too-high", "--epochs", "3")).toMatchObject({ stage1: { epochs: 3, learningRate: 0.5 } });
  expect(ask("--recipe", "too-many-epochs", "--dropout", "0.1")).toMatchObject({ dropout: 0.1, augment: false });
  expect(() => ask("--recipe", "slow")).toThrow("Allowed choices are quick, lesson, one-epoch");
});

test("from a trained stage only stage 2 runs, and the options of what is trained are its", () => {
  const from = (...args: string[]) => ask("--from", "mdl_1@stage-1", ...args);
  const phases = ["stage-2"];
  expect(from()).toEqual({ phases, stage1: {}, stage2: {} });
  expect(from("--epochs", "3", "--lr", "1e-3", "--batch", "8")).toEqual({
    ...{ phases, stage1: {}, stage2: { epochs: 3, rates: { upper: 1e-3 }, batchSize: 8 } },
  });
  const stage2 = { rates: { lower: 1e-5, upper: 1e-3 } };
  expect(from("--slice", "1e-5,1e-3")).toEqual({ phases, stage1: {}, stage2 });
  expect(from("--phases", "stage-1,stage-2", "--batch", "8")).toMatchObject({ stage1: { batchSize: 8 }, stage2: {} });
  expect(from("--recipe", "quick", "--epochs", "2")).toEqual({
    ...{ phases: ["stage-1"], stage1: { epochs: 2 }, stage2: {} },
  });
  expect(ask("--phases", "stage-2", "--epochs", "2").stage2).toEqual({ epochs: 2 });
  expect(() => from("--lr", "1e-3", "--slice", "1e-3")).toThrow("--lr and --slice are the same where only stage 2");
  expect(() => from("--epochs", "2", "--unfreeze", "2")).toThrow("give one of them");
});

test("class weights name classes, whatever they are called", () => {
  expect(classWeights("black=2,teddy bear=0.5,a=b=3")).toEqual({ black: 2, "teddy bear": 0.5, "a=b": 3 });
  expect(classWeights("balanced")).toBe("balanced");
  expect(() => classWeights("black=2,teddy")).toThrow('Expected class=weight, got "teddy"');
  expect(() => classWeights("black=much")).toThrow("Expected class=weight");
});

test("a second stage is asked for by its epochs, by its rates, by its name, or by a recipe that has one", () => {
  const lesson = ["stage-1", "lr-find", "stage-2"];
  expect(ask("--unfreeze", "3")).toEqual({ phases: lesson, stage1: {}, stage2: { epochs: 3 } });
  const rates = { lower: 1e-5, upper: 3e-4 };
  expect(ask("--slice", "1e-5,3e-4"), "given rates need no finder").toEqual({
    ...{ phases: ["stage-1", "stage-2"], stage1: {}, stage2: { rates } },
  });
  expect(ask("--train-from", "body-high")).toEqual({ phases: lesson, stage1: {}, stage2: { trainFrom: "body-high" } });
  expect(ask("--slice", "1e-5,3e-4", "--phases", "stage-2").phases).toEqual(["stage-2"]);
  expect(recipeSchema.parse(ask("--recipe", "lesson")).phases).toEqual(lesson);
  expect(ask("--recipe", "quick").phases).toEqual(["stage-1"]);
  for (const wrong of ["", "a", "1e-5,", "1,2,3"]) expect(() => slice(wrong), wrong).toThrow("Give one learning rate");
  expect(ask("--find-only").phases).toEqual(["lr-find"]);
  for (const wrong of ["", "stage-3", "stage-1,"])
    expect(() => phases(wrong), wrong).toThrow("out of stage-1, lr-find");
});

test("a run like another has its recipe, but for what is said", () => {
  const two = recipeSchema.parse({
    phases: ["stage-1", "stage-2"],
    stage1: { epochs: 9 },
    stage2: { epochs: 3 },
    weightDecay: 0.1,
  });
  expect(recipeSchema.parse(askLike(two))).toEqual(two);
  // Rates of its own need no finder, which the usual phases would bring back.
  expect(askLike(two, "--unfreeze", "5")).toMatchObject({ ...two, stage2: { ...two.stage2, epochs: 5 } });
  expect(askLike(two, "--lr", "1e-4")).toMatchObject({ ...two, stage1: { ...two.stage1, learningRate: 1e-4 } });
  expect(askLike(two, "--find-only")).toMatchObject({ phases: ["lr-find"], stage1: { epochs: 9 } });
  const head = recipeSchema.parse({ phases: ["stage-1"], seed: 7 });
  expect(recipeSchema.parse(askLike(head))).toEqual(head);
  expect(askLike(head, "--unfreeze", "1")).toMatchObject({ phases: ["stage-1", "lr-find", "stage-2"], seed: 7 });
  expect(askLike(two, "--from", "mdl_1@stage-1")).toMatchObject({ phases: ["stage-2"] });
});
