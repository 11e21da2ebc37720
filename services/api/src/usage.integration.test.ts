// What is stored, trained and asked for: limits, what counts towards them, and what `GET /v1/usage` says.
import { measureAll } from "@ursa/catalog/measure-stored";
import { newId } from "@ursa/catalog/new-id";
import { createClient } from "@ursa/contracts/client";
import { whileReachable } from "@ursa/queue/connection";
import { noteTraining } from "@ursa/queue/usage-counters";
import { startRedis } from "@ursa/testing/redis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";
import { seedDataset } from "./seed-records.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const LIMITS = {
  URSA_QUOTA_TRAINING_MINUTES_PER_DAY: 60,
  URSA_QUOTA_STORED_MB: 1,
  URSA_QUOTA_REQUESTS_PER_MINUTE: 200,
  URSA_QUOTA_OVERRIDES: "few.requests-per-minute=5",
};
const NOON = Date.UTC(2026, 10, 30, 12);
const MINUTE = 60_000;

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
});
afterAll(() => stack.disposeAsync());

let teams = 0;
async function team(namespace = `team-${teams++}`) {
  const { token } = await world.client.call("createKey", { body: { name: "test", namespace, scopes: ["write"] } });
  const [one, other] = [world, replica].map(({ url }) => createClient({ baseUrl: url, key: token }));
  if (!one || !other) throw new Error("two worlds have two clients");
  const used = async (quota: string) => (await one.call("getUsage", {})).quotas.find((each) => each.quota === quota);
  return { namespace, token, one, other, used };
}
type Team = Awaited<ReturnType<typeof team>>;

/** A URL list of so many bytes. */
const listOf = (bytes: number) => `${urls("black", 1)[0]}\n`.padEnd(bytes, "#");
const upload = ({ one, other }: Team, name: string, bytes: number, n = 0) =>
  (n % 2 === 0 ? one : other).call("putUpload", { params: { name }, body: listOf(bytes) });
const measure = () =>
  measureAll({ ...world, counters: world.usage, isLimited: () => true, signal: new AbortController().signal });

test("of uploads that come at once to two replicas those are taken that there is room for, and of the others nothing is stored", async () => {
  const ours = await team();
  await upload(ours, "first.txt", 500_000);
  const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => upload(ours, `${n}.txt`, 400_000, n)));
  expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const answer of answers)
    if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "quota_exceeded", status: 429 });
  expect(await keysUnder(world, `ns/${ours.namespace}/`)).toHaveLength(2);
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0.9, limit: 1 });
  await upload(ours, "exactly.txt", 100_000);
  expect(await refusalOf(upload(ours, "more.txt", 1000))).toMatchObject({
    code: "quota_exceeded",
    extra: { quota: "stored-mb", limit: 1, used: 1 },
  });
});

test("an upload that fails gives back what it held, and one that does not say how long it is takes what it might be", async () => {
  const ours = await team();
  const page = `<!doctype html>${" ".repeat(900_000)}`;
  const html = ours.one.call("putUpload", { params: { name: "page.txt" }, body: page });
  expect(await refusalOf(html)).toMatchObject({ code: "list_is_html" });
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0 });
  const stream = new Blob([listOf(1000)]).stream();
  const unknown = ours.one.call("putUpload", { params: { name: "unknown.txt" }, body: stream });
  expect(await refusalOf(unknown)).toMatchObject({ code: "quota_exceeded" });
  await upload(ours, "known.txt", 900_000);
});

test("what others than uploads store, and what was deleted, is counted by listing: at most once a minute, else every ten", async () => {
  const ours = await team();
  await upload(ours, "a.txt", 300_000);
  await world.store.put(`ns/${ours.namespace}/images/${"a".repeat(64)}`, Buffer.alloc(900_000));
  await measure();
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0.3 });
  now += 11 * MINUTE;
  await measure();
  const counted = await ours.used("stored-mb");
  expect(counted).toMatchObject({ used: 1.2, countedAt: new Date(now).toISOString() });
  expect(await refusalOf(ours.one.call("createRegression", { body: {} }))).toMatchObject({ code: "quota_exceeded" });
  await world.store.delete(`ns/${ours.namespace}/images/${"a".repeat(64)}`);
  await world.usage.noteChange(ours.namespace);
  await measure();
  expect(await ours.used("stored-mb")).toMatchObject({ used: 1.2 });
  now += MINUTE;
  await measure();
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0.3 });
  expect(await ours.one.call("createRegression", { body: {} })).toMatchObject({ state: "queued" });
});

test("an upload that comes while the store is being listed is not forgotten", async () => {
  const ours = await team();
  await upload(ours, "before.txt", 200_000);
  now += 11 * MINUTE;
  await world.usage.remeasure(ours.namespace, async () => {
    await upload(ours, "meanwhile.txt", 300_000);
    // What a listing saw that had passed its key already.
    return 200_000;
  });
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0.5 });
  now += 11 * MINUTE;
  await measure();
  expect(await ours.used("stored-mb")).toMatchObject({ used: 0.5 });
});

