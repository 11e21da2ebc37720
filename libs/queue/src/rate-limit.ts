// How often one may ask in a minute: counted in Redis, so that all replicas of a service count together.
import { z } from "zod";
import { type RedisConnection, whileReachable } from "./connection.ts";
import { within } from "./within.ts";

export type RateCount = {
  /** 0, or the seconds after which to ask again. */
  retryAfterSeconds: number;
  remaining: number;
  resetSeconds: number;
};

export type RateLimit = {
  /**
   * Counts one request of `who` for `what`, which may have `perMinute` of them in a window of a minute. A window begins with the first
   * request for `what` and is the same for all who ask, so that at its border twice as many may come in close succession.
   * @throws Problem queue_unavailable: what cannot be counted is not let in
   */
  take(what: string, who: string, perMinute: number): Promise<RateCount>;
  /** As `take`, for those who are let in uncounted while Redis is away: undefined then, after a fifth of a second at most. */
  tryTake(what: string, who: string, perMinute: number): Promise<RateCount | undefined>;
};

const WINDOW_MS = 60_000;
/** Whoever comes as one more waits for the next window: an attacker with many addresses fills no memory. About 1 MB. */
const MOST_ASKERS = 10_000;

const PATIENCE_MS = 200;

/** One hash for each `what`, gone with its window. Answers the count, the milliseconds that are left, and whether the asker is one too many. */
const TAKE = `
local count = redis.call("HINCRBY", KEYS[1], ARGV[1], 1)
if redis.call("PTTL", KEYS[1]) < 0 then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
if count == 1 and redis.call("HLEN", KEYS[1]) > tonumber(ARGV[3]) then
  redis.call("HDEL", KEYS[1], ARGV[1])
  return {count, redis.call("PTTL", KEYS[1]), 1}
end
return {count, redis.call("PTTL", KEYS[1]), 0}`;

const replySchema = z.tuple([z.int(), z.int(), z.int()]);

type Bounds = { windowMs?: number; mostAskers?: number };

export function createRateLimit(
  connection: RedisConnection,
  { windowMs = WINDOW_MS, mostAskers = MOST_ASKERS }: Bounds = {},
): RateLimit {
  const count = async (what: string, who: string, perMinute: number): Promise<RateCount> => {
    const reply = await connection.redis.eval(TAKE, 1, `ursa:rate:${what}`, who, windowMs, mostAskers);
    const [asked, leftMs, isTooMany] = replySchema.parse(reply);
    const resetSeconds = Math.max(1, Math.ceil(leftMs / 1000));
    const remaining = isTooMany ? 0 : Math.max(0, perMinute - asked);
    return { retryAfterSeconds: isTooMany || asked > perMinute ? resetSeconds : 0, remaining, resetSeconds };
  };
  return {
    take: (...asked) => whileReachable(connection, () => count(...asked)),
    async tryTake(...asked) {
      if (connection.redis.status !== "ready") return undefined;
      return within(PATIENCE_MS, count(...asked)).catch(() => undefined);
    },
  };
}
