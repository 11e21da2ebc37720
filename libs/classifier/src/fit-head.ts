// Stage 1's training: AdamW on a one-cycle schedule over cached activations.

import { at } from "@ursa/tensor/layout";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { openSession, type Session } from "@ursa/tensor/session";
import type { TrainingState } from "./checkpoint.ts";
import type { FeatureRows } from "./feature-file.ts";
import { type HeadSize, statisticShapes, trainableShapes } from "./head.ts";
import { headStep, traceHeadForward } from "./head-graphs.ts";
import { type Evaluation, evaluateLogits } from "./metrics.ts";
import type { Random } from "./random.ts";
import { type EpochOptions, type EpochResult, type EpochRun, runEpochs } from "./run-epochs.ts";
import { dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";
import { type EpochWork, type FedBatch, trainEpoch } from "./train-epoch.ts";
import type { TargetOptions } from "./training-targets.ts";

export type LabelledFeatures = { features: FeatureRows; labels: readonly number[] };

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
  const { size, batchSize, engine, threads, start } = options;
  await using step = await engine.openStep(headStep(size, batchSize, options), { state: start.tensors, threads });
  await using forward = await openSession(traceHeadForward(size).bytes, { threads });
  return await runEpochs({ ...options, stage: "stage-1" }, step, (run) => runEpoch(options, { ...run, forward }));
}

type Run = EpochRun & { forward: Session };

async function runEpoch(options: FitOptions, run: Run): Promise<EpochResult> {
  const views = options.trainViews[run.state.epoch % options.trainViews.length];
  if (!views) throw new Error("Stage 1 needs at least one view of the training pictures.");
  const trained = await trainEpoch(options, run, workOf(options, views));
  const train = await evaluate(run, views, options);
  return { ...trained, train, valid: await evaluate(run, options.valid, options) };
}

const workOf = (options: FitOptions, train: LabelledFeatures): EpochWork => ({
  labels: train.labels,
  batchSize: options.batchSize,
  load: (batches, random) => headBatches(train, batches, { ...options, random }),
  rates: [options.learningRate],
  rateFeeds: (rates) => ({ learningRate: scalarFeed(at(rates, 0)) }),
});

export type HeadBatchOptions = TargetOptions &
  Pick<FitOptions, "size" | "batchSize" | "dropout" | "signal"> & { random: Random };

/** A batch always has `batchSize` rows; those beyond its pictures are zeros of weight 0. Throws the signal's reason. */
export async function* headBatches(
  set: LabelledFeatures,
  batches: readonly (readonly number[])[],
  options: HeadBatchOptions,
): AsyncGenerator<FedBatch> {
  const { batchSize, dropout, size, random, signal } = options;
  for (const indices of batches) {
    signal.throwIfAborted();
    const features = new Float32Array(batchSize * size.features);
    features.set(await set.features.rows(indices));
    const labels = indices.map((index) => at(set.labels, index));
    const feeds = {
      features: { dims: [batchSize, size.features], data: features },
      ...labelFeeds(labels, batchSize, options),
      ...dropoutFeeds({ batch: batchSize, size, dropout }, random),
    };
    yield { count: indices.length, feeds };
  }
}

// Rows at a time in evaluation: bounds memory, not results.
const EVALUATION_ROWS = 256;

async function evaluate({ forward, step }: Run, set: LabelledFeatures, options: FitOptions): Promise<Evaluation> {
  const { size, signal } = options;
  const names = Object.keys({ ...trainableShapes(size), ...statisticShapes(size) });
  const { state } = step;
  const parameters = Object.fromEntries(names.map((name) => [name, feedOf(state.get(name))]));
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
