// One tar in WebDataset's form: `<key>.jpg` and `<key>.json` are one sample. Same samples, same bytes.
import { buffer } from "node:stream/consumers";
import type { ByteRange } from "@ursa/store/object-store";
import { pack } from "tar-stream";

export type Sample = { key: string; jpeg: Uint8Array; json: unknown };

/** Tar is made of blocks of 512 bytes; a member is one block of header and its padded bytes. */
const BLOCK = 512;
// The epoch, so that a shard that is made twice has the same name.
const MTIME = new Date(0);

/** @returns the tar, and where each sample's JPEG lies in it, in the order of the samples */
export async function packSamples(samples: readonly Sample[]): Promise<{ tar: Buffer; ranges: ByteRange[] }> {
  const archive = pack();
  const whole = buffer(archive);
  const ranges: ByteRange[] = [];
  let offset = 0;
  const add = (name: string, bytes: Buffer) => {
    archive.entry({ name, mtime: MTIME }, bytes);
    const start = offset + BLOCK;
    offset = start + Math.ceil(bytes.length / BLOCK) * BLOCK;
    return { start, end: start + bytes.length };
  };
  for (const { key, jpeg, json } of samples) {
    const name = key.padStart(9, "0");
    ranges.push(add(`${name}.jpg`, Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)));
    add(`${name}.json`, Buffer.from(JSON.stringify(json)));
  }
  archive.finalize();
  return { tar: await whole, ranges };
}
