// What an API tells Prometheus about the queues, read from a real Redis at each scrape.
import { createMetrics } from "@ursa/service/metrics";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { Queue } from "bullmq";
import { expect, test } from "vitest";
import { connectProducer } from "./connection.ts";
import { observeQueues } from "./observe-queues.ts";
import { createProducer } from "./producer.ts";
import { drawDataset, drawModel } from "./records.fixture.ts";

async function startApi() {
  await using building = new AsyncDisposableStack();
  const redis = building.use(await startRedis());
  const connection = connectProducer(redis.url);
  building.defer(() => connection.close());
  const producer = createProducer(connection);
  building.defer(() => producer.close());
  const metrics = createMetrics("api");
  metrics.beforeScrape(observeQueues({ connection, producer }, metrics));
  const told = async (series: string) => {
    const line = (await metrics.render()).split("\n").find((text) => text.startsWith(`ursa_${series} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  };
  const jobs = (queue: string, state: string) => told(`queue_jobs{queue="${queue}",state="${state}",service="api"}`);
  const age = (queue: string) => told(`queue_oldest_waiting_age_seconds{queue="${queue}",service="api"}`);
  const living = building.move();
  return { redis, connection, producer, told, jobs, age, [Symbol.asyncDispose]: () => living.disposeAsync() };
}

test("jobs are told by queue and state, and how long the first in line has waited", async () => {
  await using api = await startApi();
  expect(await api.age("fetch")).toBe(0);
  await api.producer.enqueueDataset(drawDataset({ shards: 3 }));
  await api.producer.enqueueModel(drawModel());
  expect(await api.jobs("fetch", "prioritized")).toBe(3);
  expect(await api.jobs("assemble", "waiting-children")).toBe(1);
  expect(await api.jobs("train", "waiting")).toBe(1);
  expect(await api.jobs("train", "active")).toBe(0);
  await waitUntil(async () => ((await api.age("train")) ?? 0) > 0.2, { what: "the train job to grow old" });
  expect(await api.age("fetch")).toBeGreaterThan(0.2);
  expect(await api.age("assemble")).toBe(0);
});

test("a retry that is due and that no worker takes up counts as waiting", async () => {
  await using api = await startApi();
  const queue = new Queue("collect", { connection: api.connection.redis });
  await queue.add("collect", {}, { delay: 3_600_000 });
  expect(await api.age("collect")).toBe(0);
  await queue.add("collect", {}, { delay: 1 });
  await waitUntil(async () => ((await api.age("collect")) ?? 0) > 0.1, { what: "the retry to be overdue" });
  await queue.close();
});

test("memory and policy of Redis are told; of one that is away, only that it is", async () => {
  await using api = await startApi();
  expect(await api.told('redis_up{service="api"}')).toBe(1);
  expect(await api.told('redis_noeviction{service="api"}')).toBe(1);
  await api.connection.redis.config("SET", "maxmemory", "64mb");
  expect(await api.told('redis_memory_max_bytes{service="api"}')).toBe(64 * 2 ** 20);
  expect(await api.told('redis_memory_used_bytes{service="api"}')).toBeGreaterThan(500_000);
  await api.connection.redis.config("SET", "maxmemory-policy", "allkeys-lru");
  expect(await api.told('redis_noeviction{service="api"}')).toBe(0);
  await api.redis.kill();
  expect(await api.told('redis_up{service="api"}')).toBe(0);
  expect(await api.jobs("train", "waiting")).toBeUndefined();
  expect(await api.told('redis_memory_used_bytes{service="api"}')).toBeUndefined();
});
