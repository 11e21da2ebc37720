// What a person reads of a model.
import { type Model, modelSchema } from "@ursa/contracts/model";
import { expect, test } from "vitest";
import { describeModel } from "./model.ts";
import { errorOf } from "./model-list.ts";

const NOW = "2026-01-01T00:00:00Z";
const epoch = (at: number, errorRate: number) => ({
  ...{ stage: "stage-1" as const, epoch: at, trainLoss: 1, trainLossEval: 1, validLoss: 1, learningRate: 3e-3 },
  ...{ errorRate, errorRateLow: 0, errorRateHigh: 1, wrong: 1, validCount: 10, seconds: 1 },
});
const model = (more: Partial<Model>): Model =>
  modelSchema.parse({
    ...{ id: "mdl_01JABCDEFGHJKMNPQRSTVWXYZ0", namespace: "default", createdAt: NOW, updatedAt: NOW },
    ...{ state: "ready", enqueued: 1, fence: 1, recipe: {}, classes: ["black", "teddy"], checkpoints: [] },
    dataset: { id: "ds_01JABCDEFGHJKMNPQRSTVWXYZ0", version: 1, manifestSha256: "0".repeat(64) },
    ...{ epochs: [epoch(1, 0.1), epoch(2, 0.3)], stages: [], artifacts: [], ...more },
  });

test("the error rate in the list is of the weights that were kept, and a run that left none has none", () => {
  const stages: Model["stages"] = [{ name: "stage-1", errorRate: 0.1, validLoss: 1, seconds: 2 }];
  expect(errorOf(model({ stages }))).toBe("10.0 %");
  expect(errorOf(model({ state: "running" }))).toBe("30.0 %");
  expect(errorOf(model({ state: "failed", error: { code: "training_diverged", message: "It burst." } }))).toBe("");
});

test("how a run departed from its recipe stands under its epochs", () => {
  const stages: Model["stages"] = [
    { name: "stage-1", errorRate: 0.1, validLoss: 1, seconds: 2, engines: ["native", "compiled"] },
  ];
  const lines = describeModel(model({ stages, batchLimits: { "stage-1": 8 }, notes: ["Out of memory."] })).split("\n");
  expect(lines.slice(-4)).toEqual([
    "",
    "stage-1 was trained on native, then compiled",
    "stage-1 trains with 8 pictures per step: the recipe's batch did not fit in memory",
    "note: Out of memory.",
  ]);
});

test("a learning curve says what more pictures would bring", () => {
  const part = (fraction: number, trainCount: number, wrong: number) => ({
    fraction,
    trainCount,
    wrong,
    validCount: 50,
  });
  const learningCurve = [part(0.25, 50, 10), part(0.5, 100, 6), part(1, 200, 4)];
  const text = describeModel(
    model({ stages: [{ name: "stage-1", errorRate: 0.08, validLoss: 1, seconds: 2, learningCurve }] }),
  );
  expect(text).toMatch(
    /stage-1 +25 % +50 +20\.0 % +10\/50\nstage-1 +50 % +100 +12\.0 % +6\/50\nstage-1 +100 % +200 +8\.0 % +4\/50/,
  );
  expect(describeModel(model({}))).not.toContain("learning curve");
});
