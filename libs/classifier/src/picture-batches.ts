// Batches of views, each loaded while the one before it computes.
import type { HostTensor } from "@ursa/tensor/session";
import { joinViews } from "./features.ts";

export type PictureBatch = { indices: readonly number[]; pixels: HostTensor };
export type LoadView = (index: number, signal: AbortSignal) => Promise<Uint8Array>;

export type PictureBatchesOptions = {
  batches: readonly (readonly number[])[];
  view: LoadView;
  /** Side of a view, in pixels. */
  size: number;
  /** Rows of every batch; those beyond its pictures are black. Default: as many as it has pictures. */
  rows?: number;
  signal: AbortSignal;
};

/** `pixels` is uint8 [rows, size, size, 3]. Throws the signal's reason, and RangeError for a view of another size. */
export async function* pictureBatches(options: PictureBatchesOptions): AsyncGenerator<PictureBatch> {
  const { batches, size, rows, signal } = options;
  let pending = loadViews(options, batches[0]);
  for (const [i, indices] of batches.entries()) {
    const views = await pending;
    signal.throwIfAborted();
    pending = loadViews(options, batches[i + 1]);
    const count = rows ?? indices.length;
    const pixels = new Uint8Array(count * size * size * 3);
    pixels.set(joinViews(views, size));
    yield { indices, pixels: { dims: [count, size, size, 3], data: pixels } };
  }
}

function loadViews({ view, signal }: PictureBatchesOptions, indices: readonly number[] = []): Promise<Uint8Array[]> {
  const views = Promise.all(indices.map((index) => view(index, signal)));
  // Met when its turn comes; if the batch before it fails first, nobody is waiting for it.
  views.catch(() => {});
  return views;
}

/** 0..count-1, in batches of at most `size`, in order. */
export function inOrder(count: number, size: number): number[][] {
  const batches: number[][] = [];
  for (let start = 0; start < count; start += size) {
    batches.push(Array.from({ length: Math.min(size, count - start) }, (_, i) => start + i));
  }
  return batches;
}
