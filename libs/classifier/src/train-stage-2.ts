// Stage 2: the body is unfrozen, all of it or from some stage up, and trained together with the head, the lowest of its layers at a
// rate that the finder suggested.
import type { EngineName, EpochRow } from "@ursa/contracts/model";
import type { Progress } from "@ursa/contracts/record";
import type { StoredTensor } from "@ursa/tensor/safetensors";
import { freezeTo } from "./backbones/layer-groups.ts";
import { bestEpoch } from "./best-epoch.ts";
import { decodeCheckpoint, encodeCheckpoint, fingerprintOf } from "./checkpoint.ts";
import type { FoundRate } from "./climb-rates.ts";
import { fitNetwork, measuredCount } from "./fit-network.ts";
import { splitNetwork } from "./measure-network.ts";
import { type RateSlice, sliceRates } from "./slice-rates.ts";
import type { Checkpoint } from "./stage-1-types.ts";
import { stage2Rates } from "./stage-2-rates.ts";
import { reportSteps } from "./training-progress.ts";
import { openUnfrozen, type Stage2Recipe, type UnfrozenOptions } from "./unfrozen.ts";

export type Stage2Options = UnfrozenOptions & {
  /** What the finder saw on these very weights, where it was asked. */
  found?: Pick<FoundRate, "suggestions"> | undefined;
  resumeFrom?: Checkpoint | undefined;
  onProgress(progress: Progress): void;
  onLog(message: string): Promise<void>;
  onEpoch(row: EpochRow, checkpoint: Checkpoint): Promise<void>;
  /** Awaited: where the run is within an epoch, when it is aborted, before the signal's reason is thrown, and now and then. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
};

export type TrainedNetwork = {
  /** Parameters and running statistics of body and head, in timm's and PyTorch's names. */
  body: Map<string, StoredTensor>;
  head: Map<string, StoredTensor>;
  /** Per layer group that was trained, lowest first. */
  rates: number[];
  /** The recipe with the slice and the batch that were used. */
  stage2: Stage2Recipe;
  batchSize: number;
  /** The epoch they are of: the last, or with `keepBest` the best. */
  epoch: number;
  history: EpochRow[];
  engines: EngineName[];
};

/**
 * Trains the head and the body from `trainFrom` up for `recipe.epochs` epochs. The same options give the same bits on the same machine, also when the run
 * goes on from a checkpoint. Throws CheckpointError when `resumeFrom` is damaged or of another run.
 */
export async function trainStage2(options: Stage2Options): Promise<TrainedNetwork> {
  const { classes, start, shared, recipe, train, onProgress, onEpoch } = options;
  await using unfrozen = await openUnfrozen(options);
  const { network } = unfrozen;
  const slice = await chooseSlice(options);
  const rates = sliceRates(slice, freezeTo(network.backbone, network.trainFrom).groups.length);
  const fingerprint = fingerprintOf({ shared, classes, recipe, rates, train, start: start.identity });
  const resumed = options.resumeFrom && decodeCheckpoint(options.resumeFrom, fingerprint);
  const end = await fitNetwork({
    ...unfrozen,
    epochs: recipe.epochs,
    rates,
    start: resumed ?? { ...unfrozen.start, fingerprint },
    onStep: reportSteps({ stage: "stage-2", measured: measuredCount(unfrozen.train, unfrozen.valid), onProgress }),
    onEpoch: (row, state) => onEpoch(row, encodeCheckpoint(state)),
    onPlace: (state) => options.onCheckpoint(encodeCheckpoint(state)),
    onLog: options.onLog,
  });
  const kept = end.best ?? end.tensors;
  const epoch = end.best ? bestEpoch(end.history) : end.epoch;
  const { history, engines } = end;
  return {
    ...splitNetwork(kept),
    epoch,
    rates,
    stage2: { ...recipe, rates: slice, batchSize: network.batch },
    batchSize: network.batch,
    history,
    engines,
  };
}

async function chooseSlice({ shared, recipe, found, onLog }: Stage2Options): Promise<RateSlice> {
  const { rates, log } = stage2Rates({ stage1Rate: shared.learningRate, found, given: recipe.rates });
  if (log) await onLog(log);
  return rates;
}
