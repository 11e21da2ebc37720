// From a model's record to a classifier in memory. The artifacts alone are enough: no backbone file, no network but the store.
import { createHash } from "node:crypto";
import { type Classifier, loadClassifier, ModelIntegrityError } from "@ursa/classifier/predict";
import { type Artifact, type Model, STAGES, type StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { ChecksumMismatch, type ObjectStore } from "@ursa/store/object-store";

export type ServedModel = { version: string; stage: StageName; json: Artifact; onnx: Artifact };

/** The files of the latest finished stage. Throws Problem model_not_ready when there is none. */
export function servedModel(record: Model): ServedModel {
  for (const stage of STAGES.toReversed()) {
    const file = (name: Artifact["name"]) =>
      record.artifacts.find((file) => file.stage === stage && file.name === name);
    const [json, onnx] = [file("model.json"), file("model.onnx")];
    if (json && onnx) return { version: `${json.sha256} ${onnx.sha256}`, stage, json, onnx };
  }
  throw new Problem("model_not_ready", `Model ${record.id} is ${record.state} and has no trained stage to serve yet.`);
}

export type ModelSource = { store: ObjectStore; threads: number; spins: boolean };

/**
 * Reads both files whole and loads them from memory. The record vouches for model.json and model.json for model.onnx, so each
 * is hashed once.
 * @throws Problem model_integrity
 */
export async function loadModel(
  { store, threads, spins }: ModelSource,
  { json, onnx }: ServedModel,
): Promise<Classifier> {
  const [modelJson, modelOnnx] = await Promise.all([readVerified(store, json), read(store, onnx)]);
  return loadClassifier({ modelJson, modelOnnx }, { threads, spins }).catch(refuseDamaged);
}

const read = async (store: ObjectStore, { key }: Artifact): Promise<Buffer> =>
  (await store.get(key).catch(refuseDamaged)).body;

async function readVerified(store: ObjectStore, artifact: Artifact): Promise<Buffer> {
  const { key, sha256 } = artifact;
  const body = await read(store, artifact);
  const found = createHash("sha256").update(body).digest("hex");
  if (found !== sha256) throw new Problem("model_integrity", `${key} should have sha256 ${sha256} and has ${found}.`);
  return body;
}

function refuseDamaged(cause: unknown): never {
  const isDamaged = cause instanceof ModelIntegrityError || cause instanceof ChecksumMismatch;
  throw isDamaged ? new Problem("model_integrity", cause.message, { cause }) : cause;
}
