// One tar in WebDataset's form: `<key>.jpg` and `<key>.json` are one sample. Same samples, same bytes.
import { packTar } from "@ursa/archive/pack-tar";
import type { ByteRange } from "@ursa/store/object-store";

export type Sample = { key: string; jpeg: Uint8Array; json: unknown };

/** @returns the tar, and where each sample's JPEG lies in it, in the order of the samples */
export async function packSamples(samples: readonly Sample[]): Promise<{ tar: Buffer; ranges: ByteRange[] }> {
  const files = samples.flatMap(({ key, jpeg, json }) => {
    const name = key.padStart(9, "0");
    return [
      { name: `${name}.jpg`, bytes: Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength) },
      { name: `${name}.json`, bytes: Buffer.from(JSON.stringify(json)) },
    ];
  });
  const { tar, ranges } = await packTar(files);
  return { tar, ranges: ranges.filter((_, at) => at % 2 === 0) };
}
