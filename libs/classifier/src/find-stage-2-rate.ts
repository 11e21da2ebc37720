// The learning-rate finder on the whole network, before stage 2. It trains a copy: the weights it was given stay as they are.
import type { Progress } from "@ursa/contracts/record";
import { freezeTo } from "./backbones/layer-groups.ts";
import { fingerprintOf } from "./checkpoint.ts";
import { climbRates, climbStart, type FinderAttempt, type FoundRate } from "./climb-rates.ts";
import { networkBatches, rateFeeds } from "./fit-network.ts";
import { networkStep } from "./network-graphs.ts";
import { openUnfrozen, type UnfrozenOptions } from "./unfrozen.ts";

export type FindStage2RateOptions = UnfrozenOptions & FinderAttempt & { onProgress(progress: Progress): void };

/**
 * One rate for every layer group at a time. Stops within one batch of an abort. Throws CheckpointError when `resumeFrom` is damaged or
 * of another run.
 */
export async function findStage2Rate(options: FindStage2RateOptions): Promise<FoundRate> {
  await using unfrozen = await openUnfrozen(options);
  const { network, engine, threads, train, oversample } = unfrozen;
  const { shared, classes, recipe, signal } = options;
  const run = { finds: "all", shared, classes, recipe, train: options.train, start: options.start.identity };
  const start = climbStart(options, unfrozen.start, { seed: shared.seed, fingerprint: fingerprintOf(run) });
  const { groups } = freezeTo(network.backbone, network.trainFrom);
  await using step = await engine.openStep(networkStep(network), { state: start.tensors, threads });
  return await climbRates({
    ...{ step, start, signal, onCheckpoint: options.onCheckpoint },
    ...{ labels: train.labels, batchSize: network.batch, oversample },
    load: (batches, at) => networkBatches(unfrozen, { batches, ...at }),
    rateFeeds: (rate) =>
      rateFeeds(
        network,
        groups.map(() => rate),
      ),
    onStep: (step) => options.onProgress({ phase: "lr-find", stage: "stage-2", ...step }),
  });
}
