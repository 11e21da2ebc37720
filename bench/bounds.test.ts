// When `ursa bench train`, `ursa bench recipe` and `ursa bench cleaning` fail, with figures written by hand.
import { expect, test } from "vitest";
import {
  checksOfCleaning,
  checksOfLesson,
  checksOfShapes,
  checksOfStep,
  meansOf,
  missesOf,
  type RecipeRun,
} from "./bounds.ts";

const run = (errors: [number, number], seconds: [number, number, number], rest = {}): RecipeRun => ({
  stages: [
    { name: "stage-1", errorRate: errors[0], seconds: seconds[0] },
    { name: "lr-find", seconds: seconds[1] },
    { name: "stage-2", errorRate: errors[1], seconds: seconds[2] },
  ],
  ...rest,
});
const within = { wallSeconds: 99, trainerMb: 2047 };

test("a step has to be as fast as PyTorch's by each model's own bound, where PyTorch was there", () => {
  const missed = (model: string, ratio: number | undefined, tailOverFull: number) =>
    missesOf(checksOfStep({ model, ratio, tailOverFull }));
  expect(missed("resnet34", 0.9, 4)).toEqual([]);
  expect(missed("resnet34", 0.89, 4)).toEqual(["resnet34: compiled / torch, full step 0.89, at least 0.9"]);
  expect(missed("efficientnet_lite0", 1.2, 4)).toEqual([]);
  expect(missed("efficientnet_lite0", 1.19, 3.9)).toEqual([
    "efficientnet_lite0: compiled / torch, full step 1.19, at least 1.2",
    "efficientnet_lite0: tail / full step 3.9, at least 4",
  ]);
  expect(missed("resnet34", undefined, 4)).toEqual([]);
  expect(missed("resnet18", 0.1, 4)).toEqual([]);
  expect(missed("resnet34", Number.NaN, Number.NaN)).toHaveLength(2);
});

test("the lesson alone is measured in seconds: means of the seeds, and the worst wall time and memory", () => {
  const good = [run([0.01, 0.02], [10, 40, 20], within), run([0.02, 0.022], [10, 50, 30], within)];
  expect(meansOf(good)).toEqual({
    first: expect.closeTo(1.5),
    second: expect.closeTo(2.1),
    stages: expect.closeTo(35),
    finder: expect.closeTo(45),
  });
  expect(missesOf(checksOfLesson([run([0.01, 0.0169], [10, 45, 25], within)], []))).toEqual([]);
  const bad = [
    run([0.01, 0.04], [10, 40, 20], within),
    run([0.01, 0.04], [30, 60, 30], { wallSeconds: 101, trainerMb: 1 }),
  ];
  expect(missesOf(checksOfLesson(bad, []))).toEqual([
    "mean error after stage 2 4 %, at most 2.1",
    "above stage 1 3 points, at most 0.7",
    "both stages 45 s, at most 35",
    "learning-rate finder 50 s, at most 45",
    "longest wall time 101 s, at most 100",
  ]);
  expect(missesOf(checksOfLesson([run([0, 0], [1, 1, 1], { wallSeconds: 1, trainerMb: 2049 })], []))).toEqual([
    "largest trainer 2049 MB, at most 2048",
  ]);
});

test("the lesson beside fastai is measured as a share of fastai's time", () => {
  const ursa = [run([0, 0], [20, 60, 40], within)];
  expect(missesOf(checksOfLesson(ursa, [run([0, 0], [200, 81, 102])]))).toEqual([]);
  expect(missesOf(checksOfLesson(ursa, [run([0, 0], [150, 79, 150])]))).toEqual([
    "both stages, of fastai's 0.2, at most 0.1989",
    "learning-rate finder, of fastai's 0.7595, at most 0.75",
  ]);
});

test("on drawn shapes stage 1 has to be bad, and stage 2 half as bad", () => {
  const missed = (...errors: [number, number]) => missesOf(checksOfShapes([run(errors, [1, 1, 1])]));
  expect(missed(0.1, 0.05)).toEqual([]);
  expect(missed(0.09, 0.01)).toEqual(["mean error after stage 1 9 %, at least 10"]);
  expect(missed(0.2, 0.11)).toEqual(["stage 2's error, of stage 1's 0.55, at most 0.5"]);
});

test("a run without a stage misses what that stage was to show", () => {
  const missed = missesOf(checksOfLesson([{ stages: [], ...within }], []));
  expect(missed).toHaveLength(4);
  expect(missed[0]).toBe("mean error after stage 2 NaN %, at most 2.1");
});

test("wrong labels have to cost four points, and mending what is listed first has to win four fifths of that back", () => {
  const seed = (errorClean: number, errorFlipped: number, errorMended: number) => ({
    ...{ found: 0.8, errorClean, errorFlipped, errorMended },
  });
  const missed = (...runs: ReturnType<typeof seed>[]) => missesOf(checksOfCleaning(runs));
  expect(missed(seed(0.015, 0.11, 0.03))).toEqual([]);
  // Of the two the one loses nothing; the mean decides.
  expect(missed(seed(0.02, 0.02, 0.02), seed(0.02, 0.14, 0.03))).toEqual([]);
  expect(missed(seed(0.02, 0.055, 0.02))).toEqual(["wrong labels cost 3.5 points, at least 4"]);
  expect(missed(seed(0, 0.1, 0.025))).toEqual(["won back by cleaning 75 %, at least 80"]);
  expect(missed(seed(0.1, 0.1, 0))).toHaveLength(2);
});
