import { type EvaluationResult, evaluationResultSchema } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { describeInterpretation } from "./describe-interpretation.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";

const side = (count: number, wrong: number) => ({
  ...{ count, wrong, errorRate: wrong / count, errorRateLow: 0.01, errorRateHigh: 0.2, loss: 0.25, unread: {} },
  confusion: [
    [count / 2 - wrong, wrong],
    [0, count / 2],
  ],
  mostConfused: [{ actual: "black", predicted: "grizzly", count: wrong }],
  perClass: [],
  calibration: { expectedError: 0.031, bins: [] },
  thresholds: [
    {
      confidence: 0.9,
      covered: count / 2,
      coverage: 0.5,
      wrong: 0,
      errorRate: 0,
      errorRateLow: 0,
      errorRateHigh: 0.071,
    },
    { confidence: 0.99, covered: 0, coverage: 0, wrong: 0 },
  ],
  ...{ topLosses: [], unreadItems: [] },
});

const RESULT: EvaluationResult = evaluationResultSchema.parse({
  ...{ format: 1, evaluationId: `evl_${ULID}`, model: `mdl_${ULID}`, stage: "stage-2", split: "all", tta: false },
  dataset: { id: `ds_${ULID}`, version: 1, manifestSha256: "0".repeat(64) },
  classes: ["black", "grizzly"],
  ...side(120, 7),
  sides: { train: side(100, 4), valid: side(20, 3) },
  temperature: { value: 1.4, count: 20, lossBefore: 0.4, lossAfter: 0.3 },
});
const shown = { top: 3, url: "http://127.0.0.1:8080" };

test("every side is in the table, and the side the model has not seen is shown in full", () => {
  const text = describeInterpretation(RESULT, shown);
  expect(text).toMatch(/train +100 +4 +4\.0 %/);
  expect(text).toMatch(/valid +20 +3 +15\.0 %/);
  expect(text).toContain("stage-2 on valid of ds_");
  expect(text).toContain("error 15.0 % (3 of 20 wrong;");
  expect(text).toMatch(/black +\[7\] +3/);
});

test("says what a threshold leaves, how far the confidence is off, and which way", () => {
  const text = describeInterpretation(RESULT, shown);
  expect(text).toMatch(/>= 90\.0 % +50\.0 % +0 +0\.0 % +0\.0 % to 7\.1 %/);
  expect(text).toMatch(/>= 99\.0 % +0\.0 % +0 +– +–/);
  expect(text).toContain("3.1 % off on average");
  expect(text).toContain("Temperature 1.40, fitted on 20 validation pictures: it is surer than it should be.");
});

test("shows another side when it is asked for", () => {
  const text = describeInterpretation(RESULT, { ...shown, side: "train" });
  expect(text).toContain("error 4.0 % (4 of 100 wrong;");
});
