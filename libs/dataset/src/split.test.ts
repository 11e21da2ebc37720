import { describe, expect, test } from "vitest";
import { assignSplit, countValid, type SplitItem } from "./split.ts";

const OPTIONS = { validFraction: 0.2, splitSeed: 42 };

/** `groups[i]` pictures look the same as each other. */
function pictures(name: string, groups: number[], from = 0): SplitItem[] {
  let index = from;
  return groups.flatMap((size, group) =>
    Array.from({ length: size }, () => {
      index += 1;
      return { index, class: name, sha256: `${name}-${index}`, perceptualHash: `${name}-${group}` };
    }),
  );
}

const singles = (count: number) => Array.from({ length: count }, () => 1);
const CASES: [string, number[], number][] = [
  ["two pictures", singles(2), 0.2],
  ["three pictures", singles(3), 0.2],
  ["ten pictures", singles(10), 0.2],
  ["a hundred", singles(100), 0.2],
  ["a large fraction", singles(7), 0.9],
  ["a small fraction", singles(7), 0.01],
  ["two groups", [5, 3], 0.2],
  ["uneven groups", [1, 9, 1, 1, 4, 2, 1, 1, 7, 1], 0.3],
  ["one group", [4], 0.2],
];

describe.each(CASES)("%s", (_, groups, validFraction) => {
  const items = pictures("bear", groups);
  const sides = assignSplit(items, { ...OPTIONS, validFraction });
  const splitOf = (item: SplitItem) => sides.get(item.index)?.split;

  test("every picture has a side, and both sides have pictures", () => {
    expect(sides.size).toBe(items.length);
    expect(new Set(items.map(splitOf))).toEqual(new Set(["train", "valid"]));
  });

  test("pictures that look the same are on the same side", () => {
    if (groups.length === 1) return;
    for (const group of Map.groupBy(items, (item) => item.perceptualHash).values()) {
      expect(new Set(group.map(splitOf)).size).toBe(1);
    }
  });

  test("the order of the lists does not matter", () => {
    expect(assignSplit(items.toReversed(), { ...OPTIONS, validFraction })).toEqual(sides);
  });

  test("every rank on the valid side is below every rank on the other", () => {
    const ranks = (split: string) =>
      [...sides.values()].filter((side) => side.split === split).map(({ rank = -1 }) => rank);
    expect(Math.max(...ranks("valid"))).toBeLessThan(Math.min(...ranks("train")));
  });
});

test("a fifth of a hundred is twenty, and another seed takes others", () => {
  const items = pictures("bear", singles(100));
  const validOf = (splitSeed: number) =>
    [...assignSplit(items, { ...OPTIONS, splitSeed })]
      .filter(([, side]) => side.split === "valid")
      .map(([index]) => index);
  expect(validOf(42)).toHaveLength(20);
  expect(validOf(43)).toHaveLength(20);
  expect(validOf(43)).not.toEqual(validOf(42));
});

test("a class is split on its own", () => {
  const bears = pictures("bear", singles(20));
  const alone = assignSplit(bears, OPTIONS);
  const together = assignSplit([...bears, ...pictures("teddy", singles(30), 100)], OPTIONS);
  for (const [index, side] of alone) expect(together.get(index)).toEqual(side);
});

describe("marked pictures", () => {
  const marked = (items: SplitItem[], split: SplitItem["split"]) => items.map((item) => ({ ...item, split }));

  test("keep their side, without a rank", () => {
    const items = [
      ...marked(pictures("bear", singles(3)), "train"),
      ...marked(pictures("bear", singles(5), 10), "valid"),
      ...marked(pictures("bear", singles(2), 20), "test"),
    ];
    const sides = assignSplit(items, OPTIONS);
    for (const item of items) expect(sides.get(item.index)?.split).toBe(item.split);
    expect([...sides.values()].every((side) => side.rank === undefined)).toBe(true);
  });

  test("valid ones leave the unmarked to train", () => {
    const unmarked = pictures("bear", singles(10));
    const items = [...unmarked, ...marked(pictures("bear", singles(2), 50), "valid").map(lookDifferent)];
    const sides = assignSplit(items, OPTIONS);
    expect(unmarked.map((item) => sides.get(item.index))).toEqual(unmarked.map(() => ({ split: "train" })));
  });

  test("take along what looks the same", () => {
    const [first, ...rest] = pictures("bear", [3, 1, 1, 1]);
    const sides = assignSplit([{ ...(first as SplitItem), split: "test" }, ...rest], OPTIONS);
    expect([1, 2, 3].map((index) => sides.get(index)?.split)).toEqual(["test", "test", "test"]);
  });

  test("train ones alone leave a valid side to be found among the others", () => {
    const items = [...marked(pictures("bear", singles(3)), "train"), lookDifferent({ ...one(50) })];
    expect(assignSplit(items, OPTIONS).get(50)?.split).toBe("valid");
  });
});

const one = (index: number): SplitItem => ({ index, class: "bear", sha256: `bear-${index}`, perceptualHash: "0" });
const lookDifferent = (item: SplitItem): SplitItem => ({ ...item, perceptualHash: `different-${item.index}` });

test.each([
  [5, 0.2, 1],
  [10, 0.3, 3],
  [10, 0.31, 4],
  [2, 0.9, 1],
  [3, 0.01, 1],
])("of %d groups at %d, %d are valid", (groups, fraction, expected) => {
  const ranks = Array.from({ length: groups }, (_, position) => position / groups);
  expect(countValid(ranks, fraction)).toBe(expected);
});
