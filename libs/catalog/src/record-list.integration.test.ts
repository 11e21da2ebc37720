import { connectProducer, type RedisConnection } from "@ursa/queue/connection";
import { drawModel } from "@ursa/queue/records.fixture";
import { startRedis, type TestRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Catalog, createCatalog } from "./catalog.ts";
import { newId } from "./new-id.ts";
import { createRecordIndex } from "./record-index.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

let redis: TestRedis;
let connection: RedisConnection;
beforeAll(async () => {
  redis = await startRedis();
  connection = connectProducer(redis.url);
  await waitUntil(() => connection.redis.status === "ready", { what: "the connection" });
});
beforeEach(() => connection.redis.flushall());
afterAll(async () => {
  await connection.close();
  await redis[Symbol.asyncDispose]();
});

const createModels = async (catalog: Catalog, count: number, given: Parameters<typeof drawModel>[0] = {}) => {
  const made: string[] = [];
  for (let at = 0; at < count; at += 1) {
    made.unshift((await catalog.create("model", drawModel({ ...given, id: newId("model") }))).id);
  }
  return made;
};

/** Every page of the list, and what `between` pages is done. */
async function listAll(catalog: Catalog, query: Parameters<Catalog["list"]>[2], between = async () => {}) {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await catalog.list("model", "default", { ...query, ...(cursor ? { cursor } : {}) });
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === undefined) return ids;
    cursor = page.next;
    await between();
  }
}

const isIndexed = async () => (await connection.redis.zscore("ursa:index:default:model", "!complete")) !== null;

test.each([["with"], ["without"]])(
  "a list %s an index is newest first, in pages that neither overlap nor end early",
  async (how) => {
    await using scratch = await openScratchStore();
    const index = how === "with" ? { index: createRecordIndex(connection) } : {};
    const catalog = createCatalog({ store: scratch.store, ...index });
    expect(await catalog.list("model", "default", { limit: 10 })).toEqual({ items: [] });
    const made = await createModels(catalog, 23);
    for (const limit of [1, 5, 23, 50, 200]) expect(await listAll(catalog, { limit })).toEqual(made);
    expect((await catalog.list("model", "default", { limit: 23 })).next).toBeUndefined();
    expect(await catalog.list("model", "other", { limit: 10 })).toEqual({ items: [] });
  },
);

test("records made while someone pages are left for the next time, and shift nothing", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const made = await createModels(catalog, 12);
  const paged = await listAll(catalog, { limit: 5 }, async () => void (await createModels(catalog, 3)));
  expect(paged).toEqual(made);
  expect((await listAll(catalog, { limit: 5 })).length).toBe(18);
});

test("a state is filtered by what the record says now", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const queued = await createModels(catalog, 70);
  const picked = queued.filter((_, at) => at % 10 === 0);
  for (const id of picked) await catalog.take("model", { namespace: "default", id });
  expect(await listAll(catalog, { limit: 3, state: "running" })).toEqual(picked);
  expect(await listAll(catalog, { limit: 3, state: "failed" })).toEqual([]);
});

test("what has not ended is found among what has, which is read once", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const made = await createModels(catalog, 60);
  const [newest = "", , , running = ""] = made;
  await catalog.take("model", { namespace: "default", id: running });
  const open = new Set([newest, running, made[55] ?? ""]);
  for (const id of made.filter((one) => !open.has(one)))
    await catalog.update("model", { namespace: "default", id }, (model) => ({ ...model, state: "cancelled" }));
  const unfinished = () => listAll(catalog, { limit: 50, state: "unfinished" });
  expect(await unfinished()).toEqual([...open]);
  const reading = vi.spyOn(scratch.store, "get");
  expect(await unfinished()).toEqual([...open]);
  expect(reading.mock.calls.length).toBe(open.size);
});

test("an index that was lost is noticed, the store answers, and the index is filled again", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const made = await createModels(catalog, 8);
  await listAll(catalog, { limit: 5 });
  await connection.redis.flushall();
  made.unshift(...(await createModels(catalog, 1)));
  expect(await isIndexed()).toBe(false);
  expect(await listAll(catalog, { limit: 5 })).toEqual(made);
  expect(await isIndexed()).toBe(true);

  const listing = vi.spyOn(scratch.store, "list");
  expect(await listAll(catalog, { limit: 5 })).toEqual(made);
  expect(listing).not.toHaveBeenCalled();
});

test("a rebuilt index equals the store's listing, and names that are gone are skipped", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const made = await createModels(createCatalog(scratch), 120);
  await catalog.rebuildIndex();
  const indexed = await connection.redis.zrange("ursa:index:default:model", 0, "-1");
  expect(indexed).toEqual(["!complete", ...made.toReversed()]);

  // Removed by a process that could not reach Redis.
  await createCatalog(scratch).remove("model", { namespace: "default", id: made[0] ?? "" });
  const page = await catalog.list("model", "default", { limit: 3 });
  expect(page.items.map(({ id }) => id)).toEqual(made.slice(1, 4));
});

test("with Redis away, lists and creations go on, and nothing is missing when it is back", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog({ store: scratch.store, index: createRecordIndex(connection) });
  const made = await createModels(catalog, 3);
  await listAll(catalog, { limit: 5 });
  await redis.kill();
  const started = performance.now();
  made.unshift(...(await createModels(catalog, 1)));
  expect(await listAll(catalog, { limit: 2 })).toEqual(made);
  expect(performance.now() - started).toBeLessThan(1000);
  await redis.restart();
  await waitUntil(() => connection.redis.status === "ready", { what: "the connection to be back" });
  expect(await listAll(catalog, { limit: 2 })).toEqual(made);
});

test("a cursor that no list gave is refused", async () => {
  await using scratch = await openScratchStore();
  const list = createCatalog(scratch).list("model", "default", { limit: 5, cursor: "../../etc" });
  await expect(list).rejects.toMatchObject({ code: "invalid_request" });
});
