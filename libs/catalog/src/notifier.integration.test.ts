// Who is told of which ends, and that nobody is forgotten: a crash, a Redis that is away and one that lost everything included.
import type { PayloadOf } from "@ursa/contracts/queues";
import { connectProducer, type RedisConnection } from "@ursa/queue/connection";
import { openQueue } from "@ursa/queue/open-queues";
import { createProducer, type Producer } from "@ursa/queue/producer";
import { drawDataset, drawModel, drawPrediction, quiet } from "@ursa/queue/records.fixture";
import type { ObjectStore } from "@ursa/store/object-store";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { cancelRecord } from "./cancel-record.ts";
import { createCatalog } from "./catalog.ts";
import { createNotifier, type Notifier } from "./notifier.ts";
import { MAX_ENDINGS, startReconciler } from "./reconciler.ts";
import { openScratchStore, type ScratchStore } from "./scratch-store.fixture.ts";
import { markTold } from "./told.ts";
import { createWebhooks, disableWebhook } from "./webhooks.ts";

let redis: TestRedis;
let connection: RedisConnection;
let producer: Producer;
beforeAll(async () => {
  redis = await startRedis();
  connection = connectProducer(redis.url);
  producer = createProducer(connection);
  await producer.ping();
});
beforeEach(async () => {
  await connection.redis.flushall();
});
afterAll(async () => {
  await producer.close();
  await connection.close();
  await redis[Symbol.asyncDispose]();
});

const never = new AbortController().signal;
const { log } = quiet();
const opened: Notifier[] = [];
afterAll(() => Promise.all(opened.map((notifier) => notifier.close())));

/** As one service has them; another one's are opened on the same store. */
function open({ store }: ScratchStore) {
  const notifier = createNotifier({ store, connection, log });
  opened.push(notifier);
  const catalog = createCatalog({ store, onEnded: notifier.onEnded });
  return { store, notifier, catalog, webhooks: createWebhooks(store), makeUp: () => notifier.makeUp(never) };
}

const listen = ({ store }: { store: ObjectStore }, namespace = "default") =>
  createWebhooks(store).create(namespace, { url: "https://hooks.example/ursa?token=1", events: ["job.finished"] });

async function notices(): Promise<PayloadOf<"notify">[]> {
  const queue = openQueue("notify", connection);
  const jobs = await queue.getJobs(["waiting", "delayed", "completed", "failed"]);
  await queue.close();
  return jobs.map(({ data }) => data).sort((a, b) => (a.message < b.message ? -1 : 1));
}
const told = async () => (await notices()).map(({ message }) => message);

test("each way in which a record ends is told once, to every webhook of its namespace and to no other's", async () => {
  await using scratch = await openScratchStore();
  const { catalog, makeUp } = open(scratch);
  const [first, second] = [await listen(scratch), await listen(scratch)];
  await listen(scratch, "elsewhere");
  const model = await catalog.create("model", drawModel({ state: "running" }));
  const dataset = await catalog.create("dataset", drawDataset({ state: "running" }));
  const prediction = await catalog.create("prediction", drawPrediction({ state: "running" }));
  const ready = await catalog.update("model", model, (record) => ({ ...record, state: "ready" }));
  const error = { code: "class_mostly_failed" as const, message: "https://pictures.example/1.jpg and others" };
  await catalog.update("dataset", dataset, (record) => ({ ...record, state: "failed", error }));
  await cancelRecord({ catalog, producer, log }, "prediction", prediction);

  const ends = [
    { kind: "model", id: model.id, namespace: "default", state: "ready" },
    { kind: "dataset", id: dataset.id, namespace: "default", state: "failed", error: { code: error.code } },
    { kind: "prediction", id: prediction.id, namespace: "default", state: "cancelled", error: { code: "cancelled" } },
  ];
  const all = await notices();
  for (const { id } of [first, second]) {
    const events = all.filter((notice) => notice.id === id).map(({ event }) => event);
    expect(events).toHaveLength(3);
    for (const data of ends)
      expect(events).toContainEqual({ type: "job.finished", timestamp: expect.stringMatching(/Z$/), data });
  }
  expect(all).toHaveLength(6);
  const event = all.find(({ message }) => message === `${first.id}-${model.id}`)?.event;
  expect(event?.timestamp).toBe(ready.endedAt);
  await makeUp();
  expect(await notices()).toEqual(all);
  // Jobs are shown to operators: neither an address nor a secret is in one.
  expect(JSON.stringify(all)).not.toMatch(/hooks\.example|pictures\.example|whsec_/);
});

test("changing what has ended tells nobody again, and keeps when it ended", async () => {
  await using scratch = await openScratchStore();
  const { catalog, makeUp } = open(scratch);
  await listen(scratch);
  const model = await catalog.create("model", drawModel({ state: "running" }));
  const { endedAt } = await catalog.update("model", model, (record) => ({ ...record, state: "ready" }));
  await connection.redis.flushall();
  const noted = await catalog.update("model", model, (record) => ({ ...record, note: "the good one" }));
  expect([noted.endedAt, await told()]).toEqual([endedAt, []]);
  await makeUp();
  expect(await told()).toHaveLength(1);
});

