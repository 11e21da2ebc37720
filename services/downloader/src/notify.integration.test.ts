// The sending of messages against receivers that are good, slow, dead, full or hostile.

import { newTestId } from "@ursa/catalog/new-id";
import { isTold } from "@ursa/catalog/told";
import {
  endless,
  flaky,
  type ImageServer,
  ok,
  redirect,
  slowDrip,
  stall,
  startImageServer,
  status,
} from "@ursa/testing/image-server";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isGenuine, receiver, startNotifyWorld } from "./notify-world.fixture.ts";
import { createSeats } from "./seats.ts";

let world: Awaited<ReturnType<typeof startNotifyWorld>>;
let server: ImageServer;
beforeAll(async () => {
  world = await startNotifyWorld();
  server = await startImageServer();
});
beforeEach(async () => {
  await world.connection.redis.flushall();
  server.hits.splice(0);
  world.logLines.splice(0);
});
afterAll(async () => {
  await server?.close();
  await world?.[Symbol.asyncDispose]();
});

const good = ok(Buffer.from("thanks"));
const here = () => ({ allow: [server.address] });
let paths = 0;
/** A receiver of its own, and a webhook to it. */
async function listen(answer = good, namespace = `team-${paths}`) {
  const path = `/${paths++}?token=hook-token`;
  const { received, behaviour } = receiver(answer);
  server.set(path, behaviour);
  return { received, webhook: await world.listen(server.origin + path, namespace) };
}
const attemptOf = async (webhook: { namespace: string; id: string }) => (await world.webhooks.get(webhook)).lastAttempt;
const untilOutcome = (webhook: { namespace: string; id: string }, outcome: string, attempt = 1) =>
  waitUntil(
    async () => {
      const last = await attemptOf(webhook);
      return last?.outcome === outcome && last.attempt >= attempt;
    },
    { what: `${outcome} at attempt ${attempt}`, timeoutMs: 20_000 },
  );
const attempts = async (outcome: string) =>
  Number(
    new RegExp(`ursa_webhook_attempts_total\\{.*outcome="${outcome}".*\\} (\\d+)`).exec(
      await world.metrics.render(),
    )?.[1],
  );

test("a message arrives once, signed so that a stranger's code verifies it, with nothing in it but what ended", async () => {
  const { received, webhook } = await listen();
  await using _ = world.work(here());
  const before = await attempts("delivered");
  const message = await world.finish(webhook);
  await untilOutcome(webhook, "delivered");
  const [first] = received;
  if (!first) throw new Error("nothing was received");
  expect(await isGenuine(first, webhook.secret)).toBe(true);
  expect(await isGenuine({ ...first, body: first.body.replace("ready", "failed") }, webhook.secret)).toBe(false);
  expect(first.headers).toMatchObject({ "webhook-id": message, "content-type": "application/json" });
  const [, record] = message.split("-");
  expect(JSON.parse(first.body)).toEqual({
    ...{ type: "job.finished", timestamp: expect.any(String) },
    data: { kind: "model", id: record, namespace: webhook.namespace, state: "ready" },
  });
  expect(await attemptOf(webhook)).toMatchObject({ message, status: 200, attempt: 1 });
  expect(await attempts("delivered")).toBe(before + 1);
  expect(received).toHaveLength(1);
});

test("a receiver that was down is told when it is up, by the same message, signed anew", async () => {
  const { received, webhook } = await listen(flaky(2, good, status(503)));
  await using _ = world.work(here());
  const message = await world.finish(webhook);
  await untilOutcome(webhook, "delivered", 3);
  expect(received.map(({ headers }) => headers["webhook-id"])).toEqual(Array(3).fill(message));
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  for (const each of received) expect(await isGenuine(each, webhook.secret)).toBe(true);
});

