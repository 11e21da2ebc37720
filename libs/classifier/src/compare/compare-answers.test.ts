// What is said of two models that answered the same pictures; the test's p-values against exact fractions.
import { readFileSync } from "node:fs";
import type { SharedPicture } from "@ursa/contracts/comparison";
import type { EvaluatedItem } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { compareAnswers } from "./compare-answers.ts";
import { mcnemarPValue } from "./mcnemar.ts";

const oracle: { mended: number; broken: number; pValue: number }[] = JSON.parse(
  readFileSync(new URL("../fixtures/mcnemar.json", import.meta.url), "utf8"),
);

test.each(oracle)(
  "$mended mended and $broken broken come by chance with the p-value of exact fractions",
  ({ mended, broken, pValue }) => {
    expect(mcnemarPValue(mended, broken)).toBeCloseTo(pValue, 9);
    expect(mcnemarPValue(broken, mended)).toBe(mcnemarPValue(mended, broken));
  },
);

const CLASSES = ["black", "grizzly", "teddy"];

/** An answer that is `sure` of one class, the others sharing the rest. */
function answer(key: string, labelled: string, { says, sure = 0.8 }: { says: string; sure?: number }): EvaluatedItem {
  const rest = CLASSES.filter((name) => name !== says).map((name): [string, number] => [name, (1 - sure) / 2]);
  const predictions: [string, number][] = [[says, sure], ...rest];
  const probability = predictions.find(([name]) => name === labelled)?.[1] ?? 0;
  const place = {
    url: `https://pictures.example/${key}`,
    source: "list",
    line: 1,
    split: "valid",
    outcome: "ok",
  } as const;
  return {
    key,
    class: labelled,
    ...place,
    predicted: says,
    probability,
    loss: -Math.log(probability),
    confidence: sure,
    predictions,
  };
}

let made = 0;
function pictures(
  count: number,
  actual: string,
  says: { before: string; after: string; sure?: number; was?: string },
): SharedPicture[] {
  return Array.from({ length: count }, () => {
    const key = String(made++);
    const before = answer(key, says.was ?? actual, { says: says.before });
    const after = answer(key, actual, { says: says.after, ...(says.sure ? { sure: says.sure } : {}) });
    return { key, class: actual, url: before.url, before, after };
  });
}
const compare = (all: SharedPicture[]) => compareAnswers(all, { classes: CLASSES, split: "valid" });

test("six that are mended and none that is broken are beyond chance; each side is measured, and the confusion differs by the six", () => {
  const kept = pictures(50, "teddy", { before: "teddy", after: "teddy" });
  const mended = pictures(6, "grizzly", { before: "black", after: "grizzly" });
  const found = compare([...kept, ...mended]);
  expect(found).toMatchObject({
    ...{ shared: 56, relabelled: 0, verdict: "better", before: { wrong: 6, errorRate: 6 / 56 }, after: { wrong: 0 } },
    ...{ mended: { count: 6 }, broken: { count: 0, items: [] }, otherwiseWrong: { count: 0 } },
  });
  expect(found.confusionChange).toEqual([
    [0, 0, 0],
    [-6, 6, 0],
    [0, 0, 0],
  ]);
  expect(found.pValue).toBeCloseTo(2 / 64, 12);
  expect(found.says).toBe(
    "Better, beyond chance. Of 56 validation pictures that both answered, 6 are mended and 0 are broken (exact McNemar test, p = 0.031).",
  );
  expect(compare([...kept, ...pictures(6, "grizzly", { before: "grizzly", after: "black" })])).toMatchObject({
    ...{ verdict: "worse", says: expect.stringContaining("Worse, beyond chance. ") },
  });
});

test("five changes all one way are not beyond chance, and it is said that no five could be", () => {
  const few = compare(pictures(5, "teddy", { before: "black", after: "teddy" }));
  expect(few).toMatchObject({ verdict: "unclear", pValue: expect.closeTo(2 / 32, 12) });
  expect(few.says).toContain("With only 5 such no outcome could be beyond it");
  const both = [
    ...pictures(9, "teddy", { before: "black", after: "teddy" }),
    ...pictures(7, "teddy", { before: "teddy", after: "black" }),
  ];
  expect(compare(both)).toMatchObject({ verdict: "unclear", says: expect.not.stringContaining("With only") });
});

test("without a change there is nothing to test, whether all are right or some are wrong alike", () => {
  const right = pictures(3, "teddy", { before: "teddy", after: "teddy" });
  expect(compare(right)).toMatchObject({ pValue: 1, says: expect.stringContaining("all are right in both models") });
  const alike = pictures(1, "teddy", { before: "black", after: "black" });
  expect(compare([...right, ...alike]).says).toContain("the same 1 is wrong in both models");
});

test("another wrong class is neither mended nor broken; what changed most is listed first", () => {
  const wrong = pictures(2, "teddy", { before: "black", after: "grizzly" });
  const little = pictures(1, "black", { before: "teddy", after: "black", sure: 0.6 });
  const much = pictures(1, "black", { before: "teddy", after: "black", sure: 0.98 });
  const found = compare([...wrong, ...little, ...much]);
  expect(found).toMatchObject({ mended: { count: 2 }, broken: { count: 0 }, otherwiseWrong: { count: 2 } });
  expect(found.mended.items.map(({ key }) => key)).toEqual([much[0]?.key, little[0]?.key]);
  expect(found.mended.items[0]).toMatchObject({
    ...{ class: "black", before: { predicted: "teddy", probability: expect.closeTo(0.1, 9) } },
    after: { predicted: "black", probability: 0.98, confidence: 0.98, loss: expect.closeTo(-Math.log(0.98), 9) },
  });
});

test("a picture that got another class is judged by the new one for both models", () => {
  const found = compare(pictures(1, "grizzly", { was: "black", before: "black", after: "grizzly" }));
  expect(found).toMatchObject({
    relabelled: 1,
    mended: { count: 1 },
    before: { wrong: 1, loss: expect.closeTo(-Math.log(0.1), 9) },
  });
});

test("nothing in common is a RangeError", () => {
  expect(() => compare([])).toThrow(RangeError);
});
