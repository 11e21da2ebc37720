import { BACKBONES } from "@ursa/contracts/recipe";
import { TRAIN_FROM } from "@ursa/contracts/train-from";
import { expect, test } from "vitest";
import { registryEntry } from "../weights-registry.ts";
import type { Backbone } from "./backbone.ts";
import { efficientNetLite0 } from "./efficientnet-lite.ts";
import { freezeTo, groupsOf } from "./layer-groups.ts";
import { resNet34, resNet50 } from "./resnet.ts";
import { learnedShapes } from "./tensor-shapes.ts";

const names = (stages: readonly { name: string }[]) => stages.map(({ name }) => name).join(" ");
const sizeOf = (stages: Backbone["stages"]) =>
  [...learnedShapes(stages).values()].reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);

test("a ResNet is cut where fastai cuts it", () => {
  const { frozen, trained } = freezeTo(resNet34, "body-high");
  expect(names(frozen)).toBe("stem layer1 layer2");
  expect(names(trained)).toBe("layer3 layer4");
});

test("the upper half of EfficientNet-Lite0 holds four fifths of its weights", () => {
  const { frozen, trained } = freezeTo(efficientNetLite0, "body-high");
  expect(names(frozen)).toBe("stem blocks.0 blocks.1 blocks.2 blocks.3 blocks.4");
  expect(sizeOf(trained) / sizeOf(efficientNetLite0.stages)).toBeCloseTo(0.8, 1);
});

test.each(BACKBONES)("the recipe's places to train %s from are its parts", (name) => {
  const { backbone } = registryEntry(name);
  expect(TRAIN_FROM[name]).toEqual(["body-low", "body-high", ...backbone.stages.map((stage) => stage.name)]);
  for (const place of TRAIN_FROM[name]) expect(freezeTo(backbone, place).groups.at(-1)).toBe("head");
});

test("a stage is frozen to by its name, and groups without a stage learn nothing", () => {
  const { frozen, trained, groups } = freezeTo(resNet34, "layer4");
  expect([names(frozen), names(trained)]).toEqual(["stem layer1 layer2 layer3", "layer4"]);
  expect(groups).toEqual(["body-high", "head"]);
  expect(freezeTo(resNet34, "layer2").groups).toEqual(["body-low", "body-high", "head"]);
});

test("the two ends: only the head learns, and everything does", () => {
  expect(freezeTo(resNet50, "head").trained).toEqual([]);
  expect(freezeTo(resNet50, "body-low").frozen).toEqual([]);
});

test.each([efficientNetLite0, resNet34, resNet50])("every learned tensor of $name is in one group", (backbone) => {
  const groups = groupsOf(backbone);
  expect([...groups.keys()]).toEqual([...learnedShapes(backbone.stages).keys()]);
  expect(groups.get(`${backbone.stem}.weight`)).toBe("body-low");
});

test("sizes are those of the papers, classifiers left out", () => {
  expect(sizeOf(resNet34.stages)).toBe(21_284_672);
  expect(sizeOf(resNet50.stages)).toBe(23_508_032);
});