test("a receiver that is down for good is given up, in the log, and not tried by the reconciler again", async () => {
  const { received, webhook } = await listen(status(500));
  await using _ = world.work(here());
  const message = await world.finish(webhook, 3);
  await waitUntil(() => isTold(world.store, webhook, message), { what: "the message to be given up" });
  expect(received).toHaveLength(3);
  expect(await attemptOf(webhook)).toMatchObject({ outcome: "http_5xx", status: 500, attempt: 3 });
  const lines = world.logLines.map((line) => JSON.parse(line)).filter(({ jobId }) => jobId === message);
  const last = lines.find(({ msg }) => msg === "job given up");
  expect(last).toMatchObject({
    level: "error",
    queue: "notify",
    err: { message: "http_5xx: the receiver answered 500" },
  });
});

test.each([
  ["redirects to the cloud's metadata", redirect("http://169.254.169.254/latest/meta-data/"), "redirected"],
  ["redirects to another place of ours", redirect("/elsewhere", 307), "redirected"],
  ["wants something else", status(400), "http_4xx"],
  ["never answers", stall, "timeout"],
])("one that %s has not taken it, and is tried again", async (_what, answer, outcome) => {
  const { received, webhook } = await listen(answer);
  await using _ = world.work(here());
  await world.finish(webhook, 2);
  await untilOutcome(webhook, outcome, 2);
  expect(received).toHaveLength(2);
  expect(new Set(server.hits).size).toBe(1);
});

test.each([
  ["answers without end", endless()],
  ["drips its answer for ever", slowDrip(20)],
])("one that %s has taken it with its first word, and holds nobody", async (_what, answer) => {
  const { received, webhook } = await listen(answer);
  await using _ = world.work(here());
  const started = performance.now();
  await world.finish(webhook);
  await untilOutcome(webhook, "delivered");
  expect(performance.now() - started).toBeLessThan(3000);
  expect(received).toHaveLength(1);
});

test("410 Gone is the end: nothing that waits is sent, and a test is refused", async () => {
  const { received, webhook } = await listen(flaky(1, good, status(410)));
  await using _ = world.work(here());
  await world.finish(webhook);
  await waitUntil(async () => (await world.webhooks.get(webhook)).disabledAt, { what: "the webhook to be disabled" });
  await world.finish(webhook);
  await waitUntil(async () => (await countsOf()).completed > 0, { what: "the second message to be dropped" });
  expect(received).toHaveLength(1);
  await expect(world.notifier.test(await world.webhooks.get(webhook))).rejects.toMatchObject({
    code: "webhook_disabled",
  });
});

test("a webhook that was removed is told nothing more, what waits for it included", async () => {
  const { received, webhook } = await listen();
  const other = await listen();
  for (let n = 0; n < 3; n += 1) await world.finish(webhook);
  await world.webhooks.remove(webhook);
  await using _ = world.work(here());
  await world.finish(other.webhook);
  await untilOutcome(other.webhook, "delivered");
  await waitUntil(async () => (await countsOf()).completed === 4, { what: "all jobs to end" });
  expect(received).toEqual([]);
});

test.each([
  ["the cloud's metadata", "http://169.254.169.254/latest/meta-data/"],
  ["a private address", "http://10.0.0.7/hook"],
  ["loopback by a name", "http://localhost/hook"],
  ["another port of a public machine", "https://example.org:6379/"],
  ["a name that leads inside", "https://inside.example/"],
])("%s is not sent to, is told so once, and is not tried again", async (_what, url) => {
  const webhook = await world.listen(url);
  const lookup = async () => [{ address: "10.1.2.3", family: 4 }];
  await using _ = world.work({ ...here(), ...(url.includes("inside") ? { lookup } : {}) });
  const message = await world.finish(webhook);
  await waitUntil(() => isTold(world.store, webhook, message), { what: "the message to be given up" });
  expect(await attemptOf(webhook)).toMatchObject({ outcome: "blocked_address", attempt: 1 });
  expect((await countsOf()).failed).toBe(1);
  expect(server.hits).toEqual([]);
});

