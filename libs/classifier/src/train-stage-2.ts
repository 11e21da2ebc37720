// Stage 2: the body is unfrozen, all of it or from some stage up. The finder suggests a rate for the lowest layers that are
// trained, then they are trained together with the head.
import type { EngineName, EpochRow } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";
import { findChannelBlock } from "@ursa/tensor/channel-block";
import { at } from "@ursa/tensor/layout";
import type { StoredTensor, StoredTensors } from "@ursa/tensor/safetensors";
import { drawAugmentation, MAX_VIEWS, transformsOf } from "./augment-plan.ts";
import { freezeTo } from "./backbones/layer-groups.ts";
import { bestEpoch } from "./best-epoch.ts";
import { decodeCheckpoint, encodeCheckpoint, fingerprintOf, type TrainingState } from "./checkpoint.ts";
import { classWeightsOf } from "./class-weights.ts";
import { type FindRateOptions, findRate } from "./find-rate.ts";
import { fitNetwork, measuredCount, type TrainingViews } from "./fit-network.ts";
import { freshOptimizer } from "./fresh-state.ts";
import { openFrozenPart, type Scratch } from "./frozen-part.ts";
import type { FinderPoint } from "./lr-finder.ts";
import { type Suggestions, suggestLearningRates } from "./lr-suggestions.ts";
import { type LabelledViews, splitNetwork } from "./measure-network.ts";
import { learnedOf } from "./network.ts";
import type { NetworkStepOptions } from "./network-graphs.ts";
import { type NetworkInput, pixelInput } from "./network-input.ts";
import { createRandom, STREAM } from "./random.ts";
import { type RateSlice, sliceRates } from "./slice-rates.ts";
import type { Checkpoint, TrainedHead, TrainingItem, ViewSource } from "./stage-1-types.ts";
import { stage2Rates } from "./stage-2-rates.ts";
import type { TrainingEngine } from "./training-engine.ts";
import { reportSteps } from "./training-progress.ts";
import { bodyWeights, registryEntry } from "./weights-registry.ts";

export type Stage2Recipe = {
  epochs: number;
  rates?: RateSlice | undefined;
  batchSize: number | "auto";
  trainBn: boolean;
  /** The lowest layer group or stage that is trained (see freezeTo); what is below keeps the weights it has. */
  trainFrom: string;
};

/** What the finder saw, and what it says. Without suggestions the loss burst before there was a slope. */
export type FoundRate = { points: FinderPoint[]; suggestions?: Suggestions | undefined; seconds: number };

export type Stage2Options = {
  train: TrainingItem[];
  valid: TrainingItem[];
  /** Where stage 1 ended. */
  stage1: TrainedHead;
  recipe: Stage2Recipe;
  views: ViewSource;
  /** Holds the weights that were added. */
  weightsDir: string;
  /** Where activations of the frozen part may lie; the caller removes the folder. */
  scratch: Scratch;
  engine: TrainingEngine;
  threads: number;
  /** A finder's result of an earlier attempt of this run, so that it is not run again. */
  found?: FoundRate | undefined;
  resumeFrom?: Checkpoint | undefined;
  onProgress(progress: Progress): void;
  /** Awaited: what was found is stored before the first epoch begins. */
  onFound(found: FoundRate): Promise<void>;
  onLog(message: string): Promise<void>;
  onEpoch(row: EpochRow, checkpoint: Checkpoint): Promise<void>;
  /** Awaited: where the run is within an epoch, when it is aborted, before the signal's reason is thrown, and now and then. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
  signal: AbortSignal;
};

export type TrainedNetwork = {
  /** Parameters and running statistics of body and head, in timm's and PyTorch's names. */
  body: Map<string, StoredTensor>;
  head: Map<string, StoredTensor>;
  /** Per layer group that was trained, lowest first. */
  rates: number[];
  batchSize: number;
  /** The epoch they are of: the last, or with `keepBest` the best. */
  epoch: number;
  history: EpochRow[];
  engines: EngineName[];
};

/** The lesson's batch for a whole network; larger ones leave few steps and take the memory of more activations. */
const BATCH = 16;

/**
 * Trains the head and the body from `trainFrom` up for `recipe.epochs` epochs. The same options give the same bits on the same machine, also when the run
 * goes on from a checkpoint. Throws CheckpointError when `resumeFrom` is damaged or of another run.
 */
