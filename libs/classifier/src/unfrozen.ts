// The whole network as stage 2 trains it and as the finder before stage 2 does: what learns, on which pictures, from where.
import { findChannelBlock } from "@ursa/tensor/channel-block";
import { at } from "@ursa/tensor/layout";
import type { ActivationCache } from "./activation-cache.ts";
import { MAX_VIEWS, planAugmentation } from "./augment-plan.ts";
import { freezeTo } from "./backbones/layer-groups.ts";
import { resolveNetworkBatch } from "./batches.ts";
import type { TrainingState } from "./checkpoint.ts";
import { classWeightsOf } from "./class-weights.ts";
import type { FitNetworkOptions, TrainingViews } from "./fit-network.ts";
import { freshOptimizer } from "./fresh-state.ts";
import { openFrozenPart } from "./frozen-part.ts";
import type { LabelledViews } from "./measure-network.ts";
import { learnedOf } from "./network.ts";
import type { NetworkStepOptions } from "./network-graphs.ts";
import { type NetworkInput, pixelInput } from "./network-input.ts";
import { createRandom, STREAM } from "./random.ts";
import type { RateSlice } from "./slice-rates.ts";
import { headSizeOf } from "./stage-1-features.ts";
import type { Stage1Recipe, TrainingItem, ViewSource } from "./stage-1-types.ts";
import type { WholeNetwork } from "./starting-weights.ts";
import type { TrainingEngine } from "./training-engine.ts";
import { registryEntry } from "./weights-registry.ts";

export type Stage2Recipe = {
  epochs: number;
  rates?: RateSlice | undefined;
  batchSize: number | "auto";
  trainBn: boolean;
  /** The lowest layer group or stage that is trained (see freezeTo); what is below keeps the weights it has. */
  trainFrom: string;
};

export type UnfrozenOptions = {
  train: TrainingItem[];
  valid: TrainingItem[];
  classes: string[];
  /** Where stage 1 ended, in this run or in another. */
  start: WholeNetwork;
  /** What both stages go by, such as transforms and losses; and the rate of stage 1, of which stage 2 takes a part. */
  shared: Stage1Recipe;
  recipe: Stage2Recipe;
  views: ViewSource;
  /** Keeps those of the frozen part. */
  activations: ActivationCache;
  engine: TrainingEngine;
  threads: number;
  signal: AbortSignal;
};

export type Unfrozen = AsyncDisposable &
  Omit<FitNetworkOptions, "rates" | "epochs" | "onStep" | "onEpoch" | "onPlace" | "onLog">;

export async function openUnfrozen(options: UnfrozenOptions): Promise<Unfrozen> {
  const { classes, shared, engine, threads, signal } = options;
  const network = { ...networkOf(options), channelBlock: await findChannelBlock() };
  const { train, valid } = setsOf(options);
  const { dropout, mixup, labelSmoothing, oversample, earlyStop, keepBest } = shared;
  const classWeights = classWeightsOf(shared.classWeights, { classes, labels: train.labels });
  const how = { dropout, mixup, labelSmoothing, classWeights, oversample, earlyStop, keepBest };
  const input = await openInput(options, network);
  const close = () => input[Symbol.asyncDispose]();
  const common = { network, input, train, valid, engine, threads, signal };
  return { ...how, ...common, start: freshNetwork(options, network), [Symbol.asyncDispose]: close };
}

function networkOf({ shared, classes, recipe }: UnfrozenOptions): NetworkStepOptions {
  const { backbone, statistics } = registryEntry(shared.backbone);
  return {
    backbone,
    statistics,
    size: shared.size,
    head: headSizeOf(shared, classes),
    batch: resolveNetworkBatch(recipe.batchSize),
    weightDecay: shared.weightDecay,
    gradientClip: shared.gradientClip,
    trainBn: recipe.trainBn,
    trainFrom: recipe.trainFrom,
  };
}

/** Pixels, or where something is frozen what it makes of them. */
async function openInput(
  { start, activations, threads }: UnfrozenOptions,
  network: NetworkStepOptions,
): Promise<NetworkInput> {
  const { frozen } = freezeTo(network.backbone, network.trainFrom);
  if (frozen.length === 0) return pixelInput(network.size);
  const body = { ...network, weights: start.body };
  return openFrozenPart({ ...network, body, identity: start.identity, activations, threads });
}

/** The weights as they are, and an optimizer that starts anew, as fastai's does after unfreezing. */
function freshNetwork(
  { start, shared }: UnfrozenOptions,
  { backbone, head, trainFrom }: NetworkStepOptions,
): TrainingState {
  const learned = learnedOf({ stages: freezeTo(backbone, trainFrom).trained }, head);
  const shapes = learned.map(({ name, shape }): [string, readonly number[]] => [name, shape]);
  const tensors = new Map([...start.body, ...start.head, ...freshOptimizer(shapes)]);
  const random = createRandom(shared.seed, STREAM.unfrozenFit).state();
  return { epoch: 0, step: 0, random, history: [], engines: [], tensors, fingerprint: "" };
}

function setsOf({ train, valid, shared, recipe, views }: UnfrozenOptions): {
  train: TrainingViews;
  valid: LabelledViews;
} {
  const isWhole = freezeTo(registryEntry(shared.backbone).backbone, recipe.trainFrom).frozen.length === 0;
  const labelsOf = (items: readonly TrainingItem[]) => items.map(({ label }) => label);
  return {
    train: {
      labels: labelsOf(train),
      viewsOf(epoch) {
        const view = isWhole ? epoch : epoch % MAX_VIEWS;
        return {
          key: `train/${view}`,
          async load(index, signal) {
            const augmentation = planAugmentation(shared, { stage: "stage-2", view, index });
            return at(await views.trainViews(at(train, index), [augmentation], signal), 0);
          },
        };
      },
    },
    valid: {
      labels: labelsOf(valid),
      indices: [...valid.keys()],
      views: { key: "valid", load: (index, signal) => views.validView(at(valid, index), signal) },
    },
  };
}
