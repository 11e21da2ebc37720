// What a namespace may have at once and in a day: two replicas on one Redis and one store, and a clock that the test moves.
import { newId } from "@ursa/catalog/new-id";
import { reconcile } from "@ursa/catalog/reconciler";
import { createClient } from "@ursa/contracts/client";
import type { Problem } from "@ursa/contracts/problem";
import { connectWorker, whileReachable } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import { createMetrics } from "@ursa/service/metrics";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";
import { seedDataset } from "./seed-records.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const LIMITS = {
  URSA_QUOTA_JOBS: 3,
  URSA_QUOTA_URLS_PER_DAY: 10,
  URSA_QUOTA_OVERRIDES: "free.jobs=off, free.urls-per-day=off, wide.jobs=6,none.jobs=0",
};
const NOON = Date.UTC(2026, 10, 30, 12);

let world: World;
let replica: World;
let now = NOON;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  const redis = stack.use(await startRedis());
  const shared = async () => ({ ...redis, [Symbol.asyncDispose]: async () => {} });
  const options = { adminKey: ADMIN_KEY, limits: LIMITS, redis: shared, now: () => now };
  world = stack.use(await startWorld(options));
  replica = stack.use(await startWorld({ ...options, store: () => world.store }));
});
beforeEach(async () => {
  now = NOON;
  await whileReachable(world.connection, () => world.connection.redis.flushall());
  await recount();
});
afterAll(() => stack.disposeAsync());

/** A pass of the reconciler, which counts what is unfinished. */
const recount = () => reconcile({ ...world, signal: new AbortController().signal });

let teams = 0;
/** Clients of a namespace that has nothing yet, at both replicas. */
async function team(namespace = `team-${teams++}`) {
  const { token } = await world.client.call("createKey", { body: { name: "test", namespace, scopes: ["write"] } });
  const [one, other] = [world, replica].map(({ url }) => createClient({ baseUrl: url, key: token }));
  if (!one || !other) throw new Error("two worlds have two clients");
  const used = async (quota: string) => (await one.call("getUsage", {})).quotas.find((each) => each.quota === quota);
  return { namespace, token, one, other, used };
}
type Team = Awaited<ReturnType<typeof team>>;

const regress = ({ one, other }: Team, n = 0, headers = {}) =>
  (n % 2 === 0 ? one : other).call("createRegression", { body: {}, headers });
const list = ({ one, other }: Team, each: number, n = 0) =>
  (n % 2 === 0 ? one : other).call("createDataset", {
    body: { sources: ["black", "teddy"].map((name) => ({ class: name, urls: urls(`${name}-${n}`, each) })) },
  });

async function atOnce<T>(count: number, ask: (n: number) => Promise<T>) {
  const answers = await Promise.allSettled(Array.from({ length: count }, (_, n) => ask(n)));
  const made = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  // What the client rejects with is a Problem; anything else fails the test that looks at its code.
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Problem] : []));
  return { made, refused };
}

test("of twenty who ask two replicas at once for the last job, one gets it, and the others leave nothing behind", async () => {
  const ours = await team();
  await regress(ours);
  await regress(ours);
  const before = await keysUnder(world, `ns/${ours.namespace}/`);
  const { made, refused } = await atOnce(20, (n) => regress(ours, n));
  expect(made).toHaveLength(1);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["quota_exceeded"]));
  const left = (await keysUnder(world, `ns/${ours.namespace}/`)).filter((key) => !before.includes(key));
  expect(left).toEqual([expect.stringContaining(made[0]?.id ?? "no id")]);
  expect(await ours.used("jobs")).toMatchObject({ used: 3, limit: 3 });
  expect((await world.producer.counts()).train).toMatchObject({ waiting: 3 });
});

test("a refusal says which quota, how much of it, when to ask again, what to do; and the headers say it to programs", async () => {
  const ours = await team();
  for (const n of [0, 1, 2]) await regress(ours, n);
  const headers = { authorization: `Bearer ${ours.token}`, "content-type": "application/json" };
  const response = await fetch(`${world.url}/v1/regressions`, { method: "POST", headers, body: "{}" });
  expect(response.status).toBe(429);
  const extra = { quota: "jobs", limit: 3, used: 3, wanted: 1, retryAfterSeconds: 30 };
  const detail = `${ours.namespace} has 3 jobs that have not ended, asks for 1 more and may have 3 at once: wait until some have ended, or cancel some.`;
  expect(await response.json()).toMatchObject({ code: "quota_exceeded", detail, ...extra });
  expect(response.headers.get("retry-after")).toBe("30");
  expect(response.headers.get("ratelimit-policy")).toBe('"jobs";q=3;qu="jobs"');
  expect(response.headers.get("ratelimit")).toBe('"jobs";r=0');
});

