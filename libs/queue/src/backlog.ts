// How many shards each namespace has unfinished, kept per record in one hash per queue and namespace.
// A shard's priority is 1 + its index among them, so that a million URLs of one namespace do not delay another's ten.
// A hint, not a truth: a count that is off (a lost decrement) moves priorities a little and goes when its record ends.
import type { QueueName } from "@ursa/contracts/queues";
import { z } from "zod";
import type { RedisConnection } from "./connection.ts";

export type ShardQueue = Extract<QueueName, "fetch" | "predict">;
type Owner = { namespace: string; id: string };

/** The largest priority BullMQ takes. */
export const LAST_PRIORITY = 2 ** 21;
/** Seconds. Long enough for any backlog; a namespace that is gone leaves nothing behind. */
const KEPT_S = 30 * 24 * 3600;

// Only where the field is still there, so that a late shard does not bring back a record that has ended.
const DECREMENT = `if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 1 then redis.call("HINCRBY", KEYS[1], ARGV[1], -1) end`;

/** HGETALL: unfinished shards by record id. */
const countsSchema = z.record(z.string(), z.coerce.number());

const keyOf = (queue: ShardQueue, namespace: string) => `ursa:backlog:${queue}:${namespace}`;

export const priorityOf = (ahead: number, shard: number): number => Math.min(1 + ahead + shard, LAST_PRIORITY);

/** Notes a record's shards. Returns how many unfinished ones its namespace had before, not counting its own. */
export async function reserveShards(
  { redis }: RedisConnection,
  { queue, owner, shards }: { queue: ShardQueue; owner: Owner; shards: number },
): Promise<number> {
  const key = keyOf(queue, owner.namespace);
  const replies = await redis.multi().hgetall(key).hset(key, owner.id, shards).expire(key, KEPT_S).exec();
  const before = countsSchema.parse(replies?.[0]?.[1]);
  return Object.entries(before)
    .filter(([id]) => id !== owner.id)
    .reduce((sum, [, count]) => sum + Math.max(0, count), 0);
}

export async function finishShard({ redis }: RedisConnection, queue: ShardQueue, owner: Owner): Promise<void> {
  await redis.eval(DECREMENT, 1, keyOf(queue, owner.namespace), owner.id);
}

export async function forgetShards({ redis }: RedisConnection, owner: Owner): Promise<void> {
  await redis
    .multi()
    .hdel(keyOf("fetch", owner.namespace), owner.id)
    .hdel(keyOf("predict", owner.namespace), owner.id)
    .exec();
}
