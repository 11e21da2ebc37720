// Runs views through the frozen body once and keeps the pooled activations on disk: stage 1 then trains on them in seconds.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openSession, type Session } from "@ursa/tensor/session";
import { type FeatureFile, openFeatureFile, writeFeatureFile } from "./feature-file.ts";

// Activations of 16 pictures at once keep two cores busy; more only takes more memory.
const BATCH = 16;

export type FeatureSet = {
  /** Everything the activations depend on; equal keys share a file, also after a restart. */
  key: unknown;
  count: number;
  /** RGB uint8 [size, size, 3] of item `index`. */
  view(index: number, signal: AbortSignal): Promise<Uint8Array>;
};

export interface FeatureExtractor extends AsyncDisposable {
  /** The activations of a set, from disk where they are there already. `onBatch` is told how many pictures were added. */
  extract(set: FeatureSet, onBatch: (pictures: number) => void, signal: AbortSignal): Promise<FeatureFile>;
}

export type ExtractorOptions = {
  /** The traced body: `pixels` -> `features`. */
  graph: Uint8Array;
  size: number;
  /** Numbers per picture. */
  width: number;
  workDir: string;
  threads: number;
};

export async function openFeatureExtractor({
  graph,
  size,
  width,
  workDir,
  threads,
}: ExtractorOptions): Promise<FeatureExtractor> {
  const session = await openSession(graph, { threads });
  return {
    async extract(set, onBatch, signal) {
      const name = createHash("sha256").update(JSON.stringify(set.key)).digest("hex").slice(0, 32);
      const path = join(workDir, `features-${name}.f32`);
      const known = await openFeatureFile(path, set.count, width);
      if (known) {
        onBatch(set.count);
        return known;
      }
      await writeFeatureFile(path, activations(session, set, { size, onBatch, signal }));
      const written = await openFeatureFile(path, set.count, width);
      if (!written) throw new Error(`The activations written to ${path} have the wrong size.`);
      return written;
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
}

type Progress = { size: number; onBatch: (pictures: number) => void; signal: AbortSignal };

async function* activations(session: Session, set: FeatureSet, { size, onBatch, signal }: Progress) {
  const load = (start: number): Promise<Uint8Array[]> => {
    const indices = Array.from({ length: Math.max(0, Math.min(BATCH, set.count - start)) }, (_, i) => start + i);
    const views = Promise.all(indices.map((index) => set.view(index, signal)));
    // The next batch loads while this one computes; if that fails first, nobody is waiting for it yet.
    views.catch(() => {});
    return views;
  };
  let pending = load(0);
  for (let start = 0; start < set.count; start += BATCH) {
    const views = await pending;
    signal.throwIfAborted();
    pending = load(start + BATCH);
    const { features } = await session.run({
      pixels: { dims: [views.length, size, size, 3], data: joinViews(views, size) },
    });
    if (!(features?.data instanceof Float32Array)) throw new Error("The body gave no features.");
    yield features.data;
    onBatch(views.length);
  }
}

/** One block of pixels [views, size, size, 3]. Throws when a view has another size. */
export function joinViews(views: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = size * size * 3;
  const joined = new Uint8Array(views.length * bytes);
  for (const [i, view] of views.entries()) {
    if (view.length !== bytes)
      throw new RangeError(`Expected a view of ${size} x ${size} RGB pixels (${bytes} bytes), got ${view.length}.`);
    joined.set(view, i * bytes);
  }
  return joined;
}
