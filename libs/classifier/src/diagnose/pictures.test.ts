// What is said of the pictures that a run learned from.
import { describe, expect, test } from "vitest";
import { diagnose } from "./diagnose.ts";
import type { Evidence, JudgedRow } from "./evidence.ts";
import { evidenceOf } from "./lesson-tables.fixture.ts";

const row = (wrong: number, more: Partial<JudgedRow> = {}): JudgedRow => ({
  ...{ trainLoss: 0.1, trainLossEval: 0.02, validLoss: 0.1, validLossError: 0.03, wrong, validCount: 100 },
  ...more,
});
const rowsOf = (wrong: number[]) => wrong.map((each) => row(each));
const codesOf = (evidence: Evidence) => diagnose(evidence).findings.map(({ code }) => code);

describe("too little data", () => {
  const worse = evidenceOf(rowsOf([30, 20, 34, 35, 36]), { targetError: 0.02 });

  test("is said of an error above the one asked for that more training makes worse, with the class that has fewest", () => {
    const pictures = { train: [40, 12, 33], valid: [50, 20, 30] };
    expect(codesOf({ ...worse, targetError: undefined })).toEqual(["overfitting"]);
    expect(diagnose({ ...worse, pictures }).findings[1]).toMatchObject({
      ...{ code: "too_little_data", sure: "likely", evidence: { bestErrorRate: 0.2, targetError: 0.02 } },
      change: { says: "Add pictures, first of grizzly: there are 12 to train on." },
    });
  });

  test("is not said where the error may be the one asked for but for chance, or where it was not trained to the end", () => {
    expect(codesOf({ ...worse, targetError: 0.15 })).toEqual(["overfitting"]);
    expect(codesOf(evidenceOf(rowsOf([30, 20, 20]), { targetError: 0.02 }))).toEqual([]);
    expect(codesOf(evidenceOf(rowsOf([30, 20, 20, 20, 21]), { targetError: 0.02 }))).toEqual(["too_little_data"]);
  });

  test("is said where twice the pictures made fewer mistakes, beyond chance", () => {
    const curve = (...wrong: number[]) =>
      wrong.map((each, i) => ({ fraction: [0.25, 0.5, 1][i] ?? 1, wrong: each, validCount: 100 }));
    const healthy = evidenceOf(rowsOf([12, 10]));
    expect(codesOf({ ...healthy, learningCurve: curve(30, 12, 10) })).toEqual([]);
    expect(diagnose({ ...healthy, learningCurve: curve(30, 20, 10) }).findings).toMatchObject([
      {
        code: "too_little_data",
        sure: "likely",
        evidence: { errorRateWith25Percent: 0.3, errorRateWith100Percent: 0.1 },
      },
    ]);
  });
});

describe("imbalance", () => {
  const classes = ["many", "few"];
  const twoClasses = (wrongByClass: number[], more: Partial<Evidence> = {}) => {
    const wrong = wrongByClass.reduce((sum, each) => sum + each, 0);
    const rows = [row(wrong, { wrongByClass, validCount: 50 }), row(wrong, { wrongByClass, validCount: 50 })];
    return evidenceOf(rows, { classes, pictures: { train: [160, 40], valid: [40, 10] }, ...more });
  };

  test("200 pictures to 50 raise no alarm while recall is good", () => {
    expect(codesOf(twoClasses([1, 0]))).toEqual([]);
    expect(codesOf(twoClasses([1, 2]))).toEqual([]);
  });

  test("a rare class that is told less often, beyond chance, is to be shown more often", () => {
    expect(diagnose(twoClasses([1, 6])).findings).toMatchObject([
      {
        ...{ code: "class_imbalance", evidence: { recall: 0.4, recallOfOthers: 0.975, trainPictures: 40 } },
        change: { recipe: { oversample: true } },
      },
    ]);
    expect(diagnose(twoClasses([1, 6], { isBalanced: true })).findings[0]?.change.recipe).toBeUndefined();
  });

  test("a class that is as frequent as others and hard is no imbalance; counts that are not known are said to be lacking", () => {
    const pictures = { train: [100, 90], valid: [40, 10] };
    expect(codesOf(twoClasses([1, 6], { pictures }))).toEqual([]);
    const { notJudged } = diagnose(twoClasses([1, 6], { pictures: undefined }));
    expect(notJudged).toContainEqual({
      code: "class_imbalance",
      lacks: expect.stringContaining("mistakes by class"),
      need: "run",
    });
  });
});

describe("an inspection", () => {
  const healthy = evidenceOf(rowsOf([6, 5, 5]));
  const codesWith = (inspected: Evidence["inspected"]) => codesOf({ ...healthy, inspected });

  test("that found copies across the split says how much they may flatter", () => {
    expect(codesWith({ leaks: { exact: 0, near: 0 } })).toEqual([]);
    expect(diagnose({ ...healthy, inspected: { leaks: { exact: 0, near: 20 } } }).findings).toMatchObject([
      { code: "leakage", sure: "likely", saw: expect.stringContaining("up to 6.3 %") },
    ]);
  });

  test("that contradicts more labels than are usually wrong is label noise, with its pair of classes", () => {
    expect(codesWith({ labelErrors: { suspects: 8, pictures: 200 } })).toEqual([]);
    const pair = { given: "teddys", looksLike: "black", count: 31 };
    expect(
      diagnose({ ...healthy, inspected: { labelErrors: { suspects: 40, pictures: 200, pair } } }).findings,
    ).toMatchObject([
      {
        code: "label_noise",
        sure: "possible",
        saw: expect.stringContaining("31, are called teddys and look like black"),
      },
    ]);
  });
});
