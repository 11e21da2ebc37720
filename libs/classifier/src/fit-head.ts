// The training loop of stage 1: AdamW on a one-cycle schedule over cached activations, one checkpoint per epoch.

import type { EpochRow } from "@ursa/contracts/model";
import { at } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { openSession, type Session } from "@ursa/tensor/session";
import { openTrainStep, type TrainStep } from "@ursa/tensor/train-step";
import { cutBatches, epochOrder } from "./batches.ts";
import { bestEpoch, hasStalled } from "./best-epoch.ts";
import type { TrainingState } from "./checkpoint.ts";
import type { FeatureFile } from "./feature-file.ts";
import { type HeadSize, statisticShapes, trainableShapes } from "./head.ts";
import { MEAN, traceHeadForward, traceHeadStep, VARIANCE } from "./head-graphs.ts";
import { type Evaluation, evaluateLogits, wilsonInterval } from "./metrics.ts";
import { oneCycle } from "./one-cycle.ts";
import { type Random, restoreRandom } from "./random.ts";
import { adamFeeds, dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";
import type { TargetOptions } from "./training-targets.ts";

export type LabelledFeatures = { features: FeatureFile; labels: readonly number[] };

export type FitOptions = TargetOptions & {
  size: HeadSize;
  /** One set of activations per augmented view; epoch e trains on view e modulo their number. */
  trainViews: readonly LabelledFeatures[];
  valid: LabelledFeatures;
  batchSize: number;
  epochs: number;
  learningRate: number;
  weightDecay: number;
  gradientClip?: number | undefined;
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

/** Trains from `start` to the last epoch, or an early stop, and returns the state after it. Stops within one batch of an abort. */
export async function fitHead(options: FitOptions): Promise<TrainingState> {
  const { size, batchSize, threads, start } = options;
  await using step = await openTrainStep({
    graph: traceHeadStep(size, batchSize, options),
    state: start.tensors,
    threads,
  });
  await using forward = await openSession(traceHeadForward(size).bytes, { threads });
  const random = restoreRandom(start.random);
  let state = start;
  while (state.epoch < options.epochs && !hasStalled(state.history, options.earlyStop)) {
    const { row, steps } = await runEpoch(options, { step, forward, random, state });
    const history = [...state.history, row];
    const best = options.keepBest && bestEpoch(history) === row.epoch ? headTensors(step.state) : state.best;
    state = {
      fingerprint: start.fingerprint,
      epoch: row.epoch,
      step: steps,
      random: random.state(),
      history,
      tensors: new Map(step.state),
      best,
    };
    await options.onEpoch(row, state);
  }
  return state;
}

/** What is exported: parameters and running statistics, without the optimizer's. */
export const headTensors = (tensors: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> =>
  new Map([...tensors].filter(([name]) => !name.endsWith(MEAN) && !name.endsWith(VARIANCE)));

type Run = { step: TrainStep; forward: Session; random: Random; state: TrainingState };

async function runEpoch(options: FitOptions, run: Run): Promise<{ row: EpochRow; steps: number }> {
  const started = performance.now();
  const train = options.trainViews[run.state.epoch % options.trainViews.length];
  if (!train) throw new Error("Stage 1 needs at least one view of the training pictures.");
  const { steps, trainLoss, learningRate } = await trainEpoch(options, run, train);
  const { loss: trainLossEval } = await evaluate(run, train, options);
  const { loss: validLoss, wrong, count } = await evaluate(run, options.valid, options);
  const { low, high } = wilsonInterval(wrong, count);
  const row: EpochRow = {
    stage: "stage-1",
    epoch: run.state.epoch + 1,
    trainLoss,
    trainLossEval,
    validLoss,
    errorRate: wrong / count,
    wrong,
    validCount: count,
    errorRateLow: low,
    errorRateHigh: high,
    learningRate,
    seconds: (performance.now() - started) / 1000,
  };
  return { row, steps };
}

async function trainEpoch(options: FitOptions, { step, random, state }: Run, train: LabelledFeatures) {
  const order = epochOrder(train.labels, random, options.oversample);
  const batches = cutBatches(order, options.batchSize);
  const totalSteps = batches.length * options.epochs;
  let [steps, lossSum, learningRate] = [state.step, 0, 0];
  for (const indices of batches) {
    options.signal.throwIfAborted();
    const point = oneCycle(steps, totalSteps, options.learningRate);
    steps += 1;
    const pictures = await loadBatch(train, indices, { ...options, random });
    const { loss } = await step.run({
      ...pictures,
      ...adamFeeds(point.momentum, steps),
      learningRate: scalarFeed(point.learningRate),
    });
    lossSum += (loss?.data[0] ?? Number.NaN) * indices.length;
    learningRate = point.learningRate;
    options.onStep(steps, totalSteps);
  }
  return { steps, trainLoss: lossSum / order.length, learningRate };
}

// A batch always has `batchSize` rows; those beyond its pictures are zeros of weight 0.
async function loadBatch(set: LabelledFeatures, indices: readonly number[], options: FitOptions & { random: Random }) {
  const { batchSize, dropout, size, random } = options;
  const features = new Float32Array(batchSize * size.features);
  features.set(await set.features.rows(indices));
  const labels = indices.map((index) => at(set.labels, index));
  return {
    features: { dims: [batchSize, size.features], data: features },
    ...labelFeeds(labels, batchSize, options),
    ...dropoutFeeds({ batch: batchSize, size, dropout }, random),
  };
}

// Rows at a time in evaluation: bounds memory, not results.
const EVALUATION_ROWS = 256;

async function evaluate({ forward, step }: Run, set: LabelledFeatures, options: FitOptions): Promise<Evaluation> {
  const { size, signal } = options;
  const names = Object.keys({ ...trainableShapes(size), ...statisticShapes(size) });
  const parameters = Object.fromEntries(names.map((name) => [name, feedOf(step.state.get(name))]));
  const parts: Float32Array[] = [];
  for (let start = 0; start < set.labels.length; start += EVALUATION_ROWS) {
    signal.throwIfAborted();
    const count = Math.min(EVALUATION_ROWS, set.labels.length - start);
    const rows = await set.features.rows(Array.from({ length: count }, (_, i) => start + i));
    const { logits } = await forward.run({ ...parameters, features: { dims: [count, size.features], data: rows } });
    parts.push(Float32Array.from(logits?.data ?? []));
  }
  const logits = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    logits.set(part, offset);
    offset += part.length;
  }
  return evaluateLogits(logits, set.labels);
}

function feedOf(tensor: StoredTensor | undefined) {
  if (!tensor) throw new Error("The training state lacks a parameter of the head.");
  return { dims: tensor.shape, data: tensor.data };
}
