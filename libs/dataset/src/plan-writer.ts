// Writes the shards of a plan while its rows come, so that a million of them are never in memory at once.
import { SHARD_ROWS } from "@ursa/contracts/queues";
import type { ObjectStore } from "@ursa/store/object-store";
import { cutShards, LARGE_JOB_ROWS } from "./cut-shards.ts";
import { readJsonLines, toJsonLines } from "./json-lines.ts";
import { mapConcurrently } from "./map-concurrently.ts";
import { type PlanRow, planRowSchema } from "./plan-row.ts";

/**
 * Awaited before the plan is complete, and of few rows before any is written, with how many URLs are to be fetched. What it throws is thrown;
 * what was written by then belongs to no record, and is garbage.
 */
export type Admit = (urls: number) => Promise<void>;

/** What the list decided, and pictures of an archive, ask nobody. */
export const isToFetch = ({ outcome, entry }: Pick<PlanRow, "outcome" | "entry">): boolean =>
  outcome === undefined && entry === undefined;

export type PlanWriter = {
  /** Of a small job nothing is written yet: how its shards are cut depends on how many rows there are. */
  add(row: PlanRow): Promise<void>;
  /**
   * Writes the rest.
   * @param late what only the last row told: `rows` of those that are different now, by their order, and `settle`, which mends one
   * @returns how many shards there are
   */
  end(late?: { rows: Iterable<number>; settle: (row: PlanRow) => PlanRow }): Promise<number>;
};

type Place = {
  store: ObjectStore;
  keyOf: (shard: number) => string;
  signal?: AbortSignal | undefined;
  /** Awaited once, when the first shards of a large job are written; what is in them may still change. */
  onFirst?: (() => Promise<void>) | undefined;
};

const WRITES_AT_ONCE = 16;

export function createPlanWriter(place: Place): PlanWriter {
  const { store, keyOf, signal = new AbortController().signal, onFirst } = place;
  // As they will be written: of a million rows the objects would outlive the collections of what is young, and the text is a third of them.
  let held: string[] = [];
  let shards = 0;
  const writing = new Set<Promise<void>>();
  const write = async (shard: number, lines: readonly string[]) => {
    signal.throwIfAborted();
    if (writing.size >= WRITES_AT_ONCE) await Promise.race(writing);
    const one = store.put(keyOf(shard), lines.join("")).then(() => void writing.delete(one));
    writing.add(one);
    // Of a write that fails the next one hears, or the end.
    one.catch(() => {});
  };
  const flush = async () => {
    for (const lines of cutShards(held, shards * SHARD_ROWS + held.length)) await write(shards++, lines);
    held = [];
  };
  const flushFirst = async () => {
    await flush();
    await Promise.all(writing);
    await onFirst?.();
  };
  const mend = async (rows: Iterable<number>, settle: (row: PlanRow) => PlanRow) => {
    const stale = new Set<number>();
    for (const row of rows) if (row < shards * SHARD_ROWS) stale.add(Math.floor(row / SHARD_ROWS));
    await mapConcurrently([...stale], { limit: WRITES_AT_ONCE, signal }, async (shard) => {
      const written = await readJsonLines(store, keyOf(shard), planRowSchema);
      await store.put(keyOf(shard), toJsonLines(written.map(settle)));
    });
  };
  return {
    async add(row) {
      // Rows that are held for long are garbage that is collected late.
      if (shards === 0 && held.length === LARGE_JOB_ROWS) await flushFirst();
      else if (shards > 0 && held.length === SHARD_ROWS) await flush();
      held.push(toJsonLines([row]));
    },
    async end(late) {
      if (late) {
        await Promise.all(writing);
        await mend(late.rows, late.settle);
        held = held.map((line) => toJsonLines([late.settle(planRowSchema.parse(JSON.parse(line)))]));
      }
      await flush();
      await Promise.all(writing);
      return shards;
    },
  };
}
