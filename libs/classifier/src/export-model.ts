// Turns a trained network into the files of a model: model.onnx, explain.onnx beside it, weights.safetensors, model.json.
import type { Artifact, StageName } from "@ursa/contracts/model";
import { RESIZE_RULE } from "@ursa/imaging/resize-rule";
import { type StoredTensors, writeSafetensors } from "@ursa/tensor/safetensors";
import { shareConstants } from "@ursa/tensor/share-constants";
import { sha256Of } from "./checkpoint.ts";
import { traceClassifier } from "./classifier-graph.ts";
import { traceExplanation } from "./explain-graph.ts";
import { MODEL_FORMAT, type ModelCard, modelCardSchema } from "./model-card.ts";
import type { TrainedHead } from "./stage-1-types.ts";
import type { Origin } from "./starting-weights.ts";
import type { Stage2Recipe } from "./unfrozen.ts";
import { registryEntry } from "./weights-registry.ts";

export type ModelInfo = {
  modelId: string;
  /** ISO 8601. */
  createdAt: string;
  phases?: ModelCard["phases"];
  /** How the run departed from its recipe. */
  notes?: string[];
  /** `validFraction` where this run cut the split anew. */
  dataset: { id: string; version: number; manifestSha256: string; validFraction?: number };
  /** The stage of another model that it started from. */
  from?: ModelCard["from"];
};

export type ModelFile = {
  name: Artifact["name"];
  bytes: Uint8Array;
  sha256: string;
};

/** A network at the end of a stage, and what its card says of how it came about. */
export type TrainedStage = Omit<TrainedHead, "head"> & {
  stage: StageName;
  /** What stage 2 went by, with the rates and the batch that it used; `recipe` has what it shares with stage 1, and stage 1's own. */
  stage2?: Stage2Recipe;
  /** Of stage 2, per layer group that it trained, lowest first. */
  rates?: number[];
  body: StoredTensors;
  head: StoredTensors;
  /** Where its body came from before it was trained here. */
  origin: Origin;
};

/** The artifacts of a stage. Equal inputs give equal bytes. */
export function exportModel(trained: TrainedStage, info: ModelInfo): { files: ModelFile[] } {
  const { recipe, body, head } = trained;
  const tensors = new Map([...body, ...head]);
  const files = [
    ...writeNetworks({ body, head }, recipe),
    modelFile("weights.safetensors", writeSafetensors(tensors, { backbone: recipe.backbone, modelId: info.modelId })),
  ];
  return { files: [...files, cardFile(describeModel(trained, info, files))] };
}

/**
 * model.onnx of a body and a head, and explain.onnx, which is opened beside it and works with its numbers. Nothing but their tensors,
 * the backbone and the size is in their bytes.
 */
export function writeNetworks(
  { body: weights, head }: Pick<TrainedStage, "body" | "head">,
  { backbone: name, size }: Pick<TrainedStage["recipe"], "backbone" | "size">,
): [network: ModelFile, explanation: ModelFile] {
  const { backbone, statistics } = registryEntry(name);
  const body = { backbone, statistics, weights };
  const network = modelFile("model.onnx", traceClassifier({ body, head, size, output: "probabilities" }).bytes);
  const explanation = shareConstants(traceExplanation({ body, head, size }).bytes, network);
  return [network, modelFile("explain.onnx", explanation)];
}

export const modelFile = (name: ModelFile["name"], bytes: Uint8Array): ModelFile => ({
  name,
  bytes,
  sha256: sha256Of(bytes),
});

/** What model.json says of another file. */
export const listing = ({ name, bytes, sha256 }: ModelFile): ModelCard["files"][number] => ({
  name,
  bytes: bytes.byteLength,
  sha256,
});

export const cardFile = (card: ModelCard): ModelFile =>
  modelFile("model.json", new TextEncoder().encode(`${JSON.stringify(card, null, 2)}\n`));

function describeModel(trained: TrainedStage, info: ModelInfo, files: readonly ModelFile[]): ModelCard {
  const { stage, stage2, rates, recipe, classes, batchSize, trainCount, validCount, epoch, history, engines, origin } =
    trained;
  const { statistics } = registryEntry(recipe.backbone);
  return modelCardSchema.parse({
    format: MODEL_FORMAT,
    ...info,
    from: info.from,
    stage,
    classes,
    input: {
      name: "pixels",
      type: "uint8",
      layout: "NHWC",
      channels: "RGB",
      size: recipe.size,
      resize: RESIZE_RULE,
      statistics: { mean: statistics.mean, std: statistics.std, folded: true },
    },
    output: { name: "probabilities", activation: "softmax" },
    backbone: origin,
    recipe: { ...recipe, ...(stage2 ? { stage2 } : {}) },
    phases: info.phases,
    notes: info.notes,
    batchSize,
    rates,
    trainCount,
    validCount,
    epoch,
    engines,
    metrics: history,
    files: files.map(listing),
    // The temperature is known only when the model was interpreted: an export adds it.
  } satisfies Record<Exclude<keyof ModelCard, "temperature">, unknown>);
}
