// Can Redis be given work: it answers, and it keeps every key.
import { Problem } from "@ursa/contracts/problem";
import { assertNoEviction, type RedisConnection } from "@ursa/queue/connection";
import type { Producer } from "@ursa/queue/producer";
import { cachedCheck, type HealthCheck } from "@ursa/service/health";

/** A policy changes when an operator changes it, so a good one is believed this long. A bad one is looked at each time. */
const POLICY_MS = 10_000;

/** @returns a check that throws Problem queue_unavailable, with the remedy where Redis evicts keys */
export function createRedisCheck(connection: RedisConnection, producer: Pick<Producer, "ping">): HealthCheck {
  const assertFit = cachedCheck(() => assertNoEviction(connection), POLICY_MS);
  return async () => {
    await producer.ping();
    await assertFit().catch((cause) => {
      // Redis went away between the two questions.
      throw cause instanceof Problem ? cause : new Problem("queue_unavailable", undefined, { cause });
    });
  };
}
