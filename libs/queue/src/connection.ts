// Connections to Redis. The API's gives up in under a second when Redis is away; a worker's waits for as long as it takes.
import { once } from "node:events";
import { Problem } from "@ursa/contracts/problem";
import type { Telemetry } from "bullmq";
import { Redis, type RedisOptions } from "ioredis";
import { within } from "./within.ts";

/** What is passed around: this lib uses `redis`, everyone else only closes it. */
export type RedisConnection = { readonly redis: Redis; readonly traced?: Traced; close(): Promise<void> };
/** BullMQ's option that makes its queues and workers part of traces. */
type Traced = { telemetry: Telemetry };
export type ConnectOptions = {
  /** Called for each failure to reach Redis; they are expected while it is away. */
  onError?: (error: Error) => void;
  tracing?: { queues: Telemetry } | undefined;
};

/** ioredis tells its reply types apart by `replyMapping`, which we leave alone. */
type Settings = Omit<RedisOptions, "replyMapping">;

/** Reaching Redis and waiting for its first answer may take this long, so that a caller is told "unavailable" in under a second. */
const REACH_MS = 800;
/** One piece of work. Adding a flow of 20 000 jobs takes Redis about 2 s on a slow machine. */
const WORK_MS = 15_000;
/** A socket that is silent this long while an answer is due is dead: a blocking read lasts 10 s at most. */
const SILENT_MS = 30_000;

/** For the API: commands fail at once while Redis is away. Use it inside `whileReachable`. */
export function connectProducer(url: string, options: ConnectOptions = {}): RedisConnection {
  return connect(url, options, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1000,
    retryStrategy: (times) => Math.min(100 * times, 1000),
  });
}

/** For workers: commands wait until Redis is back, however long that is. */
export function connectWorker(url: string, options: ConnectOptions = {}): RedisConnection {
  return connect(url, options, {
    maxRetriesPerRequest: null,
    // Capped at 2 s, with jitter, so that a fleet is back soon after Redis is, and not all in the same instant.
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1800) + Math.random() * 200,
  });
}

function connect(url: string, { onError = () => {}, tracing }: ConnectOptions, options: Settings): RedisConnection {
  const redis: Redis = new Redis(url, { keepAlive: 10_000, socketTimeout: SILENT_MS, ...options });
  redis.on("error", onError);
  return {
    redis,
    ...(tracing ? { traced: { telemetry: tracing.queues } } : {}),
    async close() {
      // Politely when Redis is there, so that what was sent is answered.
      if (redis.status === "ready") await within(1000, redis.quit()).catch(() => {});
      redis.disconnect();
    },
  };
}

/** Runs `work` against a Redis that has just answered. Throws Problem queue_unavailable, in under a second when Redis is away. */
export async function whileReachable<T>(connection: RedisConnection, work: () => Promise<T>): Promise<T> {
  try {
    await within(REACH_MS, reach(connection.redis));
    return await within(WORK_MS, work());
  } catch (cause) {
    throw new Problem("queue_unavailable", undefined, { cause });
  }
}

async function reach(redis: Redis): Promise<void> {
  // Rejects with the connection's next error, which is the answer we want.
  if (redis.status !== "ready") await once(redis, "ready", { signal: AbortSignal.timeout(REACH_MS) });
  await redis.ping();
}

/** Throws Problem queue_unavailable unless Redis keeps every key when its memory is full: an evicted key is a lost job. */
export async function assertNoEviction(connection: RedisConnection): Promise<void> {
  // INFO rather than CONFIG GET: hosted Redis often forbids CONFIG.
  const policy = /maxmemory_policy:(\S+)/.exec(await connection.redis.info("memory"))?.[1];
  if (policy === "noeviction") return;
  throw new Problem(
    "queue_unavailable",
    `Redis must keep every key, but its maxmemory-policy is ${policy ?? "unknown"}: it would drop jobs when its memory is full. Start it with --maxmemory-policy noeviction.`,
  );
}

/** Throws Problem queue_unavailable when the memory of Redis is full: what is queued goes on, and nothing can be added to it. */
export async function assertRoom({ redis }: RedisConnection): Promise<void> {
  const info = await redis.info("memory");
  const bytesOf = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const [most, used] = [bytesOf("maxmemory"), bytesOf("used_memory") - bytesOf("mem_not_counted_for_evict")];
  if (most === 0 || used < most) return;
  const [usedMb, mostMb] = [used, most].map((bytes) => (bytes / 2 ** 20).toFixed(1));
  throw new Problem(
    "queue_unavailable",
    `The memory of Redis is full (${usedMb} of ${mostMb} MB): nothing new is taken, what is queued goes on. Raise its maxmemory, or try again when jobs have ended.`,
  );
}

/**
 * Waits until Redis answers, however long that is.
 * @throws what assertNoEviction throws, and the signal's reason when it aborts first
 */
export async function waitForRedis(connection: RedisConnection, signal: AbortSignal): Promise<void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([assertNoEviction(connection), stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
