// The rules against the lesson's own tables, and against small tables beside each threshold.
import { describe, expect, test } from "vitest";
import { diagnose } from "./diagnose.ts";
import type { Evidence, JudgedRow } from "./evidence.ts";
import { evidenceOf, FORTY_EPOCHS, HEALTHY, TOO_FEW, TOO_HIGH, TOO_LOW } from "./lesson-tables.fixture.ts";

const codesOf = (evidence: Evidence) => diagnose(evidence).findings.map(({ code }) => code);
const only = (evidence: Evidence) => {
  const { findings } = diagnose(evidence);
  expect(findings).toHaveLength(1);
  return findings[0];
};
const row = (wrong: number, more: Partial<JudgedRow> = {}): JudgedRow => ({
  ...{ trainLoss: 0.1, trainLossEval: 0.02, validLoss: 0.1, validLossError: 0.03, wrong, validCount: 100 },
  ...more,
});
const rowsOf = (wrong: number[]) => wrong.map((each) => row(each));

describe("the lesson's tables", () => {
  test.each(HEALTHY)("%s is healthy: its train loss above the valid loss means nothing", (_name, evidence) => {
    expect(codesOf(evidence)).toEqual([]);
  });

  test("a learning rate of 0.5 is too high: start again at a tenth", () => {
    expect(only(TOO_HIGH)).toMatchObject({
      ...{ code: "learning_rate_too_high", stage: "stage-1", sure: "certain" },
      evidence: { validLoss: 1144188288, trainLoss: 12.220007, guessLoss: Math.log(3), errorRate: 108 / 141 },
      change: { recipe: { stage1: { learningRate: 0.05 } } },
    });
  });

  test("a learning rate of 1e-5 is too low: ten times of it", () => {
    expect(only(TOO_LOW)).toMatchObject({
      ...{ code: "learning_rate_too_low", sure: "likely" },
      evidence: { firstTrainLoss: 1.349, trainLoss: 1.321, epochs: 5 },
      change: { recipe: { stage1: { learningRate: 1e-4 } } },
    });
  });

  test("one epoch is too few: as many as the lesson's", () => {
    expect(only(TOO_FEW)).toMatchObject({
      ...{ code: "too_few_epochs", sure: "likely", change: { recipe: { stage1: { epochs: 4 } } } },
      saw: expect.stringContaining("valid 1.1 to 0.12"),
    });
  });

  test("40 epochs whose error never got worse are no overfitting, at no time", () => {
    expect(FORTY_EPOCHS.rows[39]).toMatchObject({ wrong: 34 });
    for (let ran = 15; ran <= 40; ran++) {
      const codes = codesOf({ ...FORTY_EPOCHS, rows: FORTY_EPOCHS.rows.slice(0, ran), isComplete: ran === 40 });
      expect(codes, `after ${ran} epochs`).not.toContain("overfitting");
    }
    expect(codesOf(FORTY_EPOCHS)).toEqual([]);
  });
});

describe("a learning rate", () => {
  test("that burst in the middle of an epoch and was mended by its end is too high", () => {
    expect(codesOf(evidenceOf([row(0, { trainLoss: 5.2, trainLossEval: 3.7 })]))).toEqual(["learning_rate_too_high"]);
  });

  test("whose losses are no numbers is too high", () => {
    const burst = row(66, { trainLoss: null, trainLossEval: null, validLoss: null });
    expect(only(evidenceOf([burst]))).toMatchObject({ sure: "certain", evidence: { validLoss: null } });
    const normed = { ...burst, gradientNorm: { mean: null, largest: 1e12 } };
    const evidence = { meanGradientNorm: null, largestGradientNorm: 1e12 };
    expect(only(evidenceOf([normed]))).toMatchObject({ sure: "certain", evidence });
  });

  // 2 of 226 are wrong, at most 3.2 % but for chance: h(0.032) + 0.032 ln 2 is 0.16 nats.
  test("that makes it surer of its mistakes than two of them allow is too high, however few are wrong", () => {
    const sure = (trainLossEval: number) => [
      row(1, { trainLoss: 0.62, trainLossEval, trainWrong: 2, trainCount: 226 }),
    ];
    const at = { rates: { upper: 0.5 }, epochs: 1 };
    expect(only(evidenceOf(sure(0.68), at))).toMatchObject({
      ...{ code: "learning_rate_too_high", sure: "likely" },
      evidence: { highestHonestLoss: expect.closeTo(0.163, 2) },
    });
    expect(codesOf(evidenceOf(sure(0.15), at))).toEqual(["too_few_epochs"]);
    expect(codesOf(evidenceOf(sure(0.68), { epochs: 1 }))).toEqual(["too_few_epochs"]);
  });

  test("is not too high where only the valid loss is large: such a run knows its training pictures by heart", () => {
    expect(codesOf(evidenceOf([row(30), row(30, { validLoss: 5, validLossError: 1 })]))).toEqual([]);
  });

  test("that is too high is lowered to what the finder suggests, where that is lower still", () => {
    const found = only({ ...TOO_HIGH, suggestions: { valley: 2e-3, steepest: 1e-2 } });
    expect(found?.change.recipe).toEqual({ stage1: { learningRate: 2e-3 } });
  });

  test("that was raised and burst goes back to where it was, for more epochs", () => {
    const found = only({ ...TOO_HIGH, others: [{ rate: 1e-3, epochs: 5, isDiverged: false }] });
    expect(found?.change.recipe).toEqual({ stage1: { learningRate: 1e-3, epochs: 10 } });
  });

  test("that is too low, a tenth of one that burst, stays for more epochs", () => {
    const found = only({ ...TOO_LOW, others: [{ rate: 1e-4, epochs: 5, isDiverged: true }] });
    expect(found?.change.recipe).toEqual({ stage1: { epochs: 10 } });
  });

  test("near chance is not too low where the finder suggests no higher one", () => {
    expect(codesOf({ ...TOO_LOW, suggestions: { valley: 2e-5, steepest: 1e-4 } })).toEqual([]);
    expect(codesOf({ ...TOO_LOW, suggestions: { valley: 1e-3, steepest: 3e-3 } })).toEqual(["learning_rate_too_low"]);
    expect(codesOf({ ...TOO_LOW, rates: { upper: 3e-3 } })).toEqual([]);
  });

  test("is not judged by a run that was stopped", () => {
    const { findings, notJudged } = diagnose({ ...TOO_LOW, isComplete: false });
    expect(findings).toEqual([]);
    expect(notJudged).toContainEqual({ code: "learning_rate_too_low", lacks: "the end of the run", need: "end" });
  });

  test("of stage 2 is changed for all layers alike", () => {
    const stage = { stage: "stage-2", rates: { lower: 1e-6, upper: 1e-5 }, usualRate: 3e-4 } as const;
    expect(only({ ...TOO_LOW, ...stage })?.change.recipe).toEqual({ stage2: { rates: { lower: 1e-5, upper: 1e-4 } } });
  });
});

