import { type EvaluationResult, evaluationResultSchema } from "@ursa/contracts/evaluation";
import { expect, test } from "vitest";
import { confusedAtLeast } from "./confused-at-least.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const pair = (actual: string, predicted: string, count: number) => ({ actual, predicted, count });
const measured = (...mostConfused: ReturnType<typeof pair>[]) => ({
  ...{ count: 9, wrong: 4, errorRate: 0.4, errorRateLow: 0.1, errorRateHigh: 0.7, loss: 1, unread: {} },
  ...{ confusion: [], mostConfused, perClass: [], topLosses: [], unreadItems: [] },
});
const result: EvaluationResult = evaluationResultSchema.parse({
  ...{ format: 1, evaluationId: `evl_${ULID}`, model: `mdl_${ULID}`, stage: "stage-1", split: "all", tta: false },
  dataset: { id: `ds_${ULID}`, version: 1, manifestSha256: "0".repeat(64) },
  classes: ["black", "teddy"],
  ...measured(pair("black", "teddy", 4), pair("teddy", "black", 2)),
  sides: {
    train: measured(pair("black", "teddy", 3), pair("teddy", "black", 2)),
    valid: measured(pair("black", "teddy", 1)),
  },
});

test("pairs confused less often are left out, of all pictures and of each side", () => {
  const often = confusedAtLeast(result, 3);
  expect(often.mostConfused).toEqual([pair("black", "teddy", 4)]);
  expect(often.sides?.train?.mostConfused).toEqual([pair("black", "teddy", 3)]);
  expect(often.sides?.valid).toEqual({ ...result.sides?.valid, mostConfused: [] });
  expect(often.sides).not.toHaveProperty("test");
});

test("by default every pair that was confused is named", () => {
  expect(confusedAtLeast(result, 1)).toEqual(result);
});
