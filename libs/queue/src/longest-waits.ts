// How long the jobs at the head of each queue have waited: the one number that says whether work is taken.
import type { QueueName } from "@ursa/contracts/queues";
import type { Job, Queue } from "bullmq";
import { z } from "zod";
import type { RedisConnection } from "./connection.ts";

/** ZRANGE WITHSCORES of one: the job's id and its place. Empty where nothing is delayed. */
const firstDelayedSchema = z.union([z.tuple([]), z.tuple([z.string(), z.coerce.number()])]);
/** BullMQ's place of a delayed job: when it is due, in milliseconds, with room for a counter. */
const PLACES_PER_MS = 0x1000;

/**
 * Seconds by queue, 0 where nothing waits. A job that was handed back counts from when it was last begun; a delayed one, from
 * when it was due, which only a worker can see to. Of prioritized jobs the first and the last in line are looked at.
 */
export async function longestWaits(
  connection: RedisConnection,
  queues: Record<QueueName, Queue>,
): Promise<Record<QueueName, number>> {
  const now = Date.now();
  const looked = Object.entries(queues).map(async ([name, queue]) => {
    const [heads, ends, due] = await Promise.all([
      queue.getJobs(["waiting", "prioritized"], 0, 0, true),
      queue.getJobs(["prioritized"], 0, 0, false),
      firstDue(connection, queue),
    ]);
    const since = Math.min(now, due, ...[...heads, ...ends].map(waitsSince));
    return [name, (now - since) / 1000] as const;
  });
  // Made of exactly the keys of `queues`, which are those of the type.
  return Object.fromEntries(await Promise.all(looked)) as Record<QueueName, number>;
}

const waitsSince = ({ timestamp, processedOn }: Job): number => Math.max(timestamp, processedOn ?? 0);

/** In Unix milliseconds; infinite where nothing is delayed. */
async function firstDue({ redis }: RedisConnection, queue: Queue): Promise<number> {
  const [, place] = firstDelayedSchema.parse(await redis.zrange(queue.toKey("delayed"), "0", "0", "WITHSCORES"));
  return place === undefined ? Number.POSITIVE_INFINITY : place / PLACES_PER_MS;
}
