// A shard against a real web server, real decoders and a real folder.
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { readTar } from "@ursa/archive/read-tar";
import type { Item } from "@ursa/contracts/dataset";
import { createFetcher } from "@ursa/fetch/fetcher";
import { startDecoderPool } from "@ursa/imaging/decoder-pool";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { truncatedJpeg } from "@ursa/testing/hostile-pictures";
import { flaky, htmlAsJpeg, type ImageServer, ok, startImageServer, status } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countBy, NEVER, OWNER, openScratchStore, toArray } from "./dataset.fixture.ts";
import { fetchShard } from "./fetch-shard.ts";
import { toJsonLines } from "./json-lines.ts";
import { partKey, planKey, readPart, readPlan } from "./parts.ts";
import { planDataset } from "./plan-dataset.ts";
import { parseUrlList } from "./url-list.ts";

const SHARD = { target: "dataset", owner: OWNER, shard: 0 } as const;
const decoders = startDecoderPool({ processes: 1 });
let server: ImageServer;
let pictures: Buffer[];

beforeAll(async () => {
  pictures = await Promise.all([1, 2, 3, 4].map((seed) => drawBear(seed % 2 ? "black" : "teddy", seed)));
  server = await startImageServer({
    ...Object.fromEntries(pictures.map((bytes, n) => [`/${n}.jpg`, ok(bytes)])),
    "/same.jpg": ok(pictures[0] as Buffer),
    "/late.jpg": ok(pictures[1] as Buffer),
    "/flaky.jpg": flaky(1, ok(pictures[1] as Buffer)),
    "/sorry.jpg": htmlAsJpeg,
    "/torn.jpg": ok(await truncatedJpeg()),
    "/gone.jpg": status(410),
  });
});
afterAll(async () => {
  await server.close();
  await decoders.close();
});

const LISTS = {
  black: ["/0.jpg", "/2.jpg", "/same.jpg", "/sorry.jpg", "ftp://example.org/x.jpg"],
  teddy: ["/1.jpg", "/3.jpg", "/torn.jpg", "/gone.jpg", "/missing.jpg"],
};

async function plannedStore(lists: Record<string, string[]> = LISTS) {
  const store = await openScratchStore();
  const sources = Object.entries(lists).map(([name, paths]) => {
    const text = paths.map((path) => (path.startsWith("/") ? server.origin + path : path)).join("\n");
    return { name, rows: parseUrlList(text, { name }) };
  });
  await planDataset({ store, owner: OWNER, sources, options: {} });
  return store;
}

type RunOptions = { signal?: AbortSignal; onRow?: (row: Item) => void; untilPlanned?: () => Promise<void> };

function run(store: ObjectStore, options: RunOptions = {}) {
  const fetcher = createFetcher({ userAgent: "test", allow: [server.address], retries: 1 });
  return fetchShard({ ...SHARD, store, fetcher, decoders, signal: NEVER, ...options }).finally(() => fetcher.close());
}

const keysOf = async (store: ObjectStore) => (await toArray(store.list("ns/"))).map(({ key }) => key);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A store that fails, or does something first, when a key that matches is written. */
function interrupting(store: ObjectStore, pattern: RegExp, act: () => void | Promise<void>): ObjectStore {
  return {
    ...store,
    get: (...args) => store.get(...args),
    head: (...args) => store.head(...args),
    put: async (key, ...args) => {
      if (pattern.test(key)) await act();
      return store.put(key, ...args);
    },
  };
}

