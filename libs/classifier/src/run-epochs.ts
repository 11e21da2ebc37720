// The loop over epochs that both stages share: state after state, one checkpoint each, an early stop, the best weights kept.
import type { EpochRow, StageName } from "@ursa/contracts/model";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import type { TrainStep } from "@ursa/tensor/train-step";
import { bestEpoch, hasStalled } from "./best-epoch.ts";
import type { TrainingState } from "./checkpoint.ts";
import { type Evaluation, wilsonInterval } from "./metrics.ts";
import { type Random, restoreRandom } from "./random.ts";
import type { TargetOptions } from "./training-targets.ts";

export type EpochOptions = TargetOptions & {
  epochs: number;
  dropout: number;
  /** Rare classes are shown as often as the most frequent one. */
  oversample: boolean;
  /** Stops when the validation loss has not fallen for so many epochs. */
  earlyStop?: number | undefined;
  /** Keeps the weights of the epoch with the lowest validation loss beside those of the last. */
  keepBest: boolean;
  threads: number;
  /** Where to start: a fresh state or that of a checkpoint. */
  start: TrainingState;
  /** After every batch: steps taken and those of the whole run. An epoch may last for hours. */
  onStep(done: number, total: number): void;
  onEpoch(row: EpochRow, state: TrainingState): Promise<void>;
  signal: AbortSignal;
};

export type EpochRun = { step: TrainStep; random: Random; state: TrainingState };
/** What one epoch did and measured. `steps` counts those of the whole run. */
export type EpochResult = {
  steps: number;
  trainLoss: number;
  learningRate: number;
  train: Evaluation;
  valid: Evaluation;
};

/** Runs epochs from `start` to the last, or to an early stop, and returns the state after it. */
export async function runEpochs(
  options: EpochOptions & { stage: StageName },
  step: TrainStep,
  epochOnce: (run: EpochRun) => Promise<EpochResult>,
): Promise<TrainingState> {
  const { fingerprint, random: from } = options.start;
  const random = restoreRandom(from);
  let state = options.start;
  while (state.epoch < options.epochs && !hasStalled(state.history, options.earlyStop)) {
    const started = performance.now();
    const result = await epochOnce({ step, random, state });
    const seconds = (performance.now() - started) / 1000;
    const row = rowOf(result, { stage: options.stage, epoch: state.epoch + 1, seconds });
    const history = [...state.history, row];
    const best = options.keepBest && bestEpoch(history) === row.epoch ? networkTensors(step.state) : state.best;
    const tensors = new Map(step.state);
    state = { fingerprint, epoch: row.epoch, step: result.steps, random: random.state(), history, tensors, best };
    await options.onEpoch(row, state);
  }
  return state;
}

/** What is exported: parameters and running statistics, without the optimizer's, whose names have a colon. */
export const networkTensors = (tensors: StoredTensors): Map<string, StoredTensor> =>
  new Map([...tensors].filter(([name]) => !name.includes(":")));

function rowOf(
  { trainLoss, learningRate, train, valid }: EpochResult,
  at: Pick<EpochRow, "stage" | "epoch" | "seconds">,
): EpochRow {
  const { loss: validLoss, wrong, count } = valid;
  const { low, high } = wilsonInterval(wrong, count);
  return {
    ...at,
    trainLoss,
    trainLossEval: train.loss,
    validLoss,
    errorRate: wrong / count,
    wrong,
    validCount: count,
    errorRateLow: low,
    errorRateHigh: high,
    learningRate,
  };
}
