// Keeps downloaders from beginning a shard while pictures that nothing refers to are deleted: a shard that finds its picture in
// the store relies on it before its part says so. A lease and not a pause: a collector that dies leaves nothing closed.
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "@ursa/contracts/problem";
import type { RedisConnection } from "./connection.ts";

const KEY = "ursa:fetch-gate";
const LEASE_MS = 60_000;
/** A shard takes seconds, with slow servers minutes. */
const IDLE_WITHIN_MS = 5 * 60_000;
const POLL_MS = 200;

const RENEW = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call("GET", KEYS[1]) == ARGV[1] then redis.call("DEL", KEYS[1]) end`;

export const isFetchGateClosed = async ({ redis }: RedisConnection): Promise<boolean> =>
  (await redis.exists(KEY)) === 1;

export type GateOptions = { countActive: () => Promise<number>; signal: AbortSignal; idleWithinMs?: number };

/**
 * Runs `work` while no shard is being fetched. It is given a check to await before each thing that relies on that: the check throws
 * once the gate could not be held.
 * @throws Problem conflict when someone else holds it, or when shards are at work for longer than five minutes
 */
export async function holdFetchGate<T>(
  { redis }: RedisConnection,
  { countActive, signal, idleWithinMs = IDLE_WITHIN_MS }: GateOptions,
  work: (assertHeld: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  if ((await redis.set(KEY, token, "PX", LEASE_MS, "NX")) === null)
    throw new Problem("conflict", "Garbage is being collected already; wait until that has ended.");
  const assertHeld = async () => {
    signal.throwIfAborted();
    if ((await redis.eval(RENEW, 1, KEY, token, LEASE_MS)) !== 1)
      throw new Problem(
        "conflict",
        "Downloads could not be held back any longer; what was deleted so far is garbage. Ask again.",
      );
  };
  const renewing = setInterval(() => void assertHeld().catch(() => {}), LEASE_MS / 4);
  try {
    await untilIdle(countActive, { assertHeld, withinMs: idleWithinMs });
    return await work(assertHeld);
  } finally {
    clearInterval(renewing);
    await redis.eval(RELEASE, 1, KEY, token);
  }
}

type Patience = { assertHeld: () => Promise<void>; withinMs: number };

async function untilIdle(countActive: () => Promise<number>, { assertHeld, withinMs }: Patience): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while ((await countActive()) > 0) {
    await assertHeld();
    if (performance.now() > giveUpAt)
      throw new Problem("conflict", "Pictures are still being fetched; pictures are collected when they are not.");
    await delay(POLL_MS);
  }
}
