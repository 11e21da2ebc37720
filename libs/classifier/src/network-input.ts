// What a network is fed, in batches: pixels, or what a frozen part makes of them (frozen-part.ts). Each batch is loaded while the
// one before it computes.
import type { HostTensor } from "@ursa/tensor/session";
import { loadAhead } from "./load-ahead.ts";

export type LoadView = (index: number, signal: AbortSignal) => Promise<Uint8Array>;

/** Views of pictures. Of equal `key` and index are equal pixels, as long as the run lasts. */
export type ViewSet = { key: string; load: LoadView };

export type BatchesOptions = {
  batches: readonly (readonly number[])[];
  /** Rows of every batch; those beyond its pictures are zeros. Default: as many as it has pictures. */
  rows?: number;
  signal: AbortSignal;
};

export type InputBatch = { indices: readonly number[]; feeds: Record<string, HostTensor> };

export interface NetworkInput extends AsyncDisposable {
  /** Feeds named as `partInput` says. Throws the signal's reason, and RangeError for a view of another size. */
  batches(views: ViewSet, options: BatchesOptions): AsyncGenerator<InputBatch>;
}

/** The views themselves: `pixels` is uint8 [rows, size, size, 3]. */
export function pixelInput(size: number): NetworkInput {
  return {
    async *batches(views, { batches, rows, signal }) {
      const load = (indices: readonly number[]) => Promise.all(indices.map((index) => views.load(index, signal)));
      for await (const [indices, loaded] of loadAhead(batches, load, signal)) {
        yield { indices, feeds: { pixels: joinViews(loaded, size, rows) } };
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** One block of pixels [rows, size, size, 3], zeros where there is no view. Throws RangeError when a view has another size. */
export function joinViews(views: readonly Uint8Array[], size: number, rows = views.length): HostTensor {
  const bytes = size * size * 3;
  const joined = new Uint8Array(rows * bytes);
  for (const [i, view] of views.entries()) {
    if (view.length !== bytes)
      throw new RangeError(`Expected a view of ${size} x ${size} RGB pixels (${bytes} bytes), got ${view.length}.`);
    joined.set(view, i * bytes);
  }
  return { dims: [rows, size, size, 3], data: joined };
}

/** `items` in order, in batches of at most `size`. */
export function inBatches<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