test("the same creation under one Idempotency-Key counts once, however often and wherever it is asked for, full or not", async () => {
  const ours = await team();
  const again = { "idempotency-key": "once" };
  const { made, refused } = await atOnce(10, (n) => regress(ours, n, again));
  expect(refused).toEqual([]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(await ours.used("jobs")).toMatchObject({ used: 1 });
  await regress(ours, 1);
  await regress(ours, 2);
  expect(await refusalOf(regress(ours, 3))).toMatchObject({ code: "quota_exceeded" });
  expect((await regress(ours, 4, again)).id).toBe(made[0]?.id);
  expect(await ours.used("jobs")).toMatchObject({ used: 3 });
});

test("a refused creation may be asked for again under its key once there is room", async () => {
  const ours = await team();
  const made = await Promise.all([0, 1, 2].map((n) => regress(ours, n)));
  const again = { "idempotency-key": "later" };
  expect(await refusalOf(regress(ours, 0, again))).toMatchObject({ code: "quota_exceeded" });
  await ours.one.call("cancelRegression", { params: { id: made[0]?.id ?? "" } });
  expect(await regress(ours, 1, again)).toMatchObject({ state: "queued" });
});

test("a place is free again once its job has ended, and was never taken by what was refused for another reason", async () => {
  const ours = await team();
  const unknown = { dataset: newId("dataset") };
  for (const _ of [0, 1, 2, 3])
    expect(await refusalOf(ours.one.call("createModel", { body: unknown }))).toMatchObject({ code: "not_found" });
  expect(await refusalOf(list(ours, 0))).toMatchObject({ code: "invalid_request" });
  expect(await ours.used("jobs")).toMatchObject({ used: 0 });
  for (const n of [0, 1, 2]) await regress(ours, n);
  const connection = connectWorker(world.redis.url);
  const worker = startWorker({
    ...{ queue: "train", connection, concurrency: 1, log: world.log, metrics: createMetrics("test") },
    process: async () => {},
  });
  await waitUntil(async () => (await ours.used("jobs"))?.used === 0, { what: "the places to be given back" });
  await worker.close();
  await connection.close();
});

test("a sweep takes a place for each of its runs, all or none", async () => {
  const [narrow, wide] = [await team(), await team("wide")];
  for (const each of [narrow, wide]) await seedDataset(world, { namespace: each.namespace });
  const sweep = async ({ one }: Team) => {
    const [dataset] = (await one.call("listDatasets", {})).items;
    return one.call("createSweep", { body: { dataset: dataset?.id ?? "", learningRates: [1e-3, 1e-2], repeats: 3 } });
  };
  const before = await keysUnder(world, `ns/${narrow.namespace}/`);
  expect(await refusalOf(sweep(narrow))).toMatchObject({ code: "quota_exceeded", extra: { wanted: 6, used: 0 } });
  expect(await keysUnder(world, `ns/${narrow.namespace}/`)).toEqual(before);
  const made = await sweep(wide);
  expect(await wide.used("jobs")).toMatchObject({ used: 6, limit: 6 });
  expect(await refusalOf(regress(wide))).toMatchObject({ code: "quota_exceeded" });
  await wide.one.call("cancelSweep", { params: { id: made.id } });
  expect(await wide.used("jobs")).toMatchObject({ used: 0 });
});

test("one namespace's use is nothing to another, and an override is for the one it names", async () => {
  const [ours, theirs, free, none] = [await team(), await team(), await team("free"), await team("none")];
  await atOnce(10, (n) => regress(ours, n));
  await list(ours, 3).catch(() => {});
  for (const quota of ["jobs", "urls-per-day"]) expect(await theirs.used(quota)).toMatchObject({ used: 0 });
  for (const n of [0, 1, 2]) await regress(theirs, n);
  const { refused } = await atOnce<unknown>(12, (n) => (n % 2 === 0 ? regress(free, n) : list(free, 20, n)));
  expect(refused).toEqual([]);
  expect(await free.used("jobs")).toEqual({ quota: "jobs", used: 12 });
  expect(await refusalOf(regress(none))).toMatchObject({ code: "quota_exceeded", extra: { limit: 0 } });
});

test("of lists that come at once exactly those are taken that the day has room for, and of the others nothing is written", async () => {
  const ours = await team("many");
  const { made, refused } = await atOnce(2, (n) => list(ours, 3, n));
  expect([made.length, refused.map(({ code }) => code)]).toEqual([1, ["quota_exceeded"]]);
  expect(refused[0]).toMatchObject({ extra: { quota: "urls-per-day", limit: 10, used: 6, wanted: 6 } });
  const written = await keysUnder(world, `ns/${ours.namespace}/datasets/`);
  expect(written.filter((key) => !key.includes(made[0]?.id ?? "no id"))).toEqual([]);
  expect(await ours.used("urls-per-day")).toMatchObject({ used: 6 });
  // What is left is enough for two and two.
  await list(ours, 2, 5);
  expect(await ours.used("urls-per-day")).toMatchObject({ used: 10, limit: 10 });
});

test("of a long list that the day has no room for nothing is fetched while it is read", async () => {
  const ours = await team();
  expect(await refusalOf(list(ours, 5000))).toMatchObject({ code: "quota_exceeded", extra: { wanted: 10_000 } });
  expect(await world.connection.redis.exists("bull:fetch:events")).toBe(0);
});

test("a new day begins at midnight, UTC; until then the refusal says how long", async () => {
  const ours = await team();
  now = Date.UTC(2026, 10, 30, 23, 59, 30);
  await list(ours, 5);
  const refused = await refusalOf(list(ours, 2, 1));
  expect(refused).toMatchObject({ extra: { resetsAt: "2026-12-01T00:00:00.000Z", retryAfterSeconds: 30 } });
  expect(await ours.used("urls-per-day")).toMatchObject({ used: 10, resetsAt: "2026-12-01T00:00:00.000Z" });
  now += 29_000;
  expect(await refusalOf(list(ours, 2, 1))).toMatchObject({ code: "quota_exceeded" });
  now += 1000;
  expect(await ours.used("urls-per-day")).toMatchObject({ used: 0, resetsAt: "2026-12-02T00:00:00.000Z" });
  expect(await list(ours, 2, 1)).toMatchObject({ state: "queued" });
});

test("what asks nobody for a picture is no URL: repeats and other schemes", async () => {
  const ours = await team();
  const sources = ["black", "teddy"].map((name) => ({
    class: name,
    urls: [...urls(name, 2), ...urls(name, 2), "ftp://pictures.example/a.jpg"],
  }));
  await ours.one.call("createDataset", { body: { sources } });
  expect(await ours.used("urls-per-day")).toMatchObject({ used: 4 });
});

test("when Redis has lost its data nothing new is taken until what is unfinished was counted again, and then exactly that counts", async () => {
  const ours = await team();
  for (const n of [0, 1]) await regress(ours, n);
  await world.connection.redis.flushall();
  expect(await refusalOf(regress(ours))).toMatchObject({ code: "queue_unavailable", extra: { retryAfterSeconds: 30 } });
  await recount();
  expect(await ours.used("jobs")).toMatchObject({ used: 2 });
  await regress(ours);
  expect(await refusalOf(regress(ours))).toMatchObject({ code: "quota_exceeded" });
});

test("a place whose request died before it wrote a record is free after a quarter of an hour, and not sooner", async () => {
  const ours = await team();
  expect(await world.usage.takeJobs(ours.namespace, ["reg_dead"], 3)).toEqual({ outcome: "taken", used: 1 });
  await regress(ours);
  now += 14 * 60_000;
  await recount();
  expect(await ours.used("jobs")).toMatchObject({ used: 2 });
  now += 2 * 60_000;
  await recount();
  expect(await ours.used("jobs")).toMatchObject({ used: 1 });
});

test("a record that ended while nobody could say so frees its place with the next count", async () => {
  const ours = await team();
  const { id, namespace } = await regress(ours);
  await world.catalog.update("regression", { id, namespace }, (record) => ({ ...record, state: "cancelled" }));
  expect(await ours.used("jobs")).toMatchObject({ used: 1 });
  await recount();
  expect(await ours.used("jobs")).toMatchObject({ used: 0 });
});
