// Turns a trained head into the three files of a model: model.onnx, weights.safetensors, model.json.
import * as tf from "@tensorflow/tfjs-core";
import { RESIZE_RULE } from "@ursa/imaging/resize-rule";
import { writeSafetensors } from "@ursa/tensor/safetensors";
import { trace } from "@ursa/tensor/trace";
import { type Body, frozenBody } from "./body-graph.ts";
import { sha256Of } from "./checkpoint.ts";
import { headForward } from "./head.ts";
import { MODEL_FORMAT, type ModelCard, modelCardSchema } from "./model-card.ts";
import type { TrainedHead } from "./stage-1-types.ts";
import { bodyOrigin, bodyWeights, registryEntry } from "./weights-registry.ts";

export type ModelInfo = {
  modelId: string;
  /** ISO 8601. */
  createdAt: string;
  /** `validFraction` where this run cut the split anew. */
  dataset: { id: string; version: number; manifestSha256: string; validFraction?: number };
};

export type ModelFile = {
  name: "model.onnx" | "weights.safetensors" | "model.json";
  bytes: Uint8Array;
  sha256: string;
};

/** The artifacts of stage 1. Equal inputs give equal bytes. */
export async function exportStage1(trained: TrainedHead, info: ModelInfo): Promise<{ files: ModelFile[] }> {
  const { backbone, statistics } = registryEntry(trained.recipe.backbone);
  const weights = await bodyWeights(trained.recipe);
  const allWeights = new Map([...weights, ...trained.head]);
  const files = [
    modelFile("model.onnx", traceClassifier(trained, { backbone, statistics, weights })),
    modelFile("weights.safetensors", writeSafetensors(allWeights, { backbone: backbone.name, modelId: info.modelId })),
  ];
  const origin = await bodyOrigin(trained.recipe);
  const card = JSON.stringify(describeModel(trained, info, { files, origin }), null, 2);
  return { files: [...files, modelFile("model.json", new TextEncoder().encode(`${card}\n`))] };
}

const modelFile = (name: ModelFile["name"], bytes: Uint8Array): ModelFile => ({ name, bytes, sha256: sha256Of(bytes) });

/** Input `pixels` uint8 [batch, size, size, 3]; output `probabilities` [batch, classes]; weights and statistics inside. */
function traceClassifier(trained: TrainedHead, body: Body): Uint8Array {
  const { size } = trained.recipe;
  const graph = trace({
    inputs: { pixels: { shape: ["batch", size, size, 3], element: "uint8" } },
    fn: ({ pixels }) => {
      if (!pixels) throw new Error("The trace gave no pixels.");
      const features = frozenBody(pixels, body);
      const constants = [...trained.head].map(([name, { data, shape }]) => [name, tf.tensor(data, [...shape])]);
      return { outputs: { probabilities: tf.softmax(headForward(features, Object.fromEntries(constants))) } };
    },
  });
  return graph.bytes;
}

type Parts = { files: readonly ModelFile[]; origin: ModelCard["backbone"] };

function describeModel(trained: TrainedHead, info: ModelInfo, { files, origin }: Parts): ModelCard {
  const { recipe, classes, batchSize, trainCount, validCount, epoch, history } = trained;
  const { statistics } = registryEntry(recipe.backbone);
  return modelCardSchema.parse({
    format: MODEL_FORMAT,
    ...info,
    stage: "stage-1",
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
    recipe,
    batchSize,
    trainCount,
    validCount,
    epoch,
    // JSON has no NaN: what a diverged run measured becomes null.
    metrics: JSON.parse(JSON.stringify(history)),
    files: files.map(({ name, bytes, sha256: digest }) => ({ name, bytes: bytes.byteLength, sha256: digest })),
  } satisfies Record<keyof ModelCard, unknown>);
}
