// One shard, from URLs to verified pictures. May be run any number of times, by any number of workers at once: the first
// part written stands, and everything it names was written before it.
import { createHash } from "node:crypto";
import type { Item } from "@ursa/contracts/dataset";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { mapConcurrently } from "./map-concurrently.ts";
import { partKey, readPlan, type ShardAddress, writeOnce } from "./parts.ts";
import type { PlanRow } from "./plan-row.ts";
import { putOnce } from "./put-once.ts";
import { type PictureTools, tryRow } from "./try-row.ts";
import { packSamples } from "./webdataset-tar.ts";

type FetchShardInput = ShardAddress & {
  store: ObjectStore;
  signal: AbortSignal;
  /** Rows in work at once: what is in memory, beside the fetcher's own limits. */
  concurrency?: number;
  /** Called once for each row that was tried here, and for those the plan had decided. */
  onRow?: (row: Item, done: number, total: number) => void;
  /** Of a shard that is begun while its list is still read: resolves when the plan is as it stays. */
  untilPlanned?: (() => Promise<void>) | undefined;
} & PictureTools;

/** `isRepeat`: another run had finished the shard, so what is stored is its work. */
export type ShardResult = { rows: number; isRepeat: boolean };
export type TriedRow = { item: Item; prepared?: Uint8Array };

const CONCURRENCY = 16;

/**
 * Reads the plan; writes each picture once per content, a tar of prepared pictures (for a dataset), and the part last.
 * @throws ObjectNotFound without a plan, StoreUnavailable, and the signal's reason when it aborts
 */
export async function fetchShard(input: FetchShardInput): Promise<ShardResult> {
  const { store, signal } = input;
  const plan = await readPlan(store, input);
  if (await store.head(partKey(input))) return { rows: plan.length, isRepeat: true };
  const early = await tryRows(plan, input);
  const tried = input.untilPlanned ? await tryPlanned(early, input) : early;
  const rows = input.target === "dataset" ? await storeTar(tried, input) : tried.map(({ item }) => item);
  signal.throwIfAborted();
  const isFirst = await writeOnce(store, partKey(input), rows);
  return { rows: rows.length, isRepeat: !isFirst };
}

/** The plan may have changed meanwhile: rows that a later one of the list decided, or a mark that was withdrawn from all. */
async function tryPlanned(early: readonly TriedRow[], input: FetchShardInput): Promise<TriedRow[]> {
  await input.untilPlanned?.();
  return tryRows(await readPlan(input.store, input), { ...input, early });
}

/** What was tried stands for the row that it was tried for, as the plan has that now. */
function standing(row: PlanRow, before: TriedRow | undefined): TriedRow | undefined {
  if (row.outcome || !before || before.item.attempts === undefined) return undefined;
  const { split: _, ...item } = before.item;
  if (item.url !== row.url || item.class !== row.class) return undefined;
  return { ...before, item: { ...item, ...row, outcome: item.outcome } };
}

type Trying = FetchShardInput & { early?: readonly TriedRow[] };

async function tryRows(plan: readonly PlanRow[], { early = [], ...input }: Trying): Promise<TriedRow[]> {
  let done = 0;
  const isPrepared = input.target === "dataset";
  const byKey = new Map(early.map((row) => [row.item.key, row]));
  return mapConcurrently(
    plan,
    { limit: input.concurrency ?? CONCURRENCY, signal: input.signal },
    async (row, signal) => {
      const before = standing(row, byKey.get(row.key));
      if (before) return before;
      const tried = await tryRow(row, { ...input, namespace: input.owner.namespace, isPrepared, signal });
      done += 1;
      input.onRow?.(tried.item, done, plan.length);
      return tried;
    },
  );
}

/** Stores the prepared pictures and returns the rows with their place among them. */
async function storeTar(tried: readonly TriedRow[], { store, owner, shard }: FetchShardInput): Promise<Item[]> {
  const samples = tried.flatMap(({ item: { key, class: label, url, sha256 }, prepared }) =>
    prepared ? [{ key, jpeg: prepared, json: { key, class: label, url, sha256 } }] : [],
  );
  if (samples.length === 0) return tried.map(({ item }) => item);
  const { tar, ranges } = await packSamples(samples);
  const sha256 = createHash("sha256").update(tar).digest("hex");
  const key = keys.dataset.tar(owner, shard, sha256);
  await putOnce(store, { key, bytes: tar, sha256, contentType: "application/x-tar" });
  const places = new Map(samples.map((sample, at) => [sample.key, ranges[at]]));
  return tried.map(({ item }) => {
    const range = places.get(item.key);
    return range ? { ...item, prepared: { shard: key, ...range } } : item;
  });
}
