// Rows of half floats on disk, up to a bound. What does not fit is not kept, so a reader must be able to compute it again.
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
  /** Numbers per row. */
  rowLength: number;
  maxBytes: number;
};

/** Never takes more than half of what is free on the disk, which others write to as well. */
const FREE_SHARE = 0.5;

export async function openActivationCache({
  path,
  rowLength,
  maxBytes,
}: ActivationCacheOptions): Promise<ActivationCache> {
  const rowBytes = rowLength * Float16Array.BYTES_PER_ELEMENT;
  let room = Math.floor(Math.min(maxBytes, FREE_SHARE * (await freeBytes(dirname(path)))) / rowBytes);
  const handle = await open(path, "w+");
  const places = new Map<string, number>();
  let next = 0;
  return {
    async read(key) {
      const place = places.get(key);
      return place === undefined ? undefined : readRow(handle, rowLength, place * rowBytes);
    },
    async write(key, row) {
      if (places.has(key) || next >= room) return;
      const place = next;
      next += 1;
      // Named only now that it is there.
      if (await writeRow(handle, row, place * rowBytes)) places.set(key, place);
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

async function readRow(handle: FileHandle, length: number, position: number): Promise<Float16Array> {
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
