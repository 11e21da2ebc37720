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

/**
 * Reads both files whole, compares them with the record, then loads them from memory and classifies one grey picture:
 * the first run of a session allocates, and a model that cannot answer that must not replace one that can.
 * @throws Problem model_integrity
 */
export async function loadModel(
  { store, threads }: { store: ObjectStore; threads: number },
  { json, onnx }: ServedModel,
): Promise<Classifier> {
  const [modelJson, modelOnnx] = await Promise.all([readVerified(store, json), readVerified(store, onnx)]);
  const classifier = await loadClassifier({ modelJson, modelOnnx }, { threads }).catch(refuseDamaged);
  const [probabilities] = await classifier.predict([new Uint8Array(classifier.size ** 2 * 3).fill(128)]);
  const sum = probabilities?.reduce((total, probability) => total + probability, 0) ?? Number.NaN;
  if (probabilities?.length === classifier.classes.length && Math.abs(sum - 1) < 1e-3) return classifier;
  await classifier.close();
  throw new Problem("model_integrity", `${onnx.key} does not answer one probability for each class.`);
}

async function readVerified(store: ObjectStore, { key, sha256 }: Artifact): Promise<Buffer> {
  const { body } = await store.get(key).catch(refuseDamaged);
  const found = createHash("sha256").update(body).digest("hex");
  if (found !== sha256) throw new Problem("model_integrity", `${key} should have sha256 ${sha256} and has ${found}.`);
  return body;
}

function refuseDamaged(cause: unknown): never {
  const isDamaged = cause instanceof ModelIntegrityError || cause instanceof ChecksumMismatch;
  throw isDamaged ? new Problem("model_integrity", cause.message, { cause }) : cause;
}
