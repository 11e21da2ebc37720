// An operator's day through the real API: drain and resume, back up, lose everything small, restore.

import { connectWorker } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import { createMetrics } from "@ursa/service/metrics";
import { VERSION } from "@ursa/service/version";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "../api-world.fixture.ts";
import { seedDataset, seedModel } from "../seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const sources = [
  { class: "black", urls: urls("black", 3) },
  { class: "teddy", urls: urls("teddy", 3) },
];

test("drained queues accept work that nobody takes until they are resumed", async () => {
  const connection = connectWorker(world.redis.url);
  const done: string[] = [];
  const worker = startWorker({
    ...{ queue: "fetch", connection, concurrency: 1, log: world.log, metrics: createMetrics("test") },
    process: async ({ id }) => void done.push(id),
  });
  const queueNow = async () =>
    (await world.client.call("operationsStatus", {})).queues.find((q) => q.queue === "fetch");
  await waitUntil(async () => (await queueNow())?.workers.length === 1, { what: "the worker to be seen" });
  expect((await queueNow())?.workers[0]?.version).toBe(VERSION);

  await world.client.call("drain", { body: { paused: true } });
  const { id } = await world.client.call("createDataset", { body: { sources } });
  expect(await queueNow()).toMatchObject({ paused: true, waiting: 1, active: 0 });
  // Still its job: a reconciler that took it for lost would enqueue it a second time.
  const dataset = await world.catalog.get("dataset", "default", id);
  expect(await world.producer.isQueued("dataset", dataset)).toBe(true);
  expect(done).toEqual([]);

  await world.client.call("drain", { body: { paused: false } });
  await waitUntil(() => done.includes(id), { what: "the job to be taken" });
  expect(await queueNow()).toMatchObject({ paused: false, waiting: 0 });
  await worker.close();
  await connection.close();
});

test("what lost its job is enqueued when an operator does not want to wait", async () => {
  const long = new Date(Date.now() - 60_000).toISOString();
  const { id } = await seedDataset(world, { state: "queued", updatedAt: long });
  expect((await world.client.call("reconcile", {})).enqueued).toEqual([id]);
  expect((await world.client.call("reconcile", {})).enqueued).toEqual([]);
});

test("with Redis and every record lost, a backup brings back what there was; newer records stay", async () => {
  const dataset = await seedDataset(world);
  const model = await seedModel(world);
  await world.aliases.put("default", "bears@production", { model: model.id });
  const backup = await (await world.client.call("backup", {})).text();
  const recordKeys = async () => (await keysUnder(world)).filter((key) => key.includes("/records/"));
  const before = await recordKeys();
  await world.connection.redis.flushall();
  for (const key of before) await world.store.delete(key);
  expect((await world.client.call("listDatasets", {})).items).toEqual([]);

  expect(await world.client.call("restore", { body: backup })).toEqual({ restored: before.length, same: 0, kept: [] });
  expect(await recordKeys()).toEqual(before);
  expect(await world.client.call("getDataset", { params: { id: dataset.id } })).toEqual(dataset);
  expect((await world.client.call("listDatasets", {})).items).toContainEqual(dataset);
  expect(await world.aliases.resolve("default", "bears@production")).toMatchObject({ modelId: model.id });

  const renamed = await world.catalog.update("dataset", dataset, (now) => ({ ...now, name: "newer" }));
  const key = `ns/default/records/datasets/${dataset.id}.json`;
  expect((await world.client.call("restore", { body: backup })).kept).toEqual([key]);
  expect(await world.client.call("getDataset", { params: { id: dataset.id } })).toEqual(renamed);
  const told = await world.client.call("restore", { body: backup, query: { overwrite: "true" } });
  expect(told).toMatchObject({ restored: 1, kept: [] });
  expect(await world.client.call("getDataset", { params: { id: dataset.id } })).toEqual(dataset);
});

test.each([
  ["half a backup", (text: string) => text.slice(0, text.length / 2), "cut short"],
  ["what is no backup", () => "{}\n", "no backup of Ursa"],
  [
    "a key outside of the records",
    (text: string) => text.replace(/ns\/default\/records/, "ns/default/images/../x"),
    "no record",
  ],
])("%s is refused before anything is written", async (_, damage, sentence) => {
  await seedDataset(world);
  const body = damage(await (await world.client.call("backup", {})).text());
  const refusal = await refusalOf(world.client.call("restore", { body }));
  expect(refusal).toMatchObject({ code: "malformed_body", message: expect.stringContaining(sentence) });
});
