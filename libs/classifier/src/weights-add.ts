// Adds weights that do not ship with Ursa: they are checked before anything is written, and their sha256 is recorded.
import { createHash } from "node:crypto";
import { SafetensorsError } from "@ursa/tensor/safetensors";
import { learnedShapes } from "./backbones/tensor-shapes.ts";
import { type WeightsRecord, writeWeights } from "./weights-folder.ts";
import { type BackboneName, readWeights, registryEntry, WeightsError } from "./weights-registry.ts";
import { readWeightsSource, type SourceOptions } from "./weights-source.ts";

export type AddWeightsOptions = Pick<SourceOptions, "onProgress" | "signal"> & {
  name: BackboneName;
  /** A file, a folder that holds NAME.safetensors, or an https URL. */
  source: string;
  /** What its sha256 must be, where that is known. */
  sha256?: string | undefined;
  /** Where added weights are kept. */
  dir: string;
};

/** @throws WeightsError when they cannot be read, are not what was expected, or do not fit; then nothing has changed */
export async function addWeights(options: AddWeightsOptions): Promise<WeightsRecord> {
  const { name, source, sha256: expected, dir, onProgress, signal } = options;
  if (registryEntry(name).shipped)
    throw new WeightsError(`The weights of ${name} ship with Ursa; there is nothing to add.`);
  const bytes = await readWeightsSource(source, { name, maxBytes: maxBytesOf(name), onProgress, signal });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (expected && expected.toLowerCase() !== sha256)
    throw new WeightsError(`${source} has sha256 ${sha256}, expected ${expected}.`);
  checkFit(name, source, bytes);
  const record = { sha256, bytes: bytes.byteLength, from: source, addedAt: new Date().toISOString() };
  await writeWeights(dir, name, { bytes, record });
  return record;
}

const CONVERT = "tools/convert-torchvision.py makes a file of the body alone.";

function checkFit(name: BackboneName, source: string, bytes: Uint8Array): void {
  // torch.save writes a zip archive, or before 2020 a pickle.
  const isTorch = (bytes[0] === 0x50 && bytes[1] === 0x4b) || bytes[0] === 0x80;
  if (isTorch) throw new WeightsError(`${source} is a PyTorch file, expected safetensors: ${CONVERT}`);
  try {
    readWeights(name, bytes);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError || cause instanceof WeightsError)) throw cause;
    throw new WeightsError(`${cause.message} ${CONVERT}`, { cause });
  }
}

/** Twice the body in fp32: a file with a classifier or a counter too many is still read, so that what is too many can be named. */
function maxBytesOf(name: BackboneName): number {
  const shapes = [...learnedShapes(registryEntry(name).backbone.stages).values()];
  return 2 * 4 * shapes.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);
}
