// How many rows a shard has: few enough that several workers share a small job, many enough that a large one has few objects.
import { SHARD_ROWS } from "@ursa/contracts/queues";

/** A small job is still cut into this many shards or so. */
const SHARED_BY = 16;
/** Below this a shard costs more in jobs and objects than it gains. Shards are whole multiples: the network takes 16 at a time. */
const MIN_SHARD_ROWS = 16;

/** From so many rows on, shards are as large as they get. */
export const LARGE_JOB_ROWS = SHARED_BY * SHARD_ROWS;

/** @param total rows of the whole job, of which these may be a part */
export function cutShards<T>(rows: readonly T[], total: number): T[][] {
  const steps = Math.max(1, Math.ceil(total / SHARED_BY / MIN_SHARD_ROWS));
  const shardRows = Math.min(SHARD_ROWS, steps * MIN_SHARD_ROWS);
  const shards: T[][] = [];
  for (let start = 0; start < rows.length; start += shardRows) shards.push(rows.slice(start, start + shardRows));
  return shards;
}
