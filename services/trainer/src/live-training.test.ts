// What Prometheus sees of a run while it lasts, and nothing of it afterwards.
import type { EpochRow } from "@ursa/contracts/model";
import { createMetrics } from "@ursa/service/metrics";
import { expect, test } from "vitest";
import { createLiveTraining } from "./live-training.ts";

const samples = async (metrics: { render(): Promise<string> }) =>
  (await metrics.render()).split("\n").filter((line) => /^ursa_train_(?!epoch_dur|images_total)/.test(line));

const ROW: EpochRow = {
  ...{ stage: "stage-1", epoch: 1, learningRate: 0.003, seconds: 1, trainLoss: 1, trainLossEval: 1 },
  ...{ validLoss: 0.25, validCount: 8, wrong: 2, errorRate: 0.25, errorRateLow: 0.1, errorRateHigh: 0.5 },
};

test("a run is seen while it lasts, in its present phase only, and leaves nothing behind", async () => {
  const metrics = createMetrics("trainer");
  const live = createLiveTraining(metrics);
  expect(await samples(metrics)).toEqual([]);
  live.progressed({ phase: "features", done: 5, total: 10 });
  live.progressed({
    ...{ phase: "train", done: 1, total: 4 },
    ...{ loss: 0.7, learningRate: 0.001, imagesPerSecond: 120, etaSeconds: 42 },
  });
  live.endedEpoch(ROW);
  expect(
    (await samples(metrics)).map((line) => line.replace(/timestamp_seconds\{(.*)\} .*/, "timestamp_seconds{$1} NOW")),
  ).toEqual([
    'ursa_train_loss{phase="train",service="trainer"} 0.7',
    'ursa_train_loss{phase="valid",service="trainer"} 0.25',
    'ursa_train_accuracy_ratio{phase="valid",service="trainer"} 0.75',
    'ursa_train_learning_rate{service="trainer"} 0.001',
    'ursa_train_images_per_second{service="trainer"} 120',
    'ursa_train_eta_seconds{service="trainer"} 42',
    'ursa_train_phase_done_ratio{phase="train",service="trainer"} 0.25',
    'ursa_train_last_progress_timestamp_seconds{service="trainer"} NOW',
  ]);
  live.clear();
  expect(await samples(metrics)).toEqual([]);
});

test("an epoch that diverged says how much was wrong, and no loss", async () => {
  const metrics = createMetrics("trainer");
  createLiveTraining(metrics).endedEpoch({ ...ROW, validLoss: null });
  expect(await samples(metrics)).toEqual(['ursa_train_accuracy_ratio{phase="valid",service="trainer"} 0.75']);
});
