// The training loop of stage 2: everything learns, each layer group at its own rate; one checkpoint per epoch.
import type { EpochRow } from "@ursa/contracts/model";
import { at } from "@ursa/tensor/layout";
import { openTrainStep, type TrainStep } from "@ursa/tensor/train-step";
import { LAYER_GROUPS } from "./backbones/layer-groups.ts";
import { cutBatches, epochOrder } from "./batches.ts";
import { bestEpoch, hasStalled } from "./best-epoch.ts";
import type { TrainingState } from "./checkpoint.ts";
import { type LabelledViews, measureNetwork, networkTensors } from "./measure-network.ts";
import { wilsonInterval } from "./metrics.ts";
import { type NetworkStepOptions, rateInput, traceNetworkStep } from "./network-graphs.ts";
import { oneCycle } from "./one-cycle.ts";
import { pictureBatches } from "./picture-batches.ts";
import { type Random, restoreRandom } from "./random.ts";
import { adamFeeds, dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";
import type { TargetOptions } from "./training-targets.ts";

/** Training pictures as an epoch sees them: augmented anew in each. */
export type TrainingViews = { labels: readonly number[]; view(epoch: number): LabelledViews["view"] };

export type FitNetworkOptions = TargetOptions & {
  network: NetworkStepOptions;
  train: TrainingViews;
  valid: LabelledViews;
  epochs: number;
  /** Top of the one-cycle schedule, per layer group. */
  rates: readonly number[];
  dropout: number;
  /** Rare classes are shown as often as the most frequent one. */
  oversample: boolean;
  /** Stops when the validation loss has not fallen for so many epochs. */
  earlyStop?: number | undefined;
  /** Keeps the weights of the epoch with the lowest validation loss beside those of the last. */
  keepBest: boolean;
  threads: number;
  /** Where to start: after stage 1, or a checkpoint. */
  start: TrainingState;
  /** After every batch: steps taken and those of the whole run. */
  onStep(done: number, total: number): void;
  onEpoch(row: EpochRow, state: TrainingState): Promise<void>;
  signal: AbortSignal;
};

/** Trains from `start` to the last epoch, or an early stop, and returns the state after it. Stops within one batch of an abort. */
export async function fitNetwork(options: FitNetworkOptions): Promise<TrainingState> {
  const { network, threads, start } = options;
  await using step = await openTrainStep({ graph: traceNetworkStep(network), state: start.tensors, threads });
  const random = restoreRandom(start.random);
  let state = start;
  while (state.epoch < options.epochs && !hasStalled(state.history, options.earlyStop)) {
    const { row, steps } = await runEpoch(options, { step, random, state });
    const history = [...state.history, row];
    const best = options.keepBest && bestEpoch(history) === row.epoch ? networkTensors(step.state) : state.best;
    const { fingerprint } = start;
    state = {
      fingerprint,
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

type Run = { step: TrainStep; random: Random; state: TrainingState };

async function runEpoch(options: FitNetworkOptions, run: Run): Promise<{ row: EpochRow; steps: number }> {
  const started = performance.now();
  const { steps, trainLoss, learningRate } = await trainEpoch(options, run);
  const sets = [sampleOf(options.train, run.state.epoch), options.valid];
  const [train, valid] = await measureNetwork(run.step.state, sets, { ...options.network, ...options });
  if (!train || !valid) throw new Error("Both sets were measured.");
  const { low, high } = wilsonInterval(valid.wrong, valid.count);
  const row: EpochRow = {
    stage: "stage-2",
    epoch: run.state.epoch + 1,
    trainLoss,
    trainLossEval: train.loss,
    validLoss: valid.loss,
    errorRate: valid.wrong / valid.count,
    wrong: valid.wrong,
    validCount: valid.count,
    errorRateLow: low,
    errorRateHigh: high,
    learningRate,
    seconds: (performance.now() - started) / 1000,
  };
  return { row, steps };
}

async function trainEpoch(options: FitNetworkOptions, { step, random, state }: Run) {
  const { train, network, signal, epochs, rates } = options;
  const order = epochOrder(train.labels, random, options.oversample);
  const batches = cutBatches(order, network.batch);
  const totalSteps = batches.length * epochs;
  let [steps, lossSum, learningRate] = [state.step, 0, 0];
  const view = train.view(state.epoch);
  for await (const { indices, pixels } of pictureBatches({ ...network, batches, view, rows: network.batch, signal })) {
    const { momentum } = oneCycle(steps, totalSteps, 1);
    const now = rates.map((rate) => oneCycle(steps, totalSteps, rate).learningRate);
    steps += 1;
    const { loss } = await step.run({
      pixels,
      ...stepFeeds(options, indices, random),
      ...adamFeeds(momentum, steps),
      ...rateFeeds(now),
    });
    lossSum += (loss?.data[0] ?? Number.NaN) * indices.length;
    learningRate = at(now, now.length - 1);
    options.onStep(steps, totalSteps);
  }
  return { steps, trainLoss: lossSum / order.length, learningRate };
}

export type FeedOptions = TargetOptions & Pick<FitNetworkOptions, "network" | "train" | "dropout">;

/** Labels, weights and dropout of one batch. */
export function stepFeeds(options: FeedOptions, indices: readonly number[], random: Random) {
  const { network, train, dropout } = options;
  const { batch, head } = network;
  const labels = indices.map((index) => at(train.labels, index));
  return { ...labelFeeds(labels, batch, options), ...dropoutFeeds({ batch, size: head, dropout }, random) };
}

/** One learning rate per group, in the order of LAYER_GROUPS. */
export const rateFeeds = (rates: readonly number[]) =>
  Object.fromEntries(LAYER_GROUPS.map((group, i) => [rateInput(group), scalarFeed(at(rates, i))]));

// Enough to see a gap to the validation loss; all of them would cost a third of the epoch again.
const SAMPLE = 256;

/** An even sample of the training pictures, as this epoch saw them. */
function sampleOf({ labels, view }: TrainingViews, epoch: number): LabelledViews {
  const count = Math.min(SAMPLE, labels.length);
  const pick = (i: number) => Math.floor((i * labels.length) / count);
  const load = view(epoch);
  return {
    labels: Array.from({ length: count }, (_, i) => at(labels, pick(i))),
    view: (index, signal) => load(pick(index), signal),
  };
}
