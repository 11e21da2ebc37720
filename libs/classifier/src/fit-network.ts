// Stage 2's training: everything learns, each layer group at its own rate.
import { at } from "@ursa/tensor/layout";
import { openTrainStep } from "@ursa/tensor/train-step";
import { LAYER_GROUPS } from "./backbones/layer-groups.ts";
import type { TrainingState } from "./checkpoint.ts";
import { type LabelledViews, measureNetwork } from "./measure-network.ts";
import { type NetworkStepOptions, rateInput, traceNetworkStep } from "./network-graphs.ts";
import { pictureBatches } from "./picture-batches.ts";
import type { Random } from "./random.ts";
import { type EpochOptions, type EpochResult, type EpochRun, runEpochs } from "./run-epochs.ts";
import { dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";
import { type EpochWork, type FedBatch, trainEpoch } from "./train-epoch.ts";
import type { TargetOptions } from "./training-targets.ts";

/** Training pictures as an epoch sees them: augmented anew in each. */
export type TrainingViews = { labels: readonly number[]; view(epoch: number): LabelledViews["view"] };

export type FitNetworkOptions = EpochOptions & {
  network: NetworkStepOptions;
  train: TrainingViews;
  valid: LabelledViews;
  /** Top of the one-cycle schedule, per layer group. */
  rates: readonly number[];
};

/** Trains from `start` to the last epoch, or an early stop, and returns the state after it. Stops within one batch of an abort. */
export async function fitNetwork(options: FitNetworkOptions): Promise<TrainingState> {
  const { network, threads, start } = options;
  await using step = await openTrainStep({ graph: traceNetworkStep(network), state: start.tensors, threads });
  return await runEpochs({ ...options, stage: "stage-2" }, step, (run) => runEpoch(options, run));
}

async function runEpoch(options: FitNetworkOptions, run: EpochRun): Promise<EpochResult> {
  const trained = await trainEpoch(options, run, workOf(options, run.state.epoch));
  const sets = [sampleOf(options.train, run.state.epoch), options.valid];
  const [train, valid] = await measureNetwork(run.step.state, sets, { ...options.network, ...options });
  if (!train || !valid) throw new Error("Both sets were measured.");
  return { ...trained, train, valid };
}

const workOf = (options: FitNetworkOptions, epoch: number): EpochWork => ({
  labels: options.train.labels,
  batchSize: options.network.batch,
  load: (batches, random) => loadBatches(options, { batches, random, epoch }),
  rates: options.rates,
  rateFeeds,
});

type Asked = { batches: readonly (readonly number[])[]; random: Random; epoch: number };

async function* loadBatches(options: FitNetworkOptions, { batches, random, epoch }: Asked): AsyncGenerator<FedBatch> {
  const { network, train, signal } = options;
  const loaded = pictureBatches({ ...network, batches, view: train.view(epoch), rows: network.batch, signal });
  for await (const { indices, pixels } of loaded) {
    yield { count: indices.length, feeds: { pixels, ...stepFeeds(options, indices, random) } };
  }
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

/** How many pictures an epoch is measured on. */
export const measuredCount = (train: TrainingViews, valid: LabelledViews): number =>
  Math.min(SAMPLE, train.labels.length) + valid.labels.length;

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
