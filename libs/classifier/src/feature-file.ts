// A file of equally long rows of floats: activations lie here instead of in memory, and a batch reads the rows it needs.
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";

export interface FeatureRows {
  readonly count: number;
  /** The rows at `indices`, one after the other. */
  rows(indices: readonly number[]): Promise<Float32Array>;
}

export type FeatureFile = FeatureRows & { close(): Promise<void> };

/** Opens a finished file; undefined when there is none with `count` rows of `width` numbers. */
export async function openFeatureFile(path: string, count: number, width: number): Promise<FeatureFile | undefined> {
  const size = await stat(path).then(
    (info) => info.size,
    () => undefined,
  );
  if (size !== count * width * Float32Array.BYTES_PER_ELEMENT) return undefined;
  const handle = await open(path, "r");
  return { count, rows: (indices) => readRows(handle, indices, width), close: () => handle.close() };
}

/** Writes what `batches` yields. The file gets its name only when it is complete, so an interrupted one is never read. */
export async function writeFeatureFile(path: string, batches: AsyncIterable<Float32Array>): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeAll(partial, batches);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeAll(path: string, batches: AsyncIterable<Float32Array>): Promise<void> {
  await using handle = await open(path, "w");
  for await (const batch of batches) {
    await handle.writeFile(new Uint8Array(batch.buffer, batch.byteOffset, batch.byteLength));
  }
}

async function readRows(handle: FileHandle, indices: readonly number[], width: number): Promise<Float32Array> {
  const rowBytes = width * Float32Array.BYTES_PER_ELEMENT;
  const out = new Uint8Array(indices.length * rowBytes);
  await Promise.all(
    indices.map(async (index, i) => {
      const { bytesRead } = await handle.read(out, i * rowBytes, rowBytes, index * rowBytes);
      if (bytesRead !== rowBytes) throw new Error(`Row ${index} of the activations is cut short.`);
    }),
  );
  return new Float32Array(out.buffer);
}
