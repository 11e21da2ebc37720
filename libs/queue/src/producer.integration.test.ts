import { waitUntil } from "@ursa/testing/wait-until";
import { Queue } from "bullmq";
import { expect, test } from "vitest";
import { LAST_PRIORITY, priorityOf } from "./backlog.ts";
import { startQueueWorld } from "./queue-world.fixture.ts";
import { drawDataset, drawModel, drawPrediction, quiet } from "./records.fixture.ts";
import { startWorker } from "./worker.ts";

const { connection, producer } = await startQueueWorld();

/** The order in which shards and parents ran, by namespace, with workers started after everything was enqueued. */
async function runAll(expected: number, concurrency = 4): Promise<string[]> {
  const order: string[] = [];
  const common = { ...quiet(), connection, concurrency };
  const workers = [
    startWorker({
      ...common,
      queue: "fetch",
      process: async ({ namespace, shard }) => void order.push(`${namespace} fetch ${shard}`),
    }),
    startWorker({
      ...common,
      queue: "assemble",
      process: async ({ namespace }) => void order.push(`${namespace} assemble`),
    }),
    startWorker({
      ...common,
      queue: "predict",
      process: async ({ namespace, shard }) => void order.push(`${namespace} predict ${shard}`),
    }),
    startWorker({
      ...common,
      queue: "collect",
      process: async ({ namespace }) => void order.push(`${namespace} collect`),
    }),
  ];
  await waitUntil(() => order.length >= expected, { what: `${expected} jobs`, timeoutMs: 60_000 });
  await Promise.all(workers.map((worker) => worker.close()));
  return order;
}

test("ten shards of one namespace overtake two thousand of another that came first", async () => {
  await producer.enqueueDataset(drawDataset({ namespace: "a", shards: 2000 }));
  await producer.enqueueDataset(drawDataset({ namespace: "b", shards: 10 }));
  const order = await runAll(2012);
  const endOfB = order.indexOf("b assemble");
  expect(endOfB).toBeGreaterThan(0);
  expect(endOfB).toBeLessThan(60);
  expect(order.at(-1)).toBe("a assemble");
});

