import type { UrsaEvent } from "@ursa/contracts/events";
import type { Progress } from "@ursa/contracts/record";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, expect, test } from "vitest";
import type { StoredEvent } from "./event-pages.ts";
import { createEvents } from "./progress.ts";
import { startConnection } from "./queue-world.fixture.ts";

const { redis, connection } = await startConnection();
const events = createEvents(connection);
afterAll(() => events.close());
const owner = { namespace: "default", id: "ds_0" };

const log = (message: string | number): UrsaEvent => ({ type: "log", message: String(message) });

async function collect(
  source: AsyncIterable<StoredEvent | undefined>,
  into: StoredEvent[] = [],
): Promise<StoredEvent[]> {
  for await (const event of source) if (event) into.push(event);
  return into;
}
const messages = (found: StoredEvent[]) => found.map(({ data }) => (data.type === "log" ? data.message : data.type));

test("a follower sees what was, then what comes, and ends when it is told to", async () => {
  await events.publish(owner, log("before"));
  const stop = new AbortController();
  const seen: StoredEvent[] = [];
  const following = collect(events.follow(owner, { signal: stop.signal }), seen);
  await waitUntil(() => seen.length === 1, { what: "the backlog" });
  for (let at = 0; at < 500; at += 1) await events.publish(owner, log(at));
  await waitUntil(() => seen.length === 501, { what: "live events" });
  stop.abort();
  await following;
  expect(messages(seen)).toEqual(["before", ...Array.from({ length: 500 }, (_, at) => String(at))]);
});

test("Last-Event-ID resumes after the last one seen, without a gap and without a repeat", async () => {
  for (let at = 0; at < 10; at += 1) await events.publish(owner, log(at));
  const all = await collect(events.backlog(owner));
  const rest = await collect(events.backlog(owner, all[3]?.id));
  expect(messages(rest)).toEqual(["4", "5", "6", "7", "8", "9"]);
  expect(await collect(events.backlog(owner, "drop table; --"))).toHaveLength(10);
});

test("two hundred followers share one connection", async () => {
  const clients = async () =>
    String(await connection.redis.client("LIST"))
      .trim()
      .split("\n").length;
  const before = await clients();
  const stop = new AbortController();
  const seen: StoredEvent[][] = Array.from({ length: 200 }, () => []);
  const following = seen.map((into, at) =>
    collect(events.follow({ ...owner, id: `ds_${at % 20}` }, { signal: stop.signal }), into),
  );
  for (let at = 0; at < 20; at += 1) await events.publish({ ...owner, id: `ds_${at}` }, log("hello"));
  await waitUntil(() => seen.every((into) => into.length === 1), { what: "every follower to hear of it" });
  expect(await clients()).toBeLessThanOrEqual(before + 1);
  stop.abort();
  await Promise.all(following);
});

test("followers at the same place are given the very same events, and Redis is asked once for all of them", async () => {
  const stop = new AbortController();
  const seen: StoredEvent[][] = Array.from({ length: 100 }, () => []);
  const following = seen.map((into) => collect(events.follow(owner, { signal: stop.signal }), into));
  await events.publish(owner, log("first"));
  await waitUntil(() => seen.every((into) => into.length === 1), { what: "every follower to hear of it" });
  const ranges = async () =>
    Number(/cmdstat_xrange:calls=(\d+)/.exec(await connection.redis.info("commandstats"))?.[1] ?? 0);
  const before = await ranges();
  for (const message of ["second", "third"]) await events.publish(owner, log(message));
  await waitUntil(() => seen.every((into) => into.length === 3), { what: "every follower to hear of both" });
  // Some may have read between the two.
  expect((await ranges()) - before).toBeLessThan(10);
  for (const into of seen) expect(into.at(-1)).toBe(seen[0]?.at(-1));
  stop.abort();
  await Promise.all(following);
});

test("a follower that takes its time is given the newest progress, and none of what was before it", async () => {
  const stop = new AbortController();
  await events.publish(owner, log("first"));
  const slow = events.follow(owner, { signal: stop.signal })[Symbol.asyncIterator]();
  expect((await slow.next()).value?.data).toEqual(log("first"));
  for (let done = 1; done <= 500; done += 1) await events.reportProgress(owner, "fetch", "0", done, 500);
  const progress = { phase: "fetch", done: 500, total: 500 };
  expect((await slow.next()).value?.data).toEqual({ type: "progress", progress });
  stop.abort();
  expect((await slow.next()).done).toBe(true);
});

test("what came while nobody listened is not hidden by what was read before", async () => {
  const firstOf = async (after?: string) => {
    const options = { signal: new AbortController().signal, idleMs: 50, ...(after ? { after } : {}) };
    for await (const event of events.follow(owner, options)) return event;
    return undefined;
  };
  await events.publish(owner, log("first"));
  const first = await firstOf();
  expect(await firstOf(first?.id)).toBeUndefined();
  await events.publish(owner, log("second"));
  expect((await firstOf(first?.id))?.data).toEqual(log("second"));
});

test("a silent stream lets its follower look around", async () => {
  const stop = new AbortController();
  for await (const event of events.follow(owner, { signal: stop.signal, idleMs: 50 })) {
    expect(event).toBeUndefined();
    break;
  }
});

