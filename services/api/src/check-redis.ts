// Can Redis be given work: it answers, it keeps every key, and it has room for more.
import { Problem } from "@ursa/contracts/problem";
import { assertNoEviction, assertRoom, type RedisConnection } from "@ursa/queue/connection";
import type { Producer } from "@ursa/queue/producer";
import { cachedCheck, type HealthCheck } from "@ursa/service/health";

/** A policy changes when an operator changes it, so a good one is believed this long. A bad one is looked at each time. */
const POLICY_MS = 10_000;

type RedisChecks = {
  /** Throws Problem queue_unavailable, with the remedy where Redis evicts keys. */
  isFit: HealthCheck;
  /** Throws it also while the memory of Redis is full: asked before anything new is written. */
  checkRedis: HealthCheck;
};

export function createRedisChecks(connection: RedisConnection, producer: Pick<Producer, "ping">): RedisChecks {
  const assertFit = cachedCheck(() => assertNoEviction(connection), POLICY_MS);
  const isFit = async () => {
    await producer.ping();
    await assertFit().catch(asProblem);
  };
  const checkRedis = async () => {
    await isFit();
    await assertRoom(connection).catch(asProblem);
  };
  return { isFit, checkRedis };
}

/** Redis went away between two questions. */
function asProblem(cause: unknown): never {
  throw cause instanceof Problem ? cause : new Problem("queue_unavailable", undefined, { cause });
}
