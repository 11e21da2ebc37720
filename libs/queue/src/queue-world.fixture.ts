// A Redis of a test file's own, emptied before each test; workers that a test started end with it. Both functions are awaited outside of tests.
import { startRedis } from "@ursa/testing/redis";
import { afterAll, afterEach, beforeEach } from "vitest";
import { connectWorker } from "./connection.ts";
import { createProducer } from "./producer.ts";

/** What a test puts into `workers` is closed when that test has ended. */
export async function startConnection() {
  const stack = new AsyncDisposableStack();
  const workers: { close(): Promise<void> }[] = [];
  afterAll(() => stack.disposeAsync());
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });
  const redis = stack.use(await startRedis());
  const connection = connectWorker(redis.url);
  stack.defer(() => connection.close());
  beforeEach(() => connection.redis.flushall());
  return { redis, connection, workers };
}

/** The same with a producer. */
export async function startQueueWorld() {
  const world = await startConnection();
  const producer = createProducer(world.connection);
  afterAll(() => producer.close());
  return { ...world, producer };
}