describe("too few epochs", () => {
  const twice = (fall: Partial<JudgedRow>) =>
    codesOf(evidenceOf([row(8, { validLoss: 0.3, trainLossEval: 0.3 }), row(6, { ...fall })]));

  test("are those in whose last one both losses fell by a tenth and beyond chance", () => {
    expect(twice({ validLoss: 0.2, validLossError: 0.04, trainLossEval: 0.2 })).toEqual(["too_few_epochs"]);
    expect(twice({ validLoss: 0.2, validLossError: 0.06, trainLossEval: 0.2 })).toEqual([]);
    expect(twice({ validLoss: 0.28, validLossError: 0.001, trainLossEval: 0.2 })).toEqual([]);
    expect(twice({ validLoss: 0.2, validLossError: 0.04, trainLossEval: 0.29 })).toEqual([]);
  });

  test("are known of one epoch only by what was before it", () => {
    const stage = { stage: "stage-2", isNewHead: false } as const;
    const alone = evidenceOf([row(5, { validLoss: 0.11, trainLossEval: 0.1 })], stage);
    expect(codesOf(alone)).toEqual([]);
    expect(codesOf({ ...alone, before: row(5, { validLoss: 0.12, trainLossEval: 0.2 }) })).toEqual([]);
    expect(codesOf({ ...alone, before: row(20, { validLoss: 0.6, trainLossEval: 0.5 }) })).toEqual(["too_few_epochs"]);
  });
});

describe("overfitting", () => {
  // Of 100 pictures 6 wrong: a standard error of 2.6 %, so beyond chance are 6 more.
  test("is an error that was worse by two standard errors in each of the last three epochs", () => {
    expect(only(evidenceOf(rowsOf([20, 6, 8, 12, 13, 12])))).toMatchObject({
      ...{ code: "overfitting", sure: "likely", evidence: { bestEpoch: 2, bestErrorRate: 0.06, errorRate: 0.12 } },
      change: { recipe: { stage1: { epochs: 2 } } },
    });
    expect(codesOf(evidenceOf(rowsOf([20, 6, 8, 12, 13, 11])))).toEqual([]);
    expect(codesOf(evidenceOf(rowsOf([20, 6, 12, 12])))).toEqual([]);
    expect(codesOf(evidenceOf(rowsOf([6, 12, 12, 12, 8])))).toEqual([]);
  });

  test("is never seen in three mistakes more, nor in losses", () => {
    const few = (wrong: number[]) => wrong.map((each) => row(each, { validCount: 1000 }));
    expect(codesOf(evidenceOf(few([20, 0, 3, 3, 3])))).toEqual([]);
    expect(codesOf(evidenceOf(few([20, 0, 4, 4, 4])))).toEqual(["overfitting"]);
    const rising = [0.1, 0.2, 0.4, 0.8, 1].map((validLoss) => row(5, { validLoss, trainLossEval: 1e-4 }));
    expect(codesOf(evidenceOf(rising))).toEqual([]);
  });
});
