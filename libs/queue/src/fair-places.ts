// Who may run in a worker: its last free place is for a namespace that has nothing running here, so that however slow the shards of one
// are, another's first ones begin at once.
import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "bullmq";
import { z } from "zod";
import type { RedisConnection } from "./connection.ts";

export type FairPlaces = {
  /** A place for one of `namespace`'s jobs, or undefined while it may have none. */
  take(namespace: string): Disposable | undefined;
  /** Resolves when a place was given back. */
  freed(): Promise<void>;
};

/** @param total places, the kept one included; at least 2 */
export function createFairPlaces(total: number): FairPlaces {
  const taken = new Map<string, number>();
  let free = total;
  let bell = Promise.withResolvers<void>();
  const give = (namespace: string) => {
    free += 1;
    const left = (taken.get(namespace) ?? 1) - 1;
    if (left > 0) taken.set(namespace, left);
    else taken.delete(namespace);
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  return {
    take(namespace) {
      const own = taken.get(namespace) ?? 0;
      if (free === 0 || (free === 1 && own > 0)) return undefined;
      free -= 1;
      taken.set(namespace, own + 1);
      return { [Symbol.dispose]: () => give(namespace) };
    },
    freed: () => bell.promise,
  };
}

/** How often a job without a place looks whether another should have been taken instead. */
const LOOK_MS = 250;

type Waiting = { connection: RedisConnection; job: Job; namespace: string; signal: AbortSignal };

/**
 * Waits with a job that was taken until there is a place for it.
 * @returns undefined when a job that comes before it waits: hand this one back, and that one is taken. @throws the signal's reason
 */
export async function placeFor(places: FairPlaces, waiting: Waiting): Promise<Disposable | undefined> {
  for (;;) {
    waiting.signal.throwIfAborted();
    const place = places.take(waiting.namespace);
    if (place) return place;
    if (await isOvertaken(waiting)) return undefined;
    await Promise.race([places.freed(), delay(LOOK_MS)]);
  }
}

/** ZRANGE WITHSCORES of one: the job's id and its score. Empty where none waits. */
const headSchema = z.union([z.tuple([]), z.tuple([z.string(), z.coerce.number()])]);
/** BullMQ's score of a prioritized job: its priority, with room for a counter. */
const SCORES_PER_PRIORITY = 0x100000000;

/** By a smaller priority only: with an equal one the job would be taken again at once, and handed back again. */
async function isOvertaken({ connection, job }: Waiting): Promise<boolean> {
  const asked = connection.redis
    .zrange(`${job.queueQualifiedName}:prioritized`, "0", "0", "WITHSCORES")
    .catch(() => []);
  const [, score] = headSchema.parse(await asked);
  return score !== undefined && Math.floor(score / SCORES_PER_PRIORITY) < (job.opts.priority ?? 0);
}
