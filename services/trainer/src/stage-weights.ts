// Weights of trained stages, read back: of this run when it was interrupted, or of the model that it starts from.
import { createHash } from "node:crypto";
import {
  backboneStart,
  type Origin,
  readNetwork,
  type StartingWeights,
  type WholeNetwork,
} from "@ursa/classifier/starting-weights";
import { registryEntry } from "@ursa/classifier/weights-registry";
import type { Lineage, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import type { TrainModelOptions } from "./training-run.ts";

/** `origin` says where the body was before this run. */
export type RunStart = StartingWeights & { origin: Origin };

/** What the first phase starts from. @throws WeightsError; Problem model_integrity when the other model's weights are damaged or gone */
export async function openStart(options: TrainModelOptions): Promise<RunStart> {
  const { store, model, weightsDir, onLog } = options;
  const { from, recipe } = model;
  if (!from) return backboneStart(recipe, weightsDir);
  const named = `${from.model}@${from.stage}`;
  const network = await readWeights(store, from);
  if (!network) throw new Problem("model_integrity", `The weights of ${named} are damaged or gone: start from others.`);
  const { licence } = registryEntry(recipe.backbone);
  const origin = { name: recipe.backbone, source: named, licence, sha256: from.sha256 };
  if (from.head === "kept") return { ...network, origin };
  if (model.epochs.length === 0) await onLog(`The classes are not those of ${named}: a new head begins on its body.`);
  return { ...network, head: undefined, origin };
}

/** Undefined when the stage has not ended, or when its weights are not what was recorded: then it is trained again. */
export async function finishedStage(options: TrainModelOptions, stage: StageName): Promise<WholeNetwork | undefined> {
  const { store, model, onLog } = options;
  const weights = model.artifacts.find((file) => file.stage === stage && file.name === "weights.safetensors");
  if (!weights) return undefined;
  const network = await readWeights(store, weights);
  if (!network) await onLog(`The weights of ${stage} are damaged or gone: it is trained again.`);
  return network;
}

async function readWeights(
  store: ObjectStore,
  { key, sha256 }: Pick<Lineage, "key" | "sha256">,
): Promise<WholeNetwork | undefined> {
  const bytes = await store.get(key).then(({ body }) => body, unlessGone);
  if (!bytes || createHash("sha256").update(bytes).digest("hex") !== sha256) return undefined;
  return readNetwork(bytes);
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof ObjectNotFound)) throw error;
}
