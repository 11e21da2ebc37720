// The frozen part of a network whose upper part is trained: run once per view, its activations kept on disk in half precision.
// They are rounded whether they are kept or not, so that what a run learns does not depend on the room there is.
import { sizeOf } from "@ursa/tensor/layout";
import { openSession, type Session } from "@ursa/tensor/session";
import type { ActivationCache } from "./activation-cache.ts";
import { type Body, traceFrozenPart } from "./body-graph.ts";
import { loadAhead } from "./load-ahead.ts";
import { inBatches, joinViews, type NetworkInput, type ViewSet } from "./network-input.ts";
import { partInput } from "./part-input.ts";

export type FrozenPartOptions = {
  activations: ActivationCache;
  /** Of the weights: parts of equal identity, size and `trainFrom` share what is kept. */
  identity: string;
  /** With the weights that the frozen stages keep. */
  body: Body;
  /** Side of a view, in pixels. */
  size: number;
  /** The lowest part that is trained (see freezeTo); the frozen part is what is below. */
  trainFrom: string;
  threads: number;
};

// Enough to keep the cores busy; more only takes more memory.
const ROWS = 16;

/** `activations` is float [rows, height, width, channels], what the lowest trained stage takes. */
export async function openFrozenPart(options: FrozenPartOptions): Promise<NetworkInput> {
  const { body, size, trainFrom, threads, activations, identity } = options;
  const { shape } = partInput({ ...body, size, trainFrom });
  const rowLength = sizeOf(shape);
  // Between two batches the cores are wanted for decoding the next.
  const session = await openSession(traceFrozenPart(body, size, trainFrom).bytes, { threads, spins: false });
  const part = { session, cache: activations, name: `${identity}/${size}/${trainFrom}`, size, rowLength };
  return {
    async *batches(views, { batches, rows, signal }) {
      const load = (indices: readonly number[]) => loadRows(part, { views, indices, signal });
      for await (const [indices, loaded] of loadAhead(batches, load, signal)) {
        const count = rows ?? indices.length;
        const data = new Float32Array(count * rowLength);
        await compute(part, loaded, signal);
        for (const [i, { row }] of loaded.entries()) data.set(row ?? [], i * rowLength);
        yield { indices, feeds: { activations: { dims: [count, ...shape], data } } };
      }
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
}

type Part = { session: Session; cache: ActivationCache; name: string; size: number; rowLength: number };
/** A row that was kept, or the view to compute it from. */
type Row = { key: string; row?: Float16Array; view?: Uint8Array };
type Wanted = { views: ViewSet; indices: readonly number[]; signal: AbortSignal };

function loadRows({ cache, name }: Part, { views, indices, signal }: Wanted): Promise<Row[]> {
  return Promise.all(
    indices.map(async (index): Promise<Row> => {
      const key = `${name}/${views.key}/${index}`;
      const row = await cache.read(key);
      return row ? { key, row } : { key, view: await views.load(index, signal) };
    }),
  );
}

/** Fills in the rows that are missing. */
async function compute({ session, cache, size, rowLength }: Part, rows: readonly Row[], signal: AbortSignal) {
  const missing = rows.flatMap((row) => (row.view ? [{ row, view: row.view }] : []));
  for (const some of inBatches(missing, ROWS)) {
    signal.throwIfAborted();
    const pixels = joinViews(
      some.map(({ view }) => view),
      size,
    );
    const { activations } = await session.run({ pixels });
    if (activations?.data.length !== some.length * rowLength)
      throw new Error(`The frozen part gave [${activations?.dims}] for ${some.length} pictures.`);
    const halves = new Float16Array(activations.data);
    for (const [i, { row }] of some.entries()) {
      row.row = halves.subarray(i * rowLength, (i + 1) * rowLength);
      await cache.write(row.key, row.row);
    }
  }
}