export async function trainStage2(options: Stage2Options): Promise<TrainedNetwork> {
  const { stage1, recipe, engine, threads, onProgress, onEpoch, signal } = options;
  const network = { ...networkOf(stage1, recipe), channelBlock: await findChannelBlock() };
  const { train, valid } = setsOf(options);
  const start = await unfrozenState(options, network);
  await using input = await openInput(options, network, start.tensors);
  const { dropout, labelSmoothing, oversample, earlyStop, keepBest } = stage1.recipe;
  const classWeights = classWeightsOf(stage1.recipe.classWeights, { classes: stage1.classes, labels: train.labels });
  const how = { dropout, labelSmoothing, classWeights, oversample, earlyStop, keepBest };
  const common = { ...how, network, input, train, valid, engine, threads, signal };
  const { rates, fresh } = await chooseRates(options, { ...common, start });
  const fingerprint = fingerprintOf({
    stage1: stage1.recipe,
    classes: stage1.classes,
    recipe,
    rates,
    train: options.train,
  });
  const resumed = options.resumeFrom && decodeCheckpoint(options.resumeFrom, fingerprint);
  const end = await fitNetwork({
    ...common,
    epochs: recipe.epochs,
    rates,
    start: resumed ?? { ...fresh, fingerprint },
    onStep: reportSteps({ stage: "stage-2", measured: measuredCount(train, valid), onProgress }),
    onEpoch: (row, state) => onEpoch(row, encodeCheckpoint(state)),
    onPlace: (state) => options.onCheckpoint(encodeCheckpoint(state)),
    onLog: options.onLog,
  });
  const kept = end.best ?? end.tensors;
  const epoch = end.best ? bestEpoch(end.history) : end.epoch;
  const { history, engines } = end;
  return { ...splitNetwork(kept), epoch, rates, batchSize: network.batch, history, engines };
}

function networkOf(
  { recipe, classes }: TrainedHead,
  { batchSize, trainBn, trainFrom }: Stage2Recipe,
): NetworkStepOptions {
  const { backbone, statistics } = registryEntry(recipe.backbone);
  return {
    backbone,
    statistics,
    size: recipe.size,
    head: { features: backbone.channels * 2, classes: classes.length },
    batch: batchSize === "auto" ? BATCH : batchSize,
    weightDecay: recipe.weightDecay,
    gradientClip: recipe.gradientClip,
    trainBn,
    trainFrom,
  };
}

/** Pixels, or where something is frozen what it makes of them. */
async function openInput(
  { scratch, threads }: Stage2Options,
  network: NetworkStepOptions,
  tensors: StoredTensors,
): Promise<NetworkInput> {
  const { frozen } = freezeTo(network.backbone, network.trainFrom);
  if (frozen.length === 0) return pixelInput(network.size);
  const body = { ...network, weights: splitNetwork(tensors).body };
  return openFrozenPart({ ...scratch, ...network, body, threads });
}

/** Stage 1's head on the body it saw, and an optimizer that starts anew, as fastai's does after unfreezing. */
async function unfrozenState(
  { stage1, weightsDir }: Stage2Options,
  network: NetworkStepOptions,
): Promise<TrainingState> {
  const { trained } = freezeTo(network.backbone, network.trainFrom);
  const shapes = learnedOf({ stages: trained }, network.head).map(({ name, shape }): [string, readonly number[]] => [
    name,
    shape,
  ]);
  const body = await bodyWeights(stage1.recipe, weightsDir);
  const tensors = new Map([...body, ...stage1.head, ...freshOptimizer(shapes)]);
  const random = createRandom(stage1.recipe.seed, STREAM.unfrozenFit).state();
  return { epoch: 0, step: 0, random, history: [], engines: [], tensors, fingerprint: "" };
}

type Common = Omit<FindRateOptions, "tensors" | "random" | "onStep"> & { start: TrainingState };

async function chooseRates(options: Stage2Options, { start, ...common }: Common) {
  const { recipe, stage1, onLog } = options;
  const found = recipe.rates ? undefined : (options.found ?? (await runFinder(options, { start, ...common })));
  const chosen = stage2Rates({
    stage1Rate: stage1.recipe.learningRate,
    suggestion: found?.suggestions?.valley,
    given: recipe.rates,
  });
  if (chosen.log) await onLog(chosen.log);
  const { groups } = freezeTo(common.network.backbone, common.network.trainFrom);
  return { rates: sliceRates(chosen.rates, groups.length), fresh: start };
}

async function runFinder(options: Stage2Options, { start, ...common }: Common): Promise<FoundRate> {
  const started = performance.now();
  const { points } = await findRate({
    ...common,
    tensors: start.tensors,
    random: createRandom(options.stage1.recipe.seed, STREAM.finder),
    onStep: (step) => options.onProgress({ phase: "lr-find", stage: "stage-2", ...step }),
  });
  const found = {
    // A loss that is not a number ends the run; JSON cannot hold it.
    points: points.filter(({ smoothedLoss }) => Number.isFinite(smoothedLoss)),
    suggestions: suggestLearningRates(points),
    seconds: (performance.now() - started) / 1000,
  };
  await options.onFound(found);
  return found;
}

// Each picture of each epoch has its own stream of the seed, apart from those of stage 1's views.
function setsOf({ train, valid, stage1, recipe, views }: Stage2Options): {
  train: TrainingViews;
  valid: LabelledViews;
} {
  const { seed } = stage1.recipe;
  const transforms = transformsOf(stage1.recipe);
  const isWhole = freezeTo(registryEntry(stage1.recipe.backbone).backbone, recipe.trainFrom).frozen.length === 0;
  const labelsOf = (items: readonly TrainingItem[]) => items.map(({ label }) => label);
  return {
    train: {
      labels: labelsOf(train),
      viewsOf(epoch) {
        const round = isWhole ? epoch : epoch % MAX_VIEWS;
        return {
          key: `train/${round}`,
          load(index, signal) {
            const random = createRandom(seed, STREAM.unfrozenAugmentation, round, index);
            return views.trainView(at(train, index), drawAugmentation(random, transforms), signal);
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