test("a namespace's second dataset queues behind what its first still has to do", async () => {
  const common = { namespace: "a", shards: 20 };
  await producer.enqueueDataset(drawDataset(common));
  await runAll(21);
  await producer.enqueueDataset(drawDataset(common));
  await producer.enqueueDataset(drawDataset(common));
  const queue = new Queue("fetch", { connection: connection.redis });
  const priorities = (await queue.getPrioritized()).map((job) => job.priority);
  await queue.close();
  expect(priorities.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

test("priorities stay within what BullMQ takes", () => {
  expect(priorityOf(0, 0)).toBe(1);
  expect(priorityOf(LAST_PRIORITY, 7)).toBe(LAST_PRIORITY);
});

test("four thousand shards are enqueued in one go, and the parent runs once, last", async () => {
  const record = drawDataset({ shards: 4000 });
  const started = performance.now();
  await producer.enqueueDataset(record);
  expect(performance.now() - started).toBeLessThan(10_000);
  const before = await producer.counts();
  expect(before.fetch).toMatchObject({ prioritized: 4000 });
  expect(before.assemble).toMatchObject({ "waiting-children": 1, waiting: 0 });
  const order = await runAll(4001, 50);
  expect(order).toHaveLength(4001);
  expect(order.at(-1)).toBe("default assemble");
});

test("of a prediction over URLs, each shard is predicted after it was fetched, and collected at the end", async () => {
  await producer.enqueuePrediction(drawPrediction({ source: "urls", shards: 6 }));
  const order = await runAll(13);
  for (let shard = 0; shard < 6; shard += 1) {
    expect(order.indexOf(`default fetch ${shard}`)).toBeLessThan(order.indexOf(`default predict ${shard}`));
  }
  expect(order.at(-1)).toBe("default collect");
});

test("a prediction over stored pictures fetches nothing", async () => {
  await producer.enqueuePrediction(drawPrediction({ source: "items", shards: 3 }));
  expect(await runAll(4, 1)).toEqual([
    "default predict 0",
    "default predict 1",
    "default predict 2",
    "default collect",
  ]);
});

test("a record counts as queued until its last job has ended, and anew under the next number", async () => {
  const record = drawDataset({ shards: 2 });
  expect(await producer.isQueued("dataset", record)).toBe(false);
  await producer.enqueueDataset(record);
  expect(await producer.isQueued("dataset", record)).toBe(true);
  await runAll(3);
  expect(await producer.isQueued("dataset", record)).toBe(false);
  const again = { ...record, enqueued: 2 };
  await producer.enqueueDataset(again);
  expect(await producer.isQueued("dataset", again)).toBe(true);
  expect(await runAll(3)).toHaveLength(3);
});

test("shards that are begun before their record run at once, and are children of its flow whatever became of them", async () => {
  const record = drawDataset({ shards: 20 });
  const { namespace, id } = record;
  const seen: string[] = [];
  const isEnqueued = Promise.withResolvers<void>();
  const common = { ...quiet(), connection, concurrency: 4 };
  const fetching = startWorker({
    ...common,
    queue: "fetch",
    async process({ v, shard }) {
      seen.push(`fetch ${shard} v${v}`);
      // One waits for its record, the other has ended before there is one.
      if (shard === 0) await isEnqueued.promise;
    },
  });
  const assembling = startWorker({ ...common, queue: "assemble", process: async () => void seen.push("assemble") });
  await producer.beginDataset({ namespace, id });
  await producer.beginDataset({ namespace, id });
  const hasBegun = async () => (await producer.counts()).fetch.completed === 1 && seen.length === 2;
  await waitUntil(hasBegun, { what: "both to be begun, and one of them to have ended" });
  await producer.enqueueDataset(record);
  await waitUntil(() => new Set(seen).size === 21, { what: "the other shards" });
  // The one that had ended without its record came again; its parent waits for the one that has not ended.
  expect(seen).toContain("fetch 1 v1");
  expect(seen).not.toContain("assemble");
  isEnqueued.resolve();
  await waitUntil(() => seen.includes("assemble"), { what: "the parent" });
  expect(seen.filter((one) => one.startsWith("fetch 0"))).toEqual(["fetch 0 v4"]);
  expect(seen.filter((one) => one === "assemble")).toHaveLength(1);
  await Promise.all([fetching.close(), assembling.close()]);
});

test("what was begun for nothing is taken back, and a flow that has it by then keeps it", async () => {
  const record = drawDataset({ shards: 20 });
  const owner = { namespace: record.namespace, id: record.id };
  await producer.beginDataset(owner);
  expect((await producer.counts()).fetch).toMatchObject({ prioritized: 2 });
  await producer.takeBackDataset(owner);
  expect((await producer.counts()).fetch).toMatchObject({ prioritized: 0 });
  expect(await connection.redis.keys("ursa:backlog:*")).toEqual([]);
  await producer.beginDataset(owner);
  await producer.enqueueDataset(record);
  await producer.takeBackDataset(owner);
  expect((await producer.counts()).fetch).toMatchObject({ prioritized: 20 });
});

test("cancelling a whole flow that has not started leaves no job and no backlog", async () => {
  const record = drawPrediction({ source: "urls", shards: 300 });
  await producer.enqueuePrediction(record);
  await producer.cancel("prediction", record);
  for (const counts of Object.values(await producer.counts())) {
    expect(Object.values(counts).every((count) => count === 0)).toBe(true);
  }
  expect(await connection.redis.keys("ursa:backlog:*")).toEqual([]);
});

test("jobs wait under the names that autoscalers look at, with small payloads", async () => {
  const model = drawModel();
  await producer.enqueueModel(model);
  await producer.enqueueDataset(drawDataset({ shards: 3 }));
  expect(await connection.redis.llen("bull:train:wait")).toBe(1);
  expect(await connection.redis.zcard("bull:fetch:prioritized")).toBe(3);
  const stored = await connection.redis.hget(`bull:train:${model.id}-1`, "data");
  expect(JSON.parse(stored ?? "")).toEqual({ v: 1, namespace: "default", id: model.id });
});
