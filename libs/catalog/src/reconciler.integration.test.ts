import { Problem } from "@ursa/contracts/problem";
import { connectWorker, type RedisConnection } from "@ursa/queue/connection";
import { createProducer, type Producer } from "@ursa/queue/producer";
import { drawDataset, drawModel, drawPrediction, quiet } from "@ursa/queue/records.fixture";
import { startWorker } from "@ursa/queue/worker";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createCatalog } from "./catalog.ts";
import { MAX_ENDINGS, reconcile, startReconciler } from "./reconciler.ts";
import { openScratchStore, type ScratchStore } from "./scratch-store.fixture.ts";

let redis: TestRedis;
let connection: RedisConnection;
let producer: Producer;
beforeAll(async () => {
  redis = await startRedis();
  connection = connectWorker(redis.url);
  producer = createProducer(connection);
});
beforeEach(() => connection.redis.flushall());
afterAll(async () => {
  await producer.close();
  await connection.close();
  await redis[Symbol.asyncDispose]();
});

function open({ store }: ScratchStore) {
  const catalog = createCatalog({ store });
  const { log } = quiet();
  const options = { catalog, producer, log, signal: new AbortController().signal, graceMs: -1 };
  return { catalog, options, pass: () => reconcile(options) };
}

test("after FLUSHALL every unfinished record is enqueued again, and no ended one", async () => {
  await using scratch = await openScratchStore();
  const { catalog, pass } = open(scratch);
  const dataset = await catalog.create("dataset", drawDataset({ namespace: "a", shards: 3 }));
  const model = await catalog.create("model", drawModel({ state: "running", fence: 2 }));
  const prediction = await catalog.create("prediction", drawPrediction({ source: "urls", shards: 2 }));
  await catalog.create("model", drawModel({ state: "ready" }));
  await producer.enqueueDataset(dataset);
  await producer.enqueueModel(model);
  await producer.enqueuePrediction(prediction);
  expect(await pass()).toEqual([]);

  await connection.redis.flushall();
  expect((await pass()).sort()).toEqual([dataset.id, model.id, prediction.id].sort());
  expect(await catalog.get("model", "default", model.id)).toMatchObject({ enqueued: 2, state: "running", fence: 2 });
  expect(await producer.counts()).toMatchObject({
    fetch: { prioritized: 5 },
    assemble: { "waiting-children": 1 },
    train: { waiting: 1 },
    predict: { "waiting-children": 2 },
    collect: { "waiting-children": 1 },
  });
  expect(await pass()).toEqual([]);
});

test("of four reconcilers at the same time, one enqueues each record", async () => {
  await using scratch = await openScratchStore();
  const { catalog } = open(scratch);
  const longAgo = new Date(Date.now() - 3_600_000).toISOString();
  const models = await Promise.all(
    Array.from({ length: 20 }, () => catalog.create("model", drawModel({ updatedAt: longAgo }))),
  );
  const passes = Array.from({ length: 4 }, () => reconcile({ ...open(scratch).options, graceMs: 60_000 }));
  const enqueued = (await Promise.all(passes)).flat();
  expect(enqueued.sort()).toEqual(models.map(({ id }) => id).sort());
  const after = await Promise.all(models.map(({ id }) => catalog.get("model", "default", id)));
  expect(after.map((model) => model.enqueued)).toEqual(Array(20).fill(2));
  expect((await producer.counts()).train.waiting).toBe(20);
});

test("a record made a moment ago is left to whoever is enqueueing it", async () => {
  await using scratch = await openScratchStore();
  const { catalog, options } = open(scratch);
  await catalog.create("model", drawModel());
  expect(await reconcile({ ...options, graceMs: 10_000 })).toEqual([]);
});

test("a job that keeps ending without ending its record is enqueued a few times, then the record fails", async () => {
  await using scratch = await openScratchStore();
  const { catalog, pass } = open(scratch);
  const record = await catalog.create("model", drawModel());
  await producer.enqueueModel(record);
  let runs = 0;
  const worker = startWorker({
    ...quiet(),
    connection,
    queue: "train",
    concurrency: 1,
    process: async () => {
      runs += 1;
    },
  });
  const isOver = async () => {
    await pass();
    return (await catalog.get("model", "default", record.id)).state === "failed";
  };
  await waitUntil(isOver, { what: "the record to fail", timeoutMs: 20_000 });
  expect(runs).toBe(MAX_ENDINGS);
  const { error } = await catalog.get("model", "default", record.id);
  expect(error).toMatchObject({ code: "worker_failed" });
  await worker.close();
});

test("a Redis that loses everything again and again does not fail a healthy record, nor does a full one", async () => {
  await using scratch = await openScratchStore();
  const { catalog, pass, options } = open(scratch);
  const { id } = await catalog.create("model", drawModel());
  for (let times = 0; times < 2 * MAX_ENDINGS; times += 1) {
    await connection.redis.flushall();
    expect(await pass()).toEqual([id]);
  }
  await connection.redis.flushall();
  const full: Producer = {
    ...producer,
    enqueueModel: () => Promise.reject(new Problem("queue_unavailable", "full")),
  };
  for (let times = 0; times < 2 * MAX_ENDINGS; times += 1) {
    await expect(reconcile({ ...options, producer: full })).rejects.toThrow("full");
  }
  expect(await pass()).toEqual([id]);
  expect(await catalog.get("model", "default", id)).toMatchObject({ state: "queued" });
});

test("with Redis away nothing is raised, and the running reconciler goes on when it is back", async () => {
  await using scratch = await openScratchStore();
  const { catalog, options } = open(scratch);
  const record = await catalog.create("model", drawModel());
  const stop = new AbortController();
  await redis.kill();
  await expect(reconcile(options)).rejects.toMatchObject({ code: "queue_unavailable" });
  expect(await catalog.get("model", "default", record.id)).toMatchObject({ enqueued: 1 });
  const running = startReconciler({ ...options, signal: stop.signal, intervalMs: 50 });
  await redis.restart();
  const isBack = async () => (await catalog.get("model", "default", record.id)).enqueued === 2;
  await waitUntil(isBack, { what: "the record to be enqueued" });
  stop.abort();
  await running;
});
