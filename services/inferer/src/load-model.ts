// From a model's record to a classifier in memory. The artifacts alone are enough: no backbone file, no network but the store.
import { createHash } from "node:crypto";
import { type Explainer, openExplainer } from "@ursa/classifier/explainer";
import type { ModelCard } from "@ursa/classifier/model-card";
import {
  type Classifier,
  type HashedFile,
  ModelIntegrityError,
  openClassifier,
  parseCard,
} from "@ursa/classifier/predict";
import { latestStage } from "@ursa/contracts/latest-stage";
import type { Artifact, Model, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { ChecksumMismatch, type ObjectStore } from "@ursa/store/object-store";

export type ServedModel = { version: string; stage: StageName; json: Artifact; onnx: Artifact };

/** The files of a stage, or of the latest finished one. Throws Problem model_not_ready when there are none. */
export function servedModel(record: Model, stage = latestStage(record.artifacts)): ServedModel {
  const file = (name: Artifact["name"]) => record.artifacts.find((file) => file.stage === stage && file.name === name);
  const [json, onnx] = [file("model.json"), file("model.onnx")];
  if (stage && json && onnx) return { version: `${json.sha256} ${onnx.sha256}`, stage, json, onnx };
  throw new Problem(
    "model_not_ready",
    `Model ${record.id} is ${record.state} and has no trained ${stage ?? "stage"} to serve yet.`,
  );
}

export type ServedExplainer = ServedModel & { explanation: Artifact };

/** As `servedModel`, with what explains it. @throws Problem model_not_ready, no_heat_maps */
export function servedExplainer(record: Model, wanted?: StageName): ServedExplainer {
  const served = servedModel(record, wanted);
  const { stage, version } = served;
  const explanation = record.artifacts.find((file) => file.stage === stage && file.name === "explain.onnx");
  if (explanation) return { ...served, explanation, version: `${version} ${explanation.sha256}` };
  throw new Problem(
    "no_heat_maps",
    `Model ${record.id} is of a version that made no explain.onnx: \`ursa model export ${record.id} --out FOLDER\` and \`ursa model import FOLDER\` give a copy that has it.`,
  );
}

export type ModelSource = { store: ObjectStore; threads: number; spins: boolean };

/**
 * Reads both files whole and loads them from memory. The record vouches for model.json and model.json for model.onnx, so each
 * is hashed once: by the store, as it reads.
 * @throws Problem model_integrity
 */
export async function loadModel({ store, ...options }: ModelSource, { json, onnx }: ServedModel): Promise<Classifier> {
  try {
    const [card, network] = await Promise.all([readCard(store, json), read(store, onnx)]);
    return await openClassifier(card, network, options);
  } catch (error) {
    return refuseDamaged(error);
  }
}

/** As `loadModel`; the network's numbers are in model.onnx. @throws Problem model_integrity */
export async function loadExplainer(
  { store, ...options }: ModelSource,
  { json, onnx, explanation }: ServedExplainer,
): Promise<Explainer> {
  try {
    const [card, network, graph] = await Promise.all([
      readCard(store, json),
      read(store, onnx),
      read(store, explanation),
    ]);
    return await openExplainer(card, { explanation: graph, network }, options);
  } catch (error) {
    return refuseDamaged(error);
  }
}

async function readCard(store: ObjectStore, json: Artifact): Promise<ModelCard> {
  const { bytes, sha256 } = await read(store, json);
  if (sha256 === json.sha256) return parseCard(bytes);
  throw new Problem("model_integrity", `${json.key} should have sha256 ${json.sha256} and has ${sha256}.`);
}

async function read(store: ObjectStore, { key }: Artifact): Promise<HashedFile> {
  const { body, info } = await store.get(key);
  return { bytes: body, sha256: info.sha256 ?? createHash("sha256").update(body).digest("hex") };
}

function refuseDamaged(cause: unknown): never {
  const isDamaged = cause instanceof ModelIntegrityError || cause instanceof ChecksumMismatch;
  throw isDamaged ? new Problem("model_integrity", cause.message, { cause }) : cause;
}
