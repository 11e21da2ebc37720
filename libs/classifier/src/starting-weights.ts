// The weights a stage starts from: a backbone's, with a head still to be made, or those of a stage that was trained before.
import { readSafetensors, type StoredTensor, type StoredTensors } from "@ursa/tensor/safetensors";
import { sha256Of } from "./checkpoint.ts";
import { splitNetwork } from "./measure-network.ts";
import type { ModelCard } from "./model-card.ts";
import { type BodyRecipe, bodyOrigin, bodyWeights } from "./weights-registry.ts";

export type StartingWeights = {
  body: StoredTensors;
  /** Left out where a new head begins. */
  head?: Map<string, StoredTensor> | undefined;
  /** Tells these weights from all others: the sha256 of their file, or what they were made from. */
  identity: string;
};
export type WholeNetwork = StartingWeights & { head: Map<string, StoredTensor> };
export type Origin = ModelCard["backbone"];

/**
 * The pretrained body of the recipe, or a random one made from its seed, and where it comes from. `weightsDir` holds the weights
 * that were added.
 * @throws WeightsError
 */
export async function backboneStart(
  recipe: BodyRecipe,
  weightsDir: string,
): Promise<StartingWeights & { origin: Origin }> {
  const origin = await bodyOrigin(recipe, weightsDir);
  return { body: await bodyWeights(recipe, weightsDir), identity: origin.sha256 ?? `random ${recipe.seed}`, origin };
}

/** Body and head out of an exported weights.safetensors. @throws SafetensorsError when the bytes are none */
export const readNetwork = (bytes: Uint8Array): WholeNetwork => ({
  ...splitNetwork(readSafetensors(bytes).tensors),
  identity: sha256Of(bytes),
});