test("while nobody has counted what is stored nothing is added to it; reading goes on", async () => {
  const ours = await team();
  await upload(ours, "a.txt", 1000);
  await world.connection.redis.flushall();
  expect(await refusalOf(upload(ours, "b.txt", 1000))).toMatchObject({ code: "queue_unavailable" });
  expect((await ours.one.call("listDatasets", {})).items).toEqual([]);
  await measure();
  await upload(ours, "b.txt", 1000);
});

const train = (run: Parameters<typeof noteTraining>[1]) => noteTraining(world.connection, run);

test("minutes of training are added up by run; saying them twice, late or out of order adds nothing", async () => {
  const ours = await team();
  const run = { namespace: ours.namespace, id: newId("model"), day: "2026-11-30" };
  for (const milliseconds of [10, 20, 20, 15]) await train({ ...run, fence: 1, milliseconds: milliseconds * MINUTE });
  expect(await ours.used("training-minutes-per-day")).toMatchObject({ used: 20, limit: 60 });
  // Its trainer was killed, and another one took it. The first was only asleep.
  await train({ ...run, fence: 2, milliseconds: 5 * MINUTE });
  await train({ ...run, fence: 1, milliseconds: 50 * MINUTE });
  expect(await ours.used("training-minutes-per-day")).toMatchObject({ used: 25 });
  await train({ ...run, id: newId("model"), fence: 1, milliseconds: MINUTE });
  expect(await ours.used("training-minutes-per-day")).toMatchObject({ used: 26 });
});

test("a namespace that has trained for its minutes begins no training until tomorrow, and does anything else", async () => {
  const [ours, theirs] = [await team(), await team()];
  const datasets = await Promise.all([ours, theirs].map(({ namespace }) => seedDataset(world, { namespace })));
  // Each has something in the store, which was not counted yet.
  await measure();
  const [mine = "", yours = ""] = datasets.map(({ id }) => id);
  const run = { namespace: ours.namespace, id: newId("model"), fence: 1, day: "2026-11-30" };
  await train({ ...run, milliseconds: 61 * MINUTE });
  for (const what of ["createModel", "createSweep", "createInspection"] as const) {
    const refused = await refusalOf(ours.one.call(what, { body: { dataset: mine } }));
    expect(refused).toMatchObject({ code: "quota_exceeded", extra: { limit: 60, used: 61 } });
  }
  await ours.one.call("createRegression", { body: {} });
  await theirs.one.call("createModel", { body: { dataset: yours } });
  now += 12 * 60 * MINUTE;
  expect(await ours.one.call("createModel", { body: { dataset: mine } })).toMatchObject({ state: "queued" });
});

const ask = (token: string, { url }: World = world) =>
  fetch(`${url}/v1/datasets`, { headers: { authorization: `Bearer ${token}` } });

test("each key may ask so often in a minute, at all replicas together; the headers count down, and the installation's own is never kept out", async () => {
  const [few, same, others] = [await team("few"), await team("few"), await team()];
  for (const left of [4, 3, 2, 1, 0]) {
    const answer = await ask(few.token, left % 2 === 0 ? world : replica);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("ratelimit-policy")).toBe('"requests-per-minute";q=5;w=60');
    expect(answer.headers.get("ratelimit")).toMatch(new RegExp(`^"requests-per-minute";r=${left};t=(59|60)$`));
  }
  const refused = await ask(few.token, replica);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: "rate_limited", limit: 5 });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
  expect(refused.headers.get("ratelimit")).toMatch(/^"requests-per-minute";r=0;t=/);
  for (const token of [same.token, others.token, ADMIN_KEY]) expect((await ask(token)).status).toBe(200);
  expect((await ask(ADMIN_KEY)).headers.get("ratelimit-policy")).toBeNull();
});

test("GET /v1/usage tells all of it", async () => {
  now += 542;
  const ours = await team();
  await upload(ours, "a.txt", 250_000);
  await ours.one.call("createRegression", { body: {} });
  const { namespace, quotas } = await ours.one.call("getUsage", {});
  expect(namespace).toBe(ours.namespace);
  const midnight = "2026-12-01T00:00:00.000Z";
  expect(quotas).toEqual([
    { quota: "jobs", used: 1 },
    { quota: "urls-per-day", used: 0, resetsAt: midnight },
    { quota: "training-minutes-per-day", used: 0, limit: 60, resetsAt: midnight },
    { quota: "stored-mb", used: 0.25, limit: 1, countedAt: new Date(now).toISOString() },
    { quota: "requests-per-minute", used: 3, limit: 200, resetsAt: expect.stringMatching(/^2026-11-30T12:0[01]/) },
  ]);
});

// Last: Redis does not come back.
test("while Redis is away whoever asks is let in uncounted, and nothing new is taken", async () => {
  const few = await team("few");
  const { url, store } = world;
  await world.redis.stop();
  const asked = performance.now();
  for (const _ of Array.from({ length: 8 })) expect((await ask(few.token)).status).toBe(200);
  expect(performance.now() - asked).toBeLessThan(2000);
  const before = await keysUnder({ store });
  const headers = { authorization: `Bearer ${few.token}`, "content-type": "application/json" };
  const refused = await fetch(`${url}/v1/regressions`, { method: "POST", headers, body: "{}" });
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: "queue_unavailable" });
  expect(await refusalOf(upload(few, "a.txt", 1000))).toMatchObject({ code: "queue_unavailable" });
  expect(await keysUnder({ store })).toEqual(before);
});
