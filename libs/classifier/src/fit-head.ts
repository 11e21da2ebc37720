// The training loop of stage 1: AdamW on a one-cycle schedule over cached activations, one checkpoint per epoch.

import { at } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { openSession, type Session } from "@ursa/tensor/session";
import { openTrainStep } from "@ursa/tensor/train-step";
import { cutBatches, epochOrder } from "./batches.ts";
import type { TrainingState } from "./checkpoint.ts";
import type { FeatureFile } from "./feature-file.ts";
import { type HeadSize, statisticShapes, trainableShapes } from "./head.ts";
import { traceHeadForward, traceHeadStep } from "./head-graphs.ts";
import { type Evaluation, evaluateLogits } from "./metrics.ts";
import { oneCycle } from "./one-cycle.ts";
import type { Random } from "./random.ts";
import { type EpochOptions, type EpochResult, type EpochRun, runEpochs } from "./run-epochs.ts";
import { adamFeeds, dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";

export type LabelledFeatures = { features: FeatureFile; labels: readonly number[] };

export type FitOptions = EpochOptions & {
  size: HeadSize;
  /** One set of activations per augmented view; epoch e trains on view e modulo their number. */
  trainViews: readonly LabelledFeatures[];
  valid: LabelledFeatures;
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  gradientClip?: number | undefined;
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
  return await runEpochs({ ...options, stage: "stage-1" }, step, (run) => runEpoch(options, { ...run, forward }));
}

type Run = EpochRun & { forward: Session };

async function runEpoch(options: FitOptions, run: Run): Promise<EpochResult> {
  const views = options.trainViews[run.state.epoch % options.trainViews.length];
  if (!views) throw new Error("Stage 1 needs at least one view of the training pictures.");
  const trained = await trainEpoch(options, run, views);
  const train = await evaluate(run, views, options);
  return { ...trained, train, valid: await evaluate(run, options.valid, options) };
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