test("what ended while Redis was away is told by the reconciler, whoever runs it", async () => {
  await using scratch = await openScratchStore();
  const { catalog } = open(scratch);
  const { id } = await listen(scratch);
  const model = await catalog.create("model", drawModel({ state: "running" }));
  await redis.kill();
  const started = performance.now();
  expect(await catalog.update("model", model, (record) => ({ ...record, state: "ready" }))).toMatchObject({
    state: "ready",
  });
  expect(performance.now() - started).toBeLessThan(2000);
  await redis.restart();
  const stop = new AbortController();
  const { notifier, catalog: another } = open(scratch);
  const running = startReconciler({ catalog: another, producer, notifier, log, signal: stop.signal, intervalMs: 50 });
  await waitUntil(async () => (await told().catch((): string[] => [])).includes(`${id}-${model.id}`), {
    what: "the notice",
  });
  stop.abort();
  await running;
});

test("what ended without a word, as where a worker died behind its last write, is told; so is what a lost Redis had", async () => {
  await using scratch = await openScratchStore();
  const { store, makeUp } = open(scratch);
  const webhook = await listen(scratch);
  const silent = createCatalog({ store });
  const [done, left] = [drawModel({ state: "running" }), drawModel({ state: "running" })];
  for (const record of [done, left]) {
    await silent.create("model", record);
    await silent.update("model", record, (current) => ({ ...current, state: "ready" }));
  }
  const messages = [done, left].map(({ id }) => `${webhook.id}-${id}`);
  await makeUp();
  expect(await told()).toEqual(messages);
  await markTold(store, webhook, { message: messages[0] ?? "", isDelivered: true });
  await connection.redis.flushall();
  await makeUp();
  expect(await told()).toEqual(messages.slice(1));
  // An API that starts anew looks at everything again.
  await connection.redis.flushall();
  await open(scratch).makeUp();
  expect(await told()).toEqual(messages.slice(1));
});

test("four reconcilers at once enqueue each message once", async () => {
  await using scratch = await openScratchStore();
  const { store } = open(scratch);
  await listen(scratch);
  const silent = createCatalog({ store });
  for (let n = 0; n < 10; n += 1) {
    const model = await silent.create("model", drawModel({ state: "running" }));
    await silent.update("model", model, (current) => ({ ...current, state: "ready" }));
  }
  await Promise.all(Array.from({ length: 4 }, () => open(scratch).makeUp()));
  expect(await told()).toHaveLength(10);
});

test("not told: what ended before, long ago or was imported, and whoever was removed or is gone", async () => {
  await using scratch = await openScratchStore();
  const { store, catalog, webhooks, makeUp } = open(scratch);
  const before = await catalog.create("model", drawModel({ state: "running" }));
  await catalog.update("model", before, (record) => ({ ...record, state: "ready" }));
  const [kept, removed, gone] = [await listen(scratch), await listen(scratch), await listen(scratch)];
  await webhooks.remove(removed);
  await disableWebhook(store, gone);
  await catalog.create("model", drawModel({ state: "ready" }));
  const longAgo = new Date(Date.now() - 8 * 86_400_000).toISOString();
  await catalog.create("model", drawModel({ state: "ready", endedAt: longAgo }));
  await makeUp();
  expect(await told()).toEqual([]);
  const after = await catalog.create("model", drawModel({ state: "running" }));
  await catalog.update("model", after, (record) => ({ ...record, state: "ready" }));
  await makeUp();
  expect(await told()).toEqual([`${kept.id}-${after.id}`]);
});

test("a record that the reconciler gives up is told as failed", async () => {
  await using scratch = await openScratchStore();
  const { catalog, notifier } = open(scratch);
  const { id } = await listen(scratch);
  const model = await catalog.create("model", drawModel({ state: "running" }));
  const endings = Array.from({ length: MAX_ENDINGS }, (_, n) => `job-${n}`);
  await connection.redis.sadd(`ursa:ended:default:${model.id}`, ...endings);
  const stop = new AbortController();
  const running = startReconciler({
    catalog,
    producer,
    notifier,
    log,
    signal: stop.signal,
    intervalMs: 50,
    graceMs: -1,
  });
  await waitUntil(async () => (await told()).length > 0, { what: "the notice" });
  stop.abort();
  await running;
  const [notice] = await notices();
  const data = { state: "failed", error: { code: "worker_failed" } };
  expect(notice).toMatchObject({ message: `${id}-${model.id}`, event: { data } });
});

test("a test is one message, tried once; one to a receiver that is gone is refused", async () => {
  await using scratch = await openScratchStore();
  const { store, notifier, webhooks } = open(scratch);
  const { id } = await listen(scratch);
  const owner = { namespace: "default", id };
  const message = await notifier.test(await webhooks.get(owner));
  expect(await notices()).toMatchObject([{ id, message, event: { type: "webhook.test", data: { webhook: id } } }]);
  await disableWebhook(store, owner);
  await expect(notifier.test(await webhooks.get(owner))).rejects.toMatchObject({
    code: "webhook_disabled",
    status: 409,
  });
});
