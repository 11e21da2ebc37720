// How often one may ask in a minute: counted in Redis, so that all replicas of a service count together.
import { type RedisConnection, whileReachable } from "./connection.ts";

export type RateLimit = {
  /**
   * Counts one request of `who` for `what`, which may have `perMinute` of them in a window of a minute. A window begins with the first
   * request for `what` and is the same for all who ask, so that at its border twice as many may come in close succession.
   * @returns 0, or the seconds after which to ask again
   * @throws Problem queue_unavailable: what cannot be counted is not let in
   */
  take(what: string, who: string, perMinute: number): Promise<number>;
};

const WINDOW_MS = 60_000;
/** Whoever comes as one more waits for the next window: an attacker with many addresses fills no memory. About 1 MB. */
const MOST_ASKERS = 10_000;

/** One hash for each `what`, gone with its window. */
const TAKE = `
local count = redis.call("HINCRBY", KEYS[1], ARGV[1], 1)
if redis.call("PTTL", KEYS[1]) < 0 then redis.call("PEXPIRE", KEYS[1], ARGV[3]) end
if count == 1 and redis.call("HLEN", KEYS[1]) > tonumber(ARGV[4]) then
  redis.call("HDEL", KEYS[1], ARGV[1])
  return redis.call("PTTL", KEYS[1])
end
return count > tonumber(ARGV[2]) and redis.call("PTTL", KEYS[1]) or 0`;

type Bounds = { windowMs?: number; mostAskers?: number };

export function createRateLimit(
  connection: RedisConnection,
  { windowMs = WINDOW_MS, mostAskers = MOST_ASKERS }: Bounds = {},
): RateLimit {
  return {
    async take(what, who, perMinute) {
      const left = await whileReachable(connection, () =>
        connection.redis.eval(TAKE, 1, `ursa:rate:${what}`, who, perMinute, windowMs, mostAskers),
      );
      return Math.ceil(Number(left) / 1000);
    },
  };
}
