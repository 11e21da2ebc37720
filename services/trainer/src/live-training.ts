// The gauges of the run that this trainer is at. They go away with it: a loss that stays when its run has ended looks like a run that stands still.
import type { EpochRow } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";
import type { Metrics } from "@ursa/service/metrics";

export type LiveTraining = {
  progressed(progress: Progress): void;
  endedEpoch(row: EpochRow): void;
  /** The run has ended, or is another worker's. */
  clear(): void;
};

type LiveMetrics = Pick<
  Metrics,
  | "trainLoss"
  | "trainAccuracy"
  | "trainLearningRate"
  | "trainImagesPerSecond"
  | "trainEta"
  | "trainPhaseDone"
  | "trainLastProgress"
>;

export function createLiveTraining(metrics: LiveMetrics): LiveTraining {
  const { trainLoss, trainAccuracy, trainLearningRate, trainImagesPerSecond, trainEta } = metrics;
  const { trainPhaseDone, trainLastProgress } = metrics;
  return {
    progressed({ phase, done, total, loss, learningRate, imagesPerSecond, etaSeconds }) {
      trainLastProgress.set({}, Date.now() / 1000);
      trainPhaseDone.clear();
      trainPhaseDone.set({ phase }, total > 0 ? done / total : 0);
      if (loss !== undefined) trainLoss.set({ phase: "train" }, loss);
      if (learningRate !== undefined) trainLearningRate.set({}, learningRate);
      if (imagesPerSecond !== undefined) trainImagesPerSecond.set({}, imagesPerSecond);
      if (etaSeconds !== undefined) trainEta.set({}, etaSeconds);
    },
    endedEpoch({ validLoss, errorRate }) {
      trainAccuracy.set({ phase: "valid" }, 1 - errorRate);
      // Null where the run diverged.
      if (validLoss !== null) trainLoss.set({ phase: "valid" }, validLoss);
    },
    clear() {
      const gauges = [trainLoss, trainAccuracy, trainLearningRate, trainImagesPerSecond, trainEta];
      for (const gauge of [...gauges, trainPhaseDone, trainLastProgress]) gauge.clear();
    },
  };
}
