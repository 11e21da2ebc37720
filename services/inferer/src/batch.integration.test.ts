// The stories of a prediction over many pictures, told with real inferer processes and a real Redis.
import type { Model } from "@ursa/contracts/model";
import { type Prediction, type PredictionRow, predictionRowSchema } from "@ursa/contracts/prediction";
import { isFinal } from "@ursa/contracts/record";
import { connectProducer } from "@ursa/queue/connection";
import { createProducer, type Producer } from "@ursa/queue/producer";
import { keys } from "@ursa/store/keys";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./inferer-world.fixture.ts";

const SHARD = 40;
const parts = new AsyncDisposableStack();
let world: World;
let producer: Producer;
let model: Model;
/** Twelve sound pictures, one that is cut short, and one that is not in the store. */
let pictures: string[];

beforeAll(async () => {
  const redis = parts.use(await startRedis());
  world = parts.use(await createWorld({ URSA_REDIS_URL: redis.url }));
  const connection = connectProducer(redis.url);
  parts.defer(() => connection.close());
  producer = createProducer(connection);
  parts.defer(() => producer.close());
  model = await world.storeModel();
  const bears = await Promise.all(Array.from({ length: 12 }, (_, seed) => world.bear(seed)));
  const cut = bears[0]?.subarray(0, 4000) ?? Buffer.alloc(0);
  pictures = await Promise.all([...bears, cut].map((bytes) => world.storePicture(bytes)));
  pictures.push("f".repeat(64));
});
afterAll(() => parts.disposeAsync());

async function request(shards: number, of: Model = model): Promise<Prediction> {
  const prediction = world.newPrediction(of, { inputs: shards * SHARD, shards });
  for (let shard = 0; shard < shards; shard += 1) {
    const rows = Array.from({ length: SHARD }, (_, place) => planRow(shard * SHARD + place));
    await world.store.put(keys.prediction.plan(prediction, shard), rows.map((row) => JSON.stringify(row)).join("\n"));
  }
  await world.catalog.create("prediction", prediction);
  await producer.enqueuePrediction(prediction);
  return prediction;
}

const planRow = (index: number) => ({
  ...{ index, key: `k${index}`, class: "teddy", url: "http://bears/", source: "list", line: index },
  sha256: pictures[index % pictures.length],
});

async function ended({ namespace, id }: Prediction): Promise<Prediction> {
  let now = await world.catalog.get("prediction", namespace, id);
  const isOver = async () => {
    now = await world.catalog.get("prediction", namespace, id);
    return isFinal(now.state);
  };
  await waitUntil(isOver, { what: `${id} to end`, timeoutMs: 100_000 });
  return now;
}

async function resultsOf({ results }: Prediction): Promise<PredictionRow[]> {
  const { body } = await world.store.get(results?.key ?? "");
  const lines = String(body).trim().split("\n");
  return lines.map((line) => predictionRowSchema.parse(JSON.parse(line)));
}

test("every input is answered, in order, and bad pictures are rows like any other", async () => {
  await using _inferer = world.startInferer("batch");
  const prediction = await ended(await request(3));
  expect(prediction).toMatchObject({ state: "ready", results: { rows: 3 * SHARD } });
  const rows = await resultsOf(prediction);
  expect(rows.map(({ index }) => index)).toEqual(Array.from({ length: 3 * SHARD }, (_, index) => index));
  expect(rows[12]).toMatchObject({ input: "k12", outcome: "corrupt_image", reason: expect.any(String) });
  expect(rows[13]).toMatchObject({ outcome: "worker_failed" });
  const answered = rows.filter(({ outcome }) => outcome === "ok");
  expect(answered).toHaveLength(prediction.counts?.outcomes.ok ?? 0);
  for (const { index, predictions } of answered)
    expect(predictions).toEqual(rows[index % pictures.length]?.predictions);
});

test("an inferer that is stopped in the middle leaves its shards to the next", async () => {
  await using first = world.startInferer("batch");
  const prediction = await request(12);
  await waitUntil(() => world.store.head(keys.prediction.answers(prediction, 0)), {
    what: "a shard",
    timeoutMs: 60_000,
  });
  first.kill("SIGTERM");
  expect(await first.exited()).toBe(0);
  expect((await world.catalog.get("prediction", "default", prediction.id)).state).toBe("running");
  await using _second = world.startInferer("batch");
  const { state, counts } = await ended(prediction);
  expect(state).toBe("ready");
  expect(counts?.outcomes.worker_failed).toBe(Math.floor((12 * SHARD) / pictures.length));
});

test("a prediction whose model is damaged fails and says so, instead of a list of failures", async () => {
  await using _inferer = world.startInferer("batch");
  const damaged = await world.storeModel(2);
  const { key = "" } = damaged.artifacts.find(({ name }) => name === "model.onnx") ?? {};
  await world.store.put(key, "not a model");
  const prediction = await ended(await request(1, damaged));
  expect(prediction).toMatchObject({ state: "failed", error: { code: "model_integrity" } });
});

test("an inferer for batches tells how it is, and answers no single pictures", async () => {
  await using inferer = world.startInferer("batch");
  const url = await inferer.url();
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: "ok", checks: { redis: "ok", store: "ok" } });
  expect((await fetch(`${url}/classify`, { method: "POST" })).status).toBe(404);
});

test("an inferer for batches that finds no Redis answers, is not ready, and stops when it is told to", async () => {
  await using inferer = world.startInferer("batch", { URSA_REDIS_URL: "redis://127.0.0.1:1" });
  const url = await inferer.url();
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const asked = performance.now();
  inferer.kill("SIGTERM");
  expect(await inferer.exited()).toBe(143);
  expect(performance.now() - asked).toBeLessThan(5000);
});
