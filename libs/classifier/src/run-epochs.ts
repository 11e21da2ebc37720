// The loop over epochs that both stages share: state after state, one checkpoint each, an early stop, the best weights kept.
// A run that is stopped within an epoch leaves the state after its last batch.
import type { EpochRow, StageName } from "@ursa/contracts/model";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import type { TrainStep } from "@ursa/tensor/train-step";
import { bestEpoch, hasStalled } from "./best-epoch.ts";
import type { TrainingState } from "./checkpoint.ts";
import { keepPlace, type Place, type PlaceOptions } from "./keep-place.ts";
import { type Evaluation, wilsonInterval } from "./metrics.ts";
import { type Random, restoreRandom } from "./random.ts";
import { enginesWith, type TrainingEngine } from "./training-engine.ts";
import type { StepReport } from "./training-progress.ts";
import type { TargetOptions } from "./training-targets.ts";

export type EpochOptions = TargetOptions &
  PlaceOptions & {
    epochs: number;
    dropout: number;
    /** Rare classes are shown as often as the most frequent one. */
    oversample: boolean;
    /** Stops when the validation loss has not fallen for so many epochs. */
    earlyStop?: number | undefined;
    /** Keeps the weights of the epoch with the lowest validation loss beside those of the last. */
    keepBest: boolean;
    engine: TrainingEngine;
    threads: number;
    /** Where to start: a fresh state or that of a checkpoint. */
    start: TrainingState;
    /** After every batch: an epoch may last for hours. */
    onStep(step: StepReport): void;
    onEpoch(row: EpochRow, state: TrainingState): Promise<void>;
    onLog(message: string): Promise<void>;
  };

export type EpochRun = {
  step: TrainStep;
  random: Random;
  state: TrainingState;
  /** To be told of every batch, before anything is drawn for the next. */
  onBatch(place: Place): Promise<void>;
};
/** What one epoch did and measured. `steps` counts those of the whole run. */
export type EpochResult = {
  steps: number;
  trainLoss: number;
  learningRate: number;
  gradientNorm?: { mean: number; largest: number };
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
  const engines = enginesWith(options.start.engines, options.engine);
  let state: TrainingState = { ...options.start, engines };
  for (const line of takeOverOf(options)) await options.onLog(line);
  while (state.epoch < options.epochs && !hasStalled(state.history, options.earlyStop)) {
    const keeper = keepPlace(options, { step, random, state });
    const result = await epochOnce({ step, random, state, onBatch: keeper.onBatch }).catch(keeper.onError);
    const seconds = keeper.seconds();
    const row = rowOf(result, { stage: options.stage, epoch: state.epoch + 1, seconds });
    const history = [...state.history, row];
    const best = options.keepBest && bestEpoch(history) === row.epoch ? networkTensors(step.state) : state.best;
    const tensors = new Map(step.state);
    state = {
      fingerprint,
      engines,
      epoch: row.epoch,
      step: result.steps,
      random: random.state(),
      history,
      tensors,
      best,
    };
    await options.onEpoch(row, state);
  }
  return state;
}

function takeOverOf({ start: { engines, epoch }, engine }: EpochOptions): string[] {
  const before = engines.at(-1);
  if (!before || before === engine.name) return [];
  return [`${before} trained up to here, ${epoch} epochs; ${engine.name} goes on. Its sums round differently.`];
}

/** What is exported: parameters and running statistics, without the optimizer's, whose names have a colon. */
export const networkTensors = (tensors: StoredTensors): Map<string, StoredTensor> =>
  new Map([...tensors].filter(([name]) => !name.includes(":")));

/** What diverged is NaN or infinite, which a row, being JSON, cannot hold. */
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function rowOf(
  { steps, trainLoss, learningRate, gradientNorm, train, valid }: EpochResult,
  at: Pick<EpochRow, "stage" | "epoch" | "seconds">,
): EpochRow {
  const { wrong, wrongByClass, count, lossError } = valid;
  const { low, high } = wilsonInterval(wrong, count);
  return {
    ...at,
    trainLoss: finite(trainLoss),
    trainLossEval: finite(train.loss),
    trainWrong: train.wrong,
    trainCount: train.count,
    validLoss: finite(valid.loss),
    ...(Number.isFinite(lossError) ? { validLossError: lossError } : {}),
    errorRate: wrong / count,
    wrong,
    wrongByClass,
    validCount: count,
    errorRateLow: low,
    errorRateHigh: high,
    learningRate,
    ...(gradientNorm
      ? { gradientNorm: { mean: finite(gradientNorm.mean), largest: finite(gradientNorm.largest) } }
      : {}),
    steps,
  };
}
