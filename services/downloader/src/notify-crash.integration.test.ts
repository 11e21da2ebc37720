// A real downloader: it tells of what it ended itself, and when it is killed between sending and noting that it sent, the next one sends
// once more, by the same id.
import { createCatalog } from "@ursa/catalog/catalog";
import { createNotifier, type Notifier } from "@ursa/catalog/notifier";
import { createWebhooks } from "@ursa/catalog/webhooks";
import { connectWorker, type RedisConnection } from "@ursa/queue/connection";
import { createLogger } from "@ursa/service/logger";
import { type Behaviour, type ImageServer, ok, startImageServer } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDataset, type Surroundings, startSurroundings, waitForEnd } from "./downloader.fixture.ts";
import { isGenuine, receiver } from "./notify-world.fixture.ts";

let server: ImageServer;
let around: Surroundings;
let connection: RedisConnection;
let notifier: Notifier;

beforeAll(async () => {
  const pictures = await Promise.all(
    Array.from({ length: 8 }, (_, seed) => drawBear(seed < 4 ? "black" : "teddy", seed)),
  );
  server = await startImageServer(Object.fromEntries(pictures.map((bytes, n) => [`/${n}.jpg`, ok(bytes)])));
  around = await startSurroundings({ allow: server.address });
  connection = connectWorker(around.env.URSA_REDIS_URL);
  notifier = createNotifier({
    store: around.store,
    connection,
    log: createLogger({ service: "test", level: "silent" }),
  });
});
afterAll(async () => {
  await notifier?.close();
  await connection?.close();
  await around?.[Symbol.asyncDispose]();
  await server?.close();
});

const urls = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `${server.origin}/${from + n}.jpg`);

function listen(path: string, answer: Behaviour) {
  const { received, behaviour } = receiver(answer);
  server.set(path, behaviour);
  const made = createWebhooks(around.store).create("default", { url: server.origin + path, events: ["job.finished"] });
  return made.then((webhook) => ({ webhook, received }));
}

test("a downloader tells of a dataset that it made in the moment that it has", async () => {
  const { webhook, received } = await listen("/hook", ok(Buffer.from("thanks")));
  const downloader = await around.start();
  const { id, endedAt } = await waitForEnd(
    around,
    await createDataset(around, { black: urls(0, 4), teddy: urls(4, 8) }),
  );
  await waitUntil(() => received.length > 0, { what: "the message", timeoutMs: 5000 });
  const [message] = received;
  if (!message) throw new Error("nothing was received");
  expect(JSON.parse(message.body)).toMatchObject({ timestamp: endedAt, data: { kind: "dataset", id, state: "ready" } });
  expect(await isGenuine(message, webhook.secret)).toBe(true);
  const metrics = await (await fetch(`${downloader.url}/metrics`)).text();
  expect(metrics).toMatch(/ursa_webhook_attempts_total\{.*outcome="delivered".*\} 1/);
  expect(metrics).toMatch(/ursa_webhook_attempts_total\{.*outcome="timeout".*\} 0/);
  expect(downloader.log()).not.toContain("whsec_");
  await downloader.end();
  await createWebhooks(around.store).remove(webhook);
});

test("killed between sending and noting it, the next one sends the same message again, and then nobody", async () => {
  let kill = () => {};
  // It has the message, and its answer comes to nobody.
  const { webhook, received } = await listen("/crash", (_request, response, hits) => {
    if (hits === 1) kill();
    else response.writeHead(204).end();
  });
  const first = await around.start({ URSA_LOCK_S: "1" });
  kill = () => void first.process.kill("SIGKILL");
  const message = await notifier.test(await createWebhooks(around.store).get(webhook));
  await waitUntil(() => received.length === 1, { what: "the message", timeoutMs: 10_000 });
  const second = await around.start({ URSA_LOCK_S: "1" });
  await waitUntil(() => received.length === 2, { what: "the message once more", timeoutMs: 20_000 });
  expect(received.map(({ headers }) => headers["webhook-id"])).toEqual([message, message]);
  for (const each of received) expect(await isGenuine(each, webhook.secret)).toBe(true);
  await notifier.makeUp(new AbortController().signal);
  const isQuiet = async () => (await around.producer.counts()).notify.completed === 2;
  await waitUntil(isQuiet, { what: "the message to be done with" });
  expect(received).toHaveLength(2);
  await second.end();
});

test("killed between the record's last write and its message, the reconciler's pass tells it", async () => {
  const { webhook, received } = await listen("/silent", ok(Buffer.from("thanks")));
  const silent = createCatalog({ store: around.store });
  const made = await createDataset(around, { black: urls(0, 4), teddy: urls(4, 8) });
  // As if a process had written this and died.
  await silent.update("dataset", made, (record) => ({ ...record, state: "cancelled" }));
  const downloader = await around.start();
  await notifier.makeUp(new AbortController().signal);
  const ofThis = () => received.filter(({ headers }) => headers["webhook-id"] === `${webhook.id}-${made.id}`);
  await waitUntil(() => ofThis().length === 1, { what: "the message", timeoutMs: 10_000 });
  expect(JSON.parse(ofThis()[0]?.body ?? "")).toMatchObject({ data: { state: "cancelled" } });
  await downloader.end();
});
