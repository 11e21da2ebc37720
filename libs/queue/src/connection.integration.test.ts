import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  assertNoEviction,
  assertRoom,
  connectProducer,
  connectWorker,
  type RedisConnection,
  waitForRedis,
  whileReachable,
} from "./connection.ts";
import { createProducer } from "./producer.ts";
import { drawModel, quiet } from "./records.fixture.ts";
import { startWorker } from "./worker.ts";

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis[Symbol.asyncDispose]());

const unavailable = { code: "queue_unavailable", status: 503 };

/** Runs `work`, which must fail as queue_unavailable, and tells how long that took. */
async function timeToRefusal(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await expect(work()).rejects.toMatchObject(unavailable);
  return performance.now() - started;
}

test("a producer says queue_unavailable in under a second when Redis was never there", async () => {
  const connection = connectProducer("redis://127.0.0.1:1");
  const producer = createProducer(connection);
  expect(await timeToRefusal(() => producer.enqueueModel(drawModel()))).toBeLessThan(1000);
  expect(await timeToRefusal(() => producer.counts())).toBeLessThan(1000);
  await connection.close();
});

test("a producer says so when Redis dies, when Redis hangs, and works again once it is back", async () => {
  const connection = connectProducer(redis.url);
  const producer = createProducer(connection);
  await producer.enqueueModel(drawModel());

  await redis.kill();
  for (let times = 0; times < 5; times += 1) {
    expect(await timeToRefusal(() => producer.enqueueModel(drawModel()))).toBeLessThan(1000);
  }
  await redis.restart();
  await waitUntil(
    () =>
      producer.ping().then(
        () => true,
        () => false,
      ),
    { what: "the producer to be back" },
  );

  process.kill(redis.pid(), "SIGSTOP");
  expect(await timeToRefusal(() => producer.enqueueModel(drawModel()))).toBeLessThan(1000);
  process.kill(redis.pid(), "SIGCONT");
  await waitUntil(
    () =>
      producer.ping().then(
        () => true,
        () => false,
      ),
    { what: "the producer to be back" },
  );
  const record = drawModel();
  await producer.enqueueModel(record);
  expect(await producer.isQueued("model", record)).toBe(true);
  await producer.close();
  await connection.close();
});

test("a Redis that is full refuses jobs, keeps those it has, and takes new ones when there is room", async () => {
  const connection = connectProducer(redis.url);
  const producer = createProducer(connection);
  const kept = drawModel();
  await producer.enqueueModel(kept);
  await connection.redis.config("SET", "maxmemory", "1mb");
  await timeToRefusal(() => producer.enqueueModel(drawModel()));
  expect(await producer.isQueued("model", kept)).toBe(true);
  await connection.redis.config("SET", "maxmemory", "0");
  await producer.enqueueModel(drawModel());
  await producer.close();
  await connection.close();
});

test("a Redis that would evict jobs is refused with what to do about it", async () => {
  const connection = connectWorker(redis.url);
  await assertNoEviction(connection);
  await connection.redis.config("SET", "maxmemory-policy", "allkeys-lru");
  await expect(assertNoEviction(connection)).rejects.toThrow(/allkeys-lru.*--maxmemory-policy noeviction/s);
  await connection.redis.config("SET", "maxmemory-policy", "noeviction");
  await connection.close();
});

test("a Redis whose memory is full has no room, with what to do about it, until it may use more", async () => {
  const connection = connectWorker(redis.url);
  await assertRoom(connection);
  await connection.redis.config("SET", "maxmemory", "100kb");
  await expect(assertRoom(connection)).rejects.toThrow(/is full \(\d+\.\d of 0\.1 MB\).*Raise its maxmemory/s);
  await connection.redis.config("SET", "maxmemory", "100mb");
  await assertRoom(connection);
  await connection.redis.config("SET", "maxmemory", "0");
  await connection.close();
});

test("waiting for Redis ends when it is there, and at once when the service is to stop", async () => {
  const away = connectWorker("redis://127.0.0.1:1");
  const stop = new AbortController();
  const waiting = expect(waitForRedis(away, stop.signal)).rejects.toThrow("SIGTERM");
  stop.abort(new Error("SIGTERM"));
  await waiting;
  await expect(waitForRedis(away, stop.signal)).rejects.toThrow("SIGTERM");
  await away.close();
  const there = connectWorker(redis.url);
  await waitForRedis(there, new AbortController().signal);
  await there.close();
});

test("a worker waits for Redis, at its start and through an outage, and takes up the jobs that came meanwhile", async () => {
  await redis.kill();
  const workerConnection = connectWorker(redis.url);
  const done: string[] = [];
  const worker = startWorker({
    ...quiet(),
    queue: "train",
    connection: workerConnection,
    concurrency: 1,
    process: async ({ id }) => void done.push(id),
  });
  await redis.restart();
  const connection = connectProducer(redis.url);
  const producer = createProducer(connection);
  const before = drawModel();
  await enqueueOnceReachable(connection, () => producer.enqueueModel(before));
  await waitUntil(() => done.includes(before.id), { what: "the first job" });

  await redis.kill();
  await redis.restart();
  const after = drawModel();
  await enqueueOnceReachable(connection, () => producer.enqueueModel(after));
  const back = performance.now();
  await waitUntil(() => done.includes(after.id), { what: "the job after the outage", timeoutMs: 15_000 });
  expect(performance.now() - back).toBeLessThan(10_000);
  await worker.close();
  await producer.close();
  await Promise.all([connection.close(), workerConnection.close()]);
});

async function enqueueOnceReachable(connection: RedisConnection, enqueue: () => Promise<void>): Promise<void> {
  const isBack = () => whileReachable(connection, async () => true).catch(() => false);
  await waitUntil(isBack, { what: "Redis to be back" });
  await enqueue();
}

test("workers that are told to stop while Redis is away do so in seconds", async () => {
  const connection = connectWorker(redis.url);
  const producer = createProducer(connection);
  const heard: unknown[] = [];
  const busy = startWorker({
    ...quiet(),
    queue: "train",
    connection,
    concurrency: 1,
    process: (_, { signal }) =>
      new Promise((_, reject) => {
        heard.push("started");
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
  });
  const idle = startWorker({ ...quiet(), queue: "fetch", connection, concurrency: 1, process: async () => {} });
  await producer.enqueueModel(drawModel());
  await waitUntil(() => heard.length > 0, { what: "the job to run" });
  await redis.kill();
  const started = performance.now();
  await Promise.all([busy.close(), idle.close(), producer.close()]);
  await connection.close();
  expect(performance.now() - started).toBeLessThan(5000);
  await redis.restart();
});
