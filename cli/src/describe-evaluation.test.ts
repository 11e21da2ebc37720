import { type EvaluationResult, evaluationResultSchema } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { confusionTable, describeResult } from "./describe-evaluation.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const item = (key: string, loss: number) => ({
  ...{
    key,
    class: "grizzly",
    url: `https://bears.example/${key}.jpg`,
    source: "list",
    line: 1,
    outcome: "ok" as const,
  },
  ...{ predicted: "black", probability: Math.exp(-loss), loss },
});

const RESULT: EvaluationResult = evaluationResultSchema.parse({
  ...{ format: 1, evaluationId: `evl_${ULID}`, model: `mdl_${ULID}`, stage: "stage-1", split: "test", tta: true },
  dataset: { id: `ds_${ULID}`, version: 1, manifestSha256: "0".repeat(64) },
  classes: ["black", "grizzly"],
  ...{ count: 50, wrong: 2, errorRate: 0.04, errorRateLow: 0.011, errorRateHigh: 0.135, loss: 0.25 },
  unread: { corrupt_image: 1 },
  confusion: [
    [24, 0],
    [2, 24],
  ],
  mostConfused: [{ actual: "grizzly", predicted: "black", count: 2 }],
  perClass: [
    { class: "black", count: 24, predicted: 26, precision: 24 / 26, recall: 1, f1: 0.96 },
    { class: "grizzly", count: 26, predicted: 24, precision: 1, recall: 24 / 26 },
  ],
  topLosses: [item("17", 3), item("4", 1)],
  unreadItems: [{ ...item("9", 0), outcome: "corrupt_image", reason: "cut short" }],
});

test("rows are the true classes, what is right is in brackets, and digits stand below each other", () => {
  const drawn = confusionTable(
    ["black", "teddy bear"],
    [
      [128, 0],
      [3, 7],
    ],
  );
  expect(drawn.split("\n")).toEqual([
    "true \\ predicted  black  teddy bear",
    "black             [128]          ·",
    "teddy bear           3          [7]",
  ]);
});

test("says the error with its interval, what was not read, the top losses and where their pictures are", () => {
  const text = describeResult(RESULT, { top: 1, url: "http://127.0.0.1:8080/" });
  expect(text).toContain("with test-time augmentation on test of ds_");
  expect(text).toContain("error 4.0 % (2 of 50 wrong; 95 %: 1.1 % to 13.5 %), loss 0.2500; not read: 1 corrupt_image");
  expect(text).toMatch(/black +24 +92\.3 % +100\.0 % +96\.0 %\ngrizzly +26 +100\.0 % +92\.3 % +–/);
  expect(text).toMatch(/most confused: true +predicted +pictures\n[─ ]+\ngrizzly +black +2\n/);
  expect(text).toMatch(/3\.00 +grizzly +black +5\.0 % +17 +https:\/\/bears\.example\/17\.jpg/);
  expect(text).not.toContain("bears.example/4.jpg");
  expect(text).toContain(`See a picture at http://127.0.0.1:8080/v1/datasets/ds_${ULID}/items/ITEM/image`);
  expect(text).toMatch(/9 +corrupt_image +cut short/);
});

test("where no pair was confused, or none as often as was asked for, none is named", () => {
  expect(describeResult({ ...RESULT, mostConfused: [] }, { top: 0, url: "" })).not.toContain("most confused");
});

test("many classes are shown as the pairs that were confused, not as a table wider than a screen", () => {
  const classes = Array.from({ length: 40 }, (_, n) => `species ${n}`);
  const mostConfused = [{ actual: "species 3", predicted: "species 9", count: 5 }];
  const text = describeResult({ ...RESULT, classes, mostConfused }, { top: 0, url: "" });
  expect(text).not.toContain("true \\ predicted");
  expect(text).toMatch(/species 3 +species 9 +5/);
  expect(text).not.toContain("See a picture");
});
