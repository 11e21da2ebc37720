// What an inspection knows of a picture by itself, kept by the picture's content and by what computed it: whoever inspects a later
// version of a dataset, or another dataset with the same pictures, computes only what is new.
import type { PictureStatistics } from "@ursa/imaging/measure-picture";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";

export type PictureFeatures = { statistics: PictureStatistics; features: Float32Array };

export interface KeptFeatures {
  /** Undefined where they were not kept yet, or not with as many numbers. @throws StoreUnavailable */
  read(sha256: string): Promise<PictureFeatures | undefined>;
  /** @throws StoreUnavailable */
  keep(sha256: string, known: PictureFeatures): Promise<void>;
}

/** Of the statistics, ahead of the features: two doubles. Features are float32; all little-endian. */
const HEAD_BYTES = 16;

/** @param options.body sha256 of what computes them @param options.width numbers per picture */
export function keepFeatures({
  store,
  namespace,
  body,
  width,
}: {
  store: ObjectStore;
  namespace: string;
  body: string;
  width: number;
}): KeptFeatures {
  const keyOf = (sha256: string) => keys.features(namespace, body, sha256);
  return {
    async read(sha256) {
      const bytes = await readIfThere(store, keyOf(sha256));
      return bytes?.length === HEAD_BYTES + width * Float32Array.BYTES_PER_ELEMENT ? parse(bytes) : undefined;
    },
    async keep(sha256, known) {
      await store.put(keyOf(sha256), format(known));
    },
  };
}

async function readIfThere(store: ObjectStore, key: string): Promise<Buffer | undefined> {
  try {
    return (await store.get(key)).body;
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

function format({ statistics, features }: PictureFeatures): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeDoubleLE(statistics.sharpness, 0);
  head.writeDoubleLE(statistics.brightest, 8);
  return Buffer.concat([head, new Uint8Array(features.buffer, features.byteOffset, features.byteLength)]);
}

function parse(bytes: Buffer): PictureFeatures {
  const statistics = { sharpness: bytes.readDoubleLE(0), brightest: bytes.readDoubleLE(8) };
  // Copied, since floats have to begin at a multiple of four.
  return { statistics, features: new Float32Array(new Uint8Array(bytes.subarray(HEAD_BYTES)).buffer) };
}