test("what was sent and noted is not sent again when the job comes back", async () => {
  const { received, webhook } = await listen();
  const message = await world.finish(webhook);
  {
    await using _ = world.work(here());
    await untilOutcome(webhook, "delivered");
  }
  await world.connection.redis.flushall();
  const event = {
    type: "webhook.test" as const,
    timestamp: new Date().toISOString(),
    data: { webhook: webhook.id, namespace: webhook.namespace },
  };
  await world.notices.add({ namespace: webhook.namespace, id: webhook.id, message, event });
  await using _ = world.work(here());
  await waitUntil(async () => (await countsOf()).completed === 1, { what: "the job to end" });
  expect(received).toHaveLength(1);
});

test("a dead receiver with a pile of messages does not hold up another's, and is asked twice at once at most", async () => {
  const dead = await listen(stall);
  const live = await listen(good, "elsewhere");
  const same = await listen(good, dead.webhook.namespace);
  for (let n = 0; n < 60; n += 1) await world.finish(dead.webhook);
  await using _ = world.work(here(), 4);
  await waitUntil(() => dead.received.length > 0, { what: "the dead one to be asked" });
  const started = performance.now();
  await Promise.all([live, same].map(({ webhook }) => world.finish(webhook)));
  await Promise.all([live, same].map(({ webhook }) => untilOutcome(webhook, "delivered")));
  expect(performance.now() - started).toBeLessThan(3000);
  // Two in each half second.
  expect(dead.received.length).toBeLessThan(20);
});

test("seats are taken and given back, by webhook and by namespace", () => {
  const seats = createSeats({ webhook: 2, namespace: 3 });
  const [a, b, c] = ["a", "b", "c"].map((id) => ({ id, namespace: id === "c" ? "other" : "team" }));
  if (!a || !b || !c) throw new Error("three of them");
  const taken = [seats.take(a), seats.take(a), seats.take(b)];
  expect(taken).not.toContain(undefined);
  expect([seats.take(a), seats.take(b)]).toEqual([undefined, undefined]);
  expect(seats.take(c)).toBeDefined();
  for (const seat of taken) seat?.[Symbol.dispose]();
  expect([seats.take(a), seats.take(b)]).not.toContain(undefined);
});

test("neither a log line nor a job nor a metric has an address or a secret in it", async () => {
  const { webhook } = await listen(status(500));
  const refused = await world.listen(`http://10.9.8.7/hook?token=hook-token`);
  await using _ = world.work(here());
  await world.notices.add(
    {
      ...{ namespace: webhook.namespace, id: webhook.id, message: `${webhook.id}-${newTestId()}` },
      event: {
        type: "webhook.test",
        timestamp: new Date().toISOString(),
        data: { webhook: webhook.id, namespace: webhook.namespace },
      },
    },
    { attempts: 1 },
  );
  await world.finish(refused);
  await waitUntil(async () => (await countsOf()).failed === 2, { what: "both to be given up" });
  const dumped = await Promise.all((await world.connection.redis.keys("bull:notify:*")).map(heldBy));
  const said = [...world.logLines, ...dumped, await world.metrics.render()].join("\n");
  expect(said).toContain(webhook.id);
  for (const secret of [webhook.secret, refused.secret, "hook-token", "10.9.8.7"]) expect(said).not.toContain(secret);
});

async function countsOf() {
  const { redis } = world.connection;
  const [completed, failed] = await Promise.all([
    redis.zcard("bull:notify:completed"),
    redis.zcard("bull:notify:failed"),
  ]);
  return { completed, failed };
}

async function heldBy(key: string): Promise<string> {
  const { redis } = world.connection;
  const type = await redis.type(key);
  if (type === "hash") return JSON.stringify(await redis.hgetall(key));
  if (type === "stream") return JSON.stringify(await redis.xrange(key, "-", "+"));
  return "";
}
