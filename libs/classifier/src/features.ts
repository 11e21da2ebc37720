// Runs views through the frozen body once and keeps the pooled activations on disk: stage 1 then trains on them in seconds.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openSession, type Session } from "@ursa/tensor/session";
import { type FeatureFile, openFeatureFile, writeFeatureFile } from "./feature-file.ts";
import { loadAhead } from "./load-ahead.ts";
import { inBatches, joinViews } from "./network-input.ts";

// Activations of 16 pictures at once keep two cores busy; more only takes more memory.
const BATCH = 16;
/** Pictures at once, however many views each has: one for every decoder of a pool. */
const FEWEST = 4;

export type FeatureSet = {
  /** Everything the activations depend on; equal keys share a file, also with a process that comes later. */
  key: unknown;
  /** Pictures. */
  count: number;
  /** Of each picture; its rows follow one another. */
  viewCount: number;
  /** RGB uint8 [size, size, 3] of item `index`, `viewCount` of them. */
  views(index: number, signal: AbortSignal): Promise<Uint8Array[]>;
};

export interface FeatureExtractor extends AsyncDisposable {
  /** The activations of a set, from disk where they are there already. `onBatch` is told how many views were added. */
  extract(set: FeatureSet, onBatch: (views: number) => void, signal: AbortSignal): Promise<FeatureFile>;
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
  // Between two batches the cores are wanted for decoding the next.
  const session = await openSession(graph, { threads, spins: false });
  return {
    async extract(set, onBatch, signal) {
      const name = createHash("sha256").update(JSON.stringify(set.key)).digest("hex").slice(0, 32);
      const path = join(workDir, `features-${name}.f32`);
      const rows = set.count * set.viewCount;
      const known = await openFeatureFile(path, rows, width);
      if (known) {
        onBatch(rows);
        return known;
      }
      await writeFeatureFile(path, activations(session, set, { size, onBatch, signal }));
      const written = await openFeatureFile(path, rows, width);
      if (!written) throw new Error(`The activations written to ${path} have the wrong size.`);
      return written;
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
}

type Progress = { size: number; onBatch: (views: number) => void; signal: AbortSignal };

async function* activations(session: Session, set: FeatureSet, { size, onBatch, signal }: Progress) {
  const batches = inBatches([...Array(set.count).keys()], Math.max(FEWEST, Math.floor(BATCH / set.viewCount)));
  const load = async (indices: readonly number[]) =>
    (await Promise.all(indices.map((index) => set.views(index, signal)))).flat();
  for await (const [, views] of loadAhead(batches, load, signal)) {
    const { features } = await session.run({ pixels: joinViews(views, size) });
    if (!(features?.data instanceof Float32Array)) throw new Error("The body gave no features.");
    yield features.data;
    onBatch(views.length);
  }
}
