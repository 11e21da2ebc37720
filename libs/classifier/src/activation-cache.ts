// Rows of half floats on disk, up to a bound, for as long as a run lasts: its finder and its training share them. What does not fit is not kept, so a reader must be able to compute it again.
// Which rows are there is known in memory only: a file that a killed process left is never read.
import { type FileHandle, open, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";

export interface ActivationCache extends AsyncDisposable {
  /** The row of this key; undefined when it is not kept. */
  read(key: string): Promise<Float16Array | undefined>;
  /** Keeps a row while there is room. */
  write(key: string, row: Float16Array): Promise<void>;
}

export type ActivationCacheOptions = {
  /** Written anew, and removed at the end. */
  path: string;
  maxBytes: number;
};

/** Never takes more than half of what is free on the disk, which others write to as well. */
const FREE_SHARE = 0.5;

export async function openActivationCache({ path, maxBytes }: ActivationCacheOptions): Promise<ActivationCache> {
  let room = Math.min(maxBytes, FREE_SHARE * (await freeBytes(dirname(path))));
  const handle = await open(path, "w+");
  const places = new Map<string, Place>();
  let end = 0;
  return {
    async read(key) {
      const place = places.get(key);
      return place && readRow(handle, place);
    },
    async write(key, row) {
      if (places.has(key) || end + row.byteLength > room) return;
      const place = { position: end, length: row.length };
      end += row.byteLength;
      // Named only now that it is there.
      if (await writeRow(handle, row, place.position)) places.set(key, place);
      else room = 0;
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** In bytes, and in numbers. */
type Place = { position: number; length: number };

async function readRow(handle: FileHandle, { position, length }: Place): Promise<Float16Array> {
  const row = new Float16Array(length);
  const { bytesRead } = await handle.read(new Uint8Array(row.buffer), { position });
  if (bytesRead !== row.byteLength) throw new Error(`The activations at byte ${position} are cut short.`);
  return row;
}

const FULL = ["ENOSPC", "EDQUOT"];

/** False when the disk is full. */
async function writeRow(handle: FileHandle, row: Float16Array, position: number): Promise<boolean> {
  const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
  try {
    const { bytesWritten } = await handle.write(bytes, { position });
    return bytesWritten === bytes.length;
  } catch (error) {
    if (error instanceof Error && "code" in error && FULL.includes(String(error.code))) return false;
    throw error;
  }
}
