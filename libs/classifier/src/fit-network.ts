// Stage 2's training: everything learns, each layer group at its own rate.
import { at } from "@ursa/tensor/layout";
import { freezeTo } from "./backbones/layer-groups.ts";
import type { TrainingState } from "./checkpoint.ts";
import { type LabelledViews, measureNetwork } from "./measure-network.ts";
import { drawMix, mixRows } from "./mixup.ts";
import { type NetworkStepOptions, networkStep, rateInput } from "./network-graphs.ts";
import type { NetworkInput, ViewSet } from "./network-input.ts";
import type { Part } from "./part-input.ts";
import type { Random } from "./random.ts";
import { type EpochOptions, type EpochResult, type EpochRun, runEpochs } from "./run-epochs.ts";
import { dropoutFeeds, labelFeeds, scalarFeed } from "./step-feeds.ts";
import { type EpochWork, type FedBatch, type Feeds, trainEpoch } from "./train-epoch.ts";
import type { TargetOptions } from "./training-targets.ts";

/** Training pictures as an epoch sees them: augmented anew in each. */
export type TrainingViews = { labels: readonly number[]; viewsOf(epoch: number): ViewSet };

export type FitNetworkOptions = EpochOptions & {
  network: NetworkStepOptions;
  /** Gives what the trained part takes. */
  input: NetworkInput;
  train: TrainingViews;
  valid: LabelledViews;
  /** Alpha of the mixup of training pictures; 0 is none. Needs pixels as input. */
  mixup: number;
  /** Top of the one-cycle schedule, per layer group that is trained. */
  rates: readonly number[];
};

/** Trains from `start` to the last epoch, or an early stop, and returns the state after it. Stops within one batch of an abort. */
export async function fitNetwork(options: FitNetworkOptions): Promise<TrainingState> {
  const { network, engine, threads, start } = options;
  await using step = await engine.openStep(networkStep(network), { state: start.tensors, threads });
  return await runEpochs({ ...options, stage: "stage-2" }, step, (run) => runEpoch(options, run));
}

async function runEpoch(options: FitNetworkOptions, run: EpochRun): Promise<EpochResult> {
  const trained = await trainEpoch(options, run, workOf(options, run.state.epoch));
  const sets = [sampleOf(options, run.state.epoch), options.valid];
  const [train, valid] = await measureNetwork(run.step.state, sets, { ...options.network, ...options });
  if (!train || !valid) throw new Error("Both sets were measured.");
  return { ...trained, train, valid };
}

const workOf = (options: FitNetworkOptions, epoch: number): EpochWork => ({
  labels: options.train.labels,
  batchSize: options.network.batch,
  load: (batches, random) => networkBatches(options, { batches, random, epoch }),
  rates: options.rates,
  rateFeeds: (rates) => rateFeeds(options.network, rates),
});

type Asked = { batches: readonly (readonly number[])[]; random: Random; epoch: number };

type BatchOptions = TargetOptions &
  Pick<FitNetworkOptions, "network" | "input" | "train" | "mixup" | "dropout" | "signal">;

/** What the trained part takes of the pictures of `batches`, as `epoch` sees them. Throws the signal's reason. */
export async function* networkBatches(
  options: BatchOptions,
  { batches, random, epoch }: Asked,
): AsyncGenerator<FedBatch> {
  const { network, input, train, signal } = options;
  const loaded = input.batches(train.viewsOf(epoch), { batches, rows: network.batch, signal });
  for await (const { indices, feeds } of loaded) {
    yield {
      count: indices.length,
      feeds: mixFeeds(options, { ...feeds, ...stepFeeds(options, indices, random) }, { count: indices.length, random }),
    };
  }
}

/** Pictures and targets of the first `count` rows mixed; without mixup nothing is drawn. */
function mixFeeds({ mixup }: BatchOptions, feeds: Feeds, { count, random }: { count: number; random: Random }): Feeds {
  if (mixup === 0) return feeds;
  const { pixels, labels } = feeds;
  if (!pixels || !labels) throw new RangeError("Mixup mixes pictures, so nothing of the network may be frozen.");
  const mix = drawMix(count, mixup, random);
  return { ...feeds, pixels: mixRows(pixels, mix), labels: mixRows(labels, mix) };
}

/** Labels, weights and dropout of one batch. */
function stepFeeds(options: BatchOptions, indices: readonly number[], random: Random) {
  const { network, train, dropout } = options;
  const { batch, head } = network;
  const labels = indices.map((index) => at(train.labels, index));
  return { ...labelFeeds(labels, batch, options), ...dropoutFeeds({ batch, size: head, dropout }, random) };
}

/** One learning rate per group that is trained, lowest first. */
export const rateFeeds = ({ backbone, trainFrom }: Part, rates: readonly number[]) =>
  Object.fromEntries(
    freezeTo(backbone, trainFrom).groups.map((group, i) => [rateInput(group), scalarFeed(at(rates, i))]),
  );

// As many as there are to compare with, of few validation pictures still enough to be worth a number: all would cost a third of
// the epoch again.
const SAMPLE = { least: 64, most: 256 };

/** How many pictures an epoch is measured on. */
export const measuredCount = (train: TrainingViews, valid: LabelledViews): number =>
  sampleCount(train, valid) + valid.indices.length;

const sampleCount = ({ labels }: TrainingViews, { indices }: LabelledViews): number =>
  Math.min(Math.max(SAMPLE.least, indices.length), SAMPLE.most, labels.length);

/** An even sample of the training pictures, as this epoch saw them. */
function sampleOf({ train, valid }: FitNetworkOptions, epoch: number): LabelledViews {
  const { labels } = train;
  const count = sampleCount(train, valid);
  const indices = Array.from({ length: count }, (_, i) => Math.floor((i * labels.length) / count));
  return { labels, views: train.viewsOf(epoch), indices };
}