test("progress is the sum over parts, counts no part twice, and does not look complete too early", async () => {
  await events.expectTotal(owner, "fetch", 600);
  await Promise.all([
    events.reportProgress(owner, "fetch", "0", 256, 256),
    events.reportProgress(owner, "fetch", "1", 100, 256),
  ]);
  expect(await events.latestProgress(owner)).toEqual({ phase: "fetch", done: 356, total: 600 });
  // Shard 1 is delivered again and starts anew.
  await events.reportProgress(owner, "fetch", "1", 10, 256);
  await events.reportProgress(owner, "fetch", "2", 88, 88);
  expect(await events.latestProgress(owner)).toEqual({ phase: "fetch", done: 354, total: 600 });
  await events.reportProgress(owner, "train", "0", 1.5, 4);
  expect(await events.latestProgress(owner)).toEqual({ phase: "train", done: 1.5, total: 4 });
  await events.clear(owner);
  expect(await events.latestProgress(owner)).toBeUndefined();
});

test("a thousand reports become a few events, and the last one is among them", async () => {
  for (let at = 1; at <= 1000; at += 1) await events.reportProgress(owner, "fetch", "0", at, 1000);
  const seen = await collect(events.backlog(owner));
  expect(seen.length).toBeLessThan(50);
  expect(seen.at(-1)?.data).toEqual({ type: "progress", progress: { phase: "fetch", done: 1000, total: 1000 } });
});

test("a stream is bounded in length and in time", async () => {
  const writes = Array.from({ length: 3000 }, (_, at) => events.publish(owner, log(at)));
  await Promise.all(writes);
  expect(await connection.redis.xlen("ursa:events:default:ds_0")).toBeLessThan(1300);
  expect(await connection.redis.ttl("ursa:events:default:ds_0")).toBeGreaterThan(23 * 3600);
});

test("without Redis, publishing is quick and silent, following says so, and both come back with it", async () => {
  await events.publish(owner, log("kept"));
  await redis.kill();
  const started = performance.now();
  await events.publish(owner, log("lost"));
  await events.reportProgress(owner, "fetch", "0", 1, 2);
  expect(await events.latestProgress(owner)).toBeUndefined();
  expect(performance.now() - started).toBeLessThan(3500);
  await expect(collect(events.backlog(owner))).rejects.toMatchObject({ code: "queue_unavailable" });

  await redis.restart();
  await waitUntil(() => connection.redis.status === "ready", { what: "the connection to be back" });
  const stop = new AbortController();
  const seen: StoredEvent[] = [];
  const following = collect(events.follow(owner, { signal: stop.signal }), seen);
  await events.publish(owner, log("new"));
  await waitUntil(() => messages(seen).includes("new"), { what: "the new event" });
  stop.abort();
  await following;
});

test("of each phase the stream keeps the newest progress only, with its details; epochs are never pushed out", async () => {
  const details = (epoch: number) => ({ stage: "stage-2", epoch, epochs: 3000, loss: 0.25, learningRate: 1e-4 });
  await events.publish(owner, log("an epoch"));
  await events.reportProgress(owner, "features", "0", 5, 5);
  for (let done = 1; done <= 3000; done += 1) {
    // The first of a phase and the last of a total are always told.
    await events.reportProgress(owner, "train", "0", done, done, details(done));
  }
  const kept = (await collect(events.backlog(owner))).map(({ data }) => data);
  expect(kept).toEqual([
    log("an epoch"),
    { type: "progress", progress: { phase: "features", done: 5, total: 5 } },
    { type: "progress", progress: { phase: "train", done: 3000, total: 3000, ...details(3000) } },
  ]);
  expect(await events.latestProgress(owner)).toEqual({ phase: "train", done: 3000, total: 3000, ...details(3000) });
});

test("what became of URLs is summed by class over the shards, and a shard that starts again is not counted twice", async () => {
  const tell = (shard: string, done: number, classes: Progress["classes"]) =>
    events.reportProgress(owner, "fetch", shard, done, 4, { classes });
  await tell("0", 4, [{ class: "black", outcomes: { ok: 3, http_4xx: 1 } }]);
  await tell("1", 1, [{ class: "teddy", outcomes: { timeout: 1 } }]);
  await tell("1", 2, [
    { class: "black", outcomes: { ok: 1 } },
    { class: "<b>", outcomes: { ok: 1 } },
  ]);
  const sums = [
    { class: "black", outcomes: { ok: 4, http_4xx: 1 } },
    { class: "<b>", outcomes: { ok: 1 } },
  ];
  const latest = await events.latestProgress(owner);
  expect(latest).toMatchObject({ phase: "fetch", done: 6, total: 8 });
  expect(latest?.classes?.toSorted((a, b) => b.class.localeCompare(a.class))).toEqual(
    sums.toSorted((a, b) => b.class.localeCompare(a.class)),
  );
  // Events come several times a second to everybody who follows; thousands of classes are not for them.
  const told = await collect(events.backlog(owner));
  for (const { data } of told) expect(data).not.toHaveProperty("progress.classes");
});
