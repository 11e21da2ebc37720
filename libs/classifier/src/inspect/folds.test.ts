import { expect, test } from "vitest";
import { assignFolds, groupsOf } from "./folds.ts";

const FOLDS = 5;

test("each class is spread evenly, each group stays whole, and the seed decides", () => {
  const labels = Array.from({ length: 103 }, (_, i) => (i < 60 ? 0 : i < 95 ? 1 : 2));
  // Of each ten pictures of the first class, the first three are one.
  const groups = labels.map((label, i) => (label === 0 && i % 10 < 3 ? i - (i % 10) : i));
  const foldOf = assignFolds({ labels, groups }, { folds: FOLDS, seed: 1 });
  for (const [index, group] of groups.entries()) expect(foldOf[index]).toBe(foldOf[group]);
  for (const [label, size] of [60, 35, 8].entries()) {
    const filled = Array.from({ length: FOLDS }, (_, fold) =>
      labels.filter((each, i) => each === label && foldOf[i] === fold).length); // biome-ignore format: short
    expect(filled.reduce((sum, each) => sum + each)).toBe(size);
    expect(Math.max(...filled) - Math.min(...filled)).toBeLessThanOrEqual(1);
  }
  expect(assignFolds({ labels, groups }, { folds: FOLDS, seed: 1 })).toEqual(foldOf);
  expect(assignFolds({ labels, groups }, { folds: FOLDS, seed: 2 })).not.toEqual(foldOf);
});

test("pairs join pictures into groups, also by way of others", () => {
  const pairs = [{ a: 3, b: 5 }, { a: 1, b: 3 }, { a: 2, b: 6 }]; // biome-ignore format: short
  expect(groupsOf(7, pairs)).toEqual([0, 1, 2, 1, 4, 1, 2]);
});
