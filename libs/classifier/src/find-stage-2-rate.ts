// The learning-rate finder on the whole network, before stage 2. It trains a copy: the weights it was given stay as they are.
import type { Progress } from "@ursa/contracts/record";
import { freezeTo } from "./backbones/layer-groups.ts";
import { cutBatches, epochOrder } from "./batches.ts";
import { climbRates, type FoundRate } from "./climb-rates.ts";
import { networkBatches, rateFeeds } from "./fit-network.ts";
import { networkStep } from "./network-graphs.ts";
import { createRandom, type Random, STREAM } from "./random.ts";
import { openUnfrozen, type Unfrozen, type UnfrozenOptions } from "./unfrozen.ts";

export type FindStage2RateOptions = UnfrozenOptions & { onProgress(progress: Progress): void };

/** One rate for every layer group at a time. Stops within one batch of an abort. */
export async function findStage2Rate(options: FindStage2RateOptions): Promise<FoundRate> {
  await using unfrozen = await openUnfrozen(options);
  const { network, engine, threads, start } = unfrozen;
  const { groups } = freezeTo(network.backbone, network.trainFrom);
  await using step = await engine.openStep(networkStep(network), { state: start.tensors, threads });
  return await climbRates({
    step,
    batches: endlessBatches(unfrozen, createRandom(options.shared.seed, STREAM.finder)),
    rateFeeds: (rate) =>
      rateFeeds(
        network,
        groups.map(() => rate),
      ),
    onStep: (step) => options.onProgress({ phase: "lr-find", stage: "stage-2", ...step }),
  });
}

/** One epoch after another. */
async function* endlessBatches(unfrozen: Unfrozen, random: Random) {
  const { network, train, oversample } = unfrozen;
  for (let epoch = 0; ; epoch += 1) {
    const batches = cutBatches(epochOrder(train.labels, random, oversample), network.batch);
    yield* networkBatches(unfrozen, { batches, random, epoch });
  }
}
