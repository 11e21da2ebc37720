// Which jobs of a record have ended without ending it. Kept in Redis, because it is about jobs: where those are lost, it is too.
import { z } from "zod";
import type { RedisConnection } from "./connection.ts";

type Owner = { namespace: string; id: string };

/** Seconds since the last of them; longer than any job takes, so that days of training do not forget the run before. */
const KEPT_S = 30 * 24 * 3600;

const countSchema = z.number();

/** Remembers `jobId`, if one is given. Saying the same job twice counts once. @returns how many jobs of the record are remembered */
export async function countEndings(
  { redis }: RedisConnection,
  { owner, jobId }: { owner: Owner; jobId?: string },
): Promise<number> {
  const key = `ursa:ended:${owner.namespace}:${owner.id}`;
  if (jobId === undefined) return redis.scard(key);
  const replies = await redis.multi().sadd(key, jobId).expire(key, KEPT_S).scard(key).exec();
  return countSchema.parse(replies?.[2]?.[1]);
}
