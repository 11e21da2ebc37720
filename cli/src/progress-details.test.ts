import type { Progress } from "@ursa/contracts/record";
import { expect, test } from "vitest";
import { progressDetails } from "./progress-details.ts";

const count = { phase: "train", done: 3, total: 6 } as const;
const batch: Progress = {
  ...{ ...count, stage: "stage-2", epoch: 1, epochs: 2, batch: 3, batches: 3 },
  ...{ loss: 0.3127, learningRate: 2.1234e-4, imagesPerSecond: 17.34, etaSeconds: 12 },
};

test("a batch of training says where it is, how it does and how long it takes", () => {
  expect(progressDetails(batch)).toBe("stage 2 · epoch 1/2 · loss 0.31 · lr 2.1e-4 · 17 img/s · ETA 12 s");
});

test("what is not known is left out", () => {
  const { imagesPerSecond: _, etaSeconds: __, ...first } = batch;
  expect(progressDetails(first)).toBe("stage 2 · epoch 1/2 · loss 0.31 · lr 2.1e-4");
  expect(progressDetails({ phase: "fetch", done: 1, total: 2 })).toBe("");
});

test.each([
  [99, "99 s"],
  [100, "2 min"],
  [3 * 3600 + 61, "3 h 2 min"],
])("%i seconds are %s", (etaSeconds, shown) => {
  expect(progressDetails({ ...count, etaSeconds })).toBe(`ETA ${shown}`);
});