describe("a shard", () => {
  test("gives each URL its row, and stores each picture once", async () => {
    await using store = await plannedStore();
    const seen: Item[] = [];
    expect(await run(store, { onRow: (row) => seen.push(row) })).toEqual({ rows: 10, isRepeat: false });
    const rows = (await readPart(store, SHARD)) ?? [];
    expect(rows.map((row) => row.outcome)).toEqual([
      ...["ok", "ok", "ok", "not_an_image", "bad_scheme"],
      ...["ok", "ok", "corrupt_image", "http_4xx", "http_4xx"],
    ]);
    expect(countBy(seen, "outcome")).toEqual(countBy(rows, "outcome"));
    for (const row of rows.filter(({ outcome }) => outcome !== "ok")) expect(row.reason).toBeTruthy();
    expect(rows[0]).toMatchObject({
      sha256: sha256(pictures[0] as Buffer),
      format: "jpeg",
      attempts: 1,
      class: "black",
    });
    expect(rows[0]?.bytes).toBe(pictures[0]?.length);
    expect((await keysOf(store)).filter((key) => key.includes("/images/"))).toHaveLength(4);
  });

  test("keeps what came in place of a picture, apart from the pictures", async () => {
    await using store = await plannedStore();
    await run(store);
    const rows = (await readPart(store, SHARD)) ?? [];
    for (const row of rows.filter(({ outcome }) => outcome === "not_an_image" || outcome === "corrupt_image")) {
      const { body } = await store.get(keys.quarantine("default", row.sha256 ?? ""));
      expect(body.length).toBe(row.bytes);
      expect(sha256(body)).toBe(row.sha256);
    }
  });

  test("has a tar that WebDataset can read, and rows that say where in it their picture is", async () => {
    await using store = await plannedStore();
    await run(store);
    const rows = (await readPart(store, SHARD))?.filter((row) => row.outcome === "ok") ?? [];
    const place = rows[0]?.prepared;
    if (!place) throw new Error("nothing was prepared");
    const { body: tar } = await store.get(place.shard);
    expect(place.shard).toContain(sha256(tar));
    const members = new Map<string, Buffer>();
    for (const { path, place: at } of await readTar(Readable.from([tar]), "the shard"))
      members.set(path, tar.subarray(at.start, at.end));
    expect([...members.keys()]).toEqual(
      rows.flatMap(({ key }) => [`${key.padStart(9, "0")}.jpg`, `${key.padStart(9, "0")}.json`]),
    );
    for (const { key, prepared, sha256: content, class: label, url } of rows) {
      const name = key.padStart(9, "0");
      const range = { start: prepared?.start ?? 0, end: prepared?.end ?? 0 };
      expect((await store.get(place.shard, range)).body).toEqual(members.get(`${name}.jpg`));
      expect(JSON.parse(String(members.get(`${name}.json`)))).toEqual({ key, class: label, url, sha256: content });
    }
    const inspected = await decoders.inspect(members.get("000000000.jpg") as Buffer, {});
    expect(inspected).toMatchObject({ ok: true, format: "jpeg" });
    if (inspected.ok) expect(Math.min(inspected.width, inspected.height)).toBe(288);
  });

  test("run twice is run once", async () => {
    await using store = await plannedStore();
    await run(store);
    const before = await keysOf(store);
    const hits = server.hits.length;
    expect(await run(store)).toEqual({ rows: 10, isRepeat: true });
    expect(server.hits.length).toBe(hits);
    expect(await keysOf(store)).toEqual(before);
  });

  test("killed between tar and part, it is done again and leaves no second tar", async () => {
    await using store = await plannedStore();
    const dying = interrupting(store, /\/parts\//, () => {
      throw new Error("killed");
    });
    await expect(run(dying)).rejects.toThrow("killed");
    const tars = async () => (await keysOf(store)).filter((key) => key.endsWith(".tar"));
    expect(await tars()).toHaveLength(1);
    expect(await store.head(partKey(SHARD))).toBeUndefined();
    expect(await run(store)).toMatchObject({ isRepeat: false });
    expect(await tars()).toHaveLength(1);
  });

  test("run by two workers at once, one part stands and names a tar that is there", async () => {
    await using store = await plannedStore();
    const results = await Promise.all([run(store), run(store), run(store)]);
    expect(results.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
    const rows = (await readPart(store, SHARD)) ?? [];
    for (const { prepared } of rows) if (prepared) expect(await store.head(prepared.shard)).toBeDefined();
  });

  test("aborted, it ends with the reason and leaves no part", async () => {
    await using store = await plannedStore();
    const stopping = new AbortController();
    const running = run(store, { signal: stopping.signal, onRow: () => stopping.abort(new Error("shutting down")) });
    await expect(running).rejects.toThrow("shutting down");
    expect(await store.head(partKey(SHARD))).toBeUndefined();
    expect(await run(store)).toMatchObject({ isRepeat: false });
  });

  test("a picture that somebody else stored meanwhile is no fault", async () => {
    await using store = await plannedStore();
    const racing = interrupting(store, /\/images\//, async () => {
      for (const bytes of pictures) await store.put(keys.image("default", sha256(bytes)), bytes);
    });
    expect(await run(racing)).toMatchObject({ rows: 10, isRepeat: false });
  });
});

test("begun while its list is read, a shard keeps what it tried, and takes from the whole plan what that decides", async () => {
  await using store = await plannedStore();
  const address = planKey(SHARD);
  const before = server.hits.length;
  await run(store, {
    async untilPlanned() {
      expect(server.hits.slice(before)).toContain("/0.jpg");
      expect(await store.head(partKey(SHARD))).toBeUndefined();
      const plan = await readPlan(store, SHARD);
      const changed = plan.map((row, n) => {
        if (n === 1) return { ...row, outcome: "label_conflict", reason: "the same URL in another class", of: "999" };
        if (n === 2) return { ...row, split: "valid" };
        // As where a request is repeated after its list was replaced.
        return n === 5 ? { ...row, url: `${server.origin}/late.jpg` } : row;
      });
      await store.put(address, toJsonLines(changed));
    },
  });
  const rows = (await readPart(store, SHARD)) ?? [];
  expect(rows[0]).toMatchObject({ outcome: "ok", sha256: sha256(pictures[0] as Buffer) });
  expect(rows[1]).toMatchObject({ outcome: "label_conflict", of: "999" });
  expect(rows[1]).not.toHaveProperty("sha256");
  expect(rows[2]).toMatchObject({ outcome: "ok", split: "valid" });
  expect(rows[5]).toMatchObject({ outcome: "ok", url: `${server.origin}/late.jpg` });
  expect(rows.filter(({ prepared }) => prepared).map(({ key }) => key)).toEqual(["0", "2", "5", "6"]);
  const asked = server.hits.slice(before);
  expect(asked.filter((path) => path === "/0.jpg")).toHaveLength(1);
  expect(asked).toContain("/late.jpg");
});

test("a server that stumbles is asked again, and the row says so", async () => {
  await using store = await plannedStore({ a: ["/flaky.jpg", "/0.jpg"], b: ["/2.jpg", "/3.jpg"] });
  await run(store);
  expect((await readPart(store, SHARD))?.[0]).toMatchObject({ outcome: "ok", attempts: 2 });
});
