// A finished model at work. Imports ONNX Runtime and nothing of tfjs, so that a process that serves starts at once.
import { createHash } from "node:crypto";
import { openSession, type Session, type SessionOptions } from "@ursa/tensor/session";
import { type ModelCard, modelCardSchema } from "./model-card.ts";

export class ModelIntegrityError extends Error {
  override name = "ModelIntegrityError";
}

export interface Classifier {
  /** In the order of the probabilities. */
  classes: string[];
  /** Side of the square view it takes, in pixels. */
  size: number;
  /** Size of model.onnx: what the model takes in memory, about. */
  bytes: number;
  /** Probabilities of each view (RGB uint8 [size, size, 3]), in order. Throws RangeError when a view has another size. */
  predict(views: Uint8Array[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}

// Larger batches are no faster on a CPU and hold the event loop longer.
const BATCH = 16;

/** `sha256` in lower-case hex, found by hashing these very bytes. */
export type HashedFile = { bytes: Uint8Array; sha256: string };

/**
 * Opens a model from its two files and classifies one grey picture. Throws ModelIntegrityError when model.onnx is not the file
 * model.json names, or does not answer one probability for each class.
 */
export async function loadClassifier(
  { modelJson, modelOnnx }: { modelJson: Uint8Array; modelOnnx: Uint8Array },
  options: SessionOptions,
): Promise<Classifier> {
  const sha256 = createHash("sha256").update(modelOnnx).digest("hex");
  return openClassifier(parseCard(modelJson), { bytes: modelOnnx, sha256 }, options);
}

/** As `loadClassifier`, for a caller who parsed model.json while model.onnx was on its way. */
export async function openClassifier(
  card: ModelCard,
  modelOnnx: HashedFile,
  options: SessionOptions,
): Promise<Classifier> {
  checkDigest(card, "model.onnx", modelOnnx);
  const session = await openSession(modelOnnx.bytes, options);
  const { size } = card.input;
  const classifier: Classifier = {
    classes: card.classes,
    size,
    bytes: modelOnnx.bytes.byteLength,
    async predict(views) {
      const results: Float32Array[] = [];
      for (let start = 0; start < views.length; start += BATCH) {
        results.push(...(await predictBatch(session, card, views.slice(start, start + BATCH))));
      }
      return results;
    },
    close: () => session.close(),
  };
  await warmUp(classifier);
  return classifier;
}

/** The first run of a session allocates; and a model that cannot answer one grey picture must not replace one that can. */
async function warmUp(classifier: Classifier): Promise<void> {
  const [probabilities] = await classifier.predict([new Uint8Array(classifier.size ** 2 * 3).fill(128)]);
  const sum = probabilities?.reduce((total, probability) => total + probability, 0) ?? Number.NaN;
  if (probabilities?.length === classifier.classes.length && Math.abs(sum - 1) < 1e-3) return;
  await classifier.close();
  throw new ModelIntegrityError("model.onnx does not answer one probability for each class of model.json.");
}

/** Reads model.json. Throws ModelIntegrityError when it is not one. */
export function parseCard(modelJson: Uint8Array): ModelCard {
  try {
    return modelCardSchema.parse(JSON.parse(new TextDecoder().decode(modelJson)));
  } catch (cause) {
    throw new ModelIntegrityError("model.json is not a model description this version of Ursa can read.", { cause });
  }
}

/** @throws ModelIntegrityError when the file is not the one that the card names */
export function checkDigest({ files }: ModelCard, name: string, { sha256: actual }: HashedFile): void {
  const expected = files.find((file) => file.name === name)?.sha256;
  if (expected === actual) return;
  throw new ModelIntegrityError(`${name} has sha256 ${actual}, model.json says ${expected ?? "nothing"}.`);
}

async function predictBatch(
  session: Session,
  { input, classes }: ModelCard,
  views: Uint8Array[],
): Promise<Float32Array[]> {
  const viewBytes = input.size * input.size * 3;
  const pixels = new Uint8Array(views.length * viewBytes);
  for (const [i, view] of views.entries()) {
    if (view.length !== viewBytes) throw new RangeError(`Expected a view of ${viewBytes} bytes, got ${view.length}.`);
    pixels.set(view, i * viewBytes);
  }
  const { probabilities } = await session.run({
    pixels: { dims: [views.length, input.size, input.size, 3], data: pixels },
  });
  if (!(probabilities?.data instanceof Float32Array))
    throw new ModelIntegrityError("model.onnx gave no probabilities.");
  const { data } = probabilities;
  return views.map((_, i) => data.slice(i * classes.length, (i + 1) * classes.length));
}
