import { newId } from "@ursa/catalog/new-id";
import { pageOfItems } from "@ursa/dataset/manifest";
import { readPart } from "@ursa/dataset/parts";
import { planDataset } from "@ursa/dataset/plan-dataset";
import { parseUrlList } from "@ursa/dataset/url-list";
import { keys } from "@ursa/store/keys";
import { type ImageServer, ok, slowDrip, startImageServer, status } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createDataset,
  createPrediction,
  recordPlanned,
  type Surroundings,
  startSurroundings,
  waitForEnd,
} from "./downloader.fixture.ts";

let pictures: Buffer[];
let server: ImageServer;
let around: Surroundings;

beforeAll(async () => {
  pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => drawBear(seed < 6 ? "black" : "teddy", seed)));
  server = await startImageServer(Object.fromEntries(pictures.map((bytes, n) => [`/${n}.jpg`, ok(bytes)])));
  server.set("/gone.jpg", status(404));
  around = await startSurroundings({ allow: server.address });
});
afterAll(async () => {
  await around?.[Symbol.asyncDispose]();
  await server?.close();
});

const urls = (from: number, to: number) => pictures.slice(from, to).map((_, n) => `${server.origin}/${from + n}.jpg`);
const lists = () => ({ black: [...urls(0, 6), `${server.origin}/gone.jpg`, "nonsense"], teddy: urls(6, 12) });

describe("a downloader", () => {
  test("makes a dataset, tells how it goes, and counts every URL once", async () => {
    const downloader = await around.start();
    const ended = await waitForEnd(around, await createDataset(around, lists()));
    expect(ended).toMatchObject({ state: "ready", fence: 1, listed: 14 });
    expect(ended.counts?.outcomes).toEqual({ ok: 12, http_4xx: 1, bad_scheme: 1 });
    expect(ended.counts?.classes.map(({ train, valid }) => [train, valid])).toEqual([
      [4, 2],
      [4, 2],
    ]);
    const page = await pageOfItems(around.store, ended.manifest?.key ?? "", { limit: 100 });
    expect(page.items).toHaveLength(14);
    const events = [];
    for await (const { data } of around.events.backlog(ended)) events.push(data);
    expect(events.flatMap((event) => (event.type === "state" ? [event.state] : []))).toEqual(["running", "ready"]);
    const progress = events.flatMap((event) => (event.type === "progress" ? [event.progress] : []));
    expect(progress.filter(({ phase }) => phase === "fetch").at(-1)).toEqual({ phase: "fetch", done: 14, total: 14 });
    const metrics = await (await fetch(`${downloader.url}/metrics`)).text();
    expect(metrics).toMatch(/ursa_downloads_total\{.*outcome="ok".*\} 12/);
    expect(metrics).toMatch(/ursa_downloads_total\{.*outcome="http_4xx".*\} 1/);
    expect(await downloader.end()).toBe(0);
  });

  test("told to stop, hands its shard back, and the next one finishes it", async () => {
    server.set("/slow.jpg", slowDrip());
    const first = await around.start();
    const made = await createDataset(around, {
      black: [...urls(0, 6), `${server.origin}/slow.jpg`],
      teddy: urls(6, 12),
    });
    await waitUntil(() => server.hits.includes("/slow.jpg"), { what: "the slow picture to be asked for" });
    const asked = performance.now();
    expect(await first.end()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
    server.set("/slow.jpg", ok(pictures[0] as Buffer));
    const second = await around.start();
    const ended = await waitForEnd(around, made);
    expect(ended).toMatchObject({ state: "ready", counts: { outcomes: { ok: 12, duplicate: 1 } } });
    await second.end();
  });

  test("leaves a dataset that was cancelled as it is", async () => {
    server.set("/slow.jpg", slowDrip());
    const before = server.hits.length;
    const downloader = await around.start();
    const made = await createDataset(around, {
      black: [...urls(0, 6), `${server.origin}/slow.jpg`],
      teddy: urls(6, 12),
    });
    await waitUntil(() => server.hits.slice(before).includes("/slow.jpg"), {
      what: "the slow picture to be asked for",
    });
    const cancelled = await around.catalog.update("dataset", made, (record) => ({ ...record, state: "cancelled" }));
    await around.producer.cancel("dataset", cancelled);
    const isQuiet = async () => (await around.producer.counts()).fetch.active === 0;
    await waitUntil(isQuiet, { what: "the shard to be let go" });
    expect(await waitForEnd(around, made)).toMatchObject({ state: "cancelled", fence: 0 });
    await downloader.end();
  });
});

test("a downloader that finds no Redis answers, is not ready, and stops when it is told to", async () => {
  const downloader = await around.start({ URSA_REDIS_URL: "redis://127.0.0.1:1" }, { probe: "livez" });
  expect((await fetch(`${downloader.url}/readyz`)).status).toBe(503);
  const asked = performance.now();
  expect(await downloader.end()).toBe(143);
  expect(performance.now() - asked).toBeLessThan(5000);
});

test("a prediction's URLs are fetched for whoever predicts, and nothing is prepared for training", async () => {
  const downloader = await around.start();
  const made = await createPrediction(around, [...urls(0, 3), "nonsense", `${server.origin}/gone.jpg`]);
  const part = () => readPart(around.store, { target: "prediction", owner: made, shard: 0 });
  const rows = (await waitUntil(part, { what: "the pictures to be fetched", timeoutMs: 30_000 })) ?? [];
  expect(rows.map((row) => row.outcome)).toEqual(["ok", "ok", "ok", "bad_scheme", "http_4xx"]);
  expect(rows.map((row) => row.prepared)).toEqual(rows.map(() => undefined));
  for (const { sha256 } of rows.slice(0, 3)) {
    expect(await around.store.head(keys.image("default", sha256 ?? ""))).toBeDefined();
  }
  expect(await around.catalog.get("prediction", "default", made.id)).toMatchObject({ state: "running" });
  await downloader.end();
});

test("shards that are begun while the list is read are fetched once, and written when there is a record", async () => {
  const downloader = await around.start();
  const paths = Array.from({ length: 48 }, (_, n) => `/early/${n}.jpg`);
  for (const [n, path] of paths.entries()) server.set(path, ok(pictures[n % 12] as Buffer));
  const owner = { namespace: "default", id: newId("dataset") };
  const sources = ["black", "teddy"].map((name, side) => ({
    name,
    rows: parseUrlList(
      paths.flatMap((path, n) => (n % 12 < 6 === (side === 0) ? [server.origin + path] : [])).join("\n"),
      { name },
    ),
  }));
  const plan = await planDataset({ store: around.store, owner, sources, options: {} });
  expect(plan.shards).toBe(3);
  await around.producer.beginDataset(owner);
  const early = () => server.hits.filter((path) => path.startsWith("/early/"));
  await waitUntil(() => early().length === 32, { what: "the first two shards to be fetched", timeoutMs: 30_000 });
  const parts = [0, 1].map((shard) => readPart(around.store, { target: "dataset", owner, shard }));
  expect(await Promise.all(parts)).toEqual([undefined, undefined]);
  const ended = await waitForEnd(around, await recordPlanned(around, owner, plan));
  expect(ended).toMatchObject({ state: "ready", listed: 48, counts: { outcomes: { ok: 12, duplicate: 36 } } });
  expect(early()).toHaveLength(48);
  expect(new Set(early()).size).toBe(48);
  await downloader.end();
});

describe("POST /fetch", () => {
  const ask = (base: string, body: unknown) =>
    fetch(`${base}/fetch`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

  test("gives the bytes and where they came from, or says why not", async () => {
    const downloader = await around.start();
    const good = await ask(downloader.url, { url: `${server.origin}/0.jpg` });
    expect(good.status).toBe(200);
    expect(good.headers.get("content-type")).toBe("application/octet-stream");
    expect(good.headers.get("x-final-url")).toBe(`${server.origin}/0.jpg`);
    expect(Buffer.from(await good.arrayBuffer())).toEqual(pictures[0]);
    const blocked = await ask(downloader.url, { url: "http://169.254.169.254/latest/meta-data" });
    expect(blocked.status).toBe(422);
    expect(await blocked.json()).toMatchObject({ code: "fetch_failed", outcome: "blocked_address" });
    const gone = await (await ask(downloader.url, { url: `${server.origin}/gone.jpg` })).json();
    expect(gone).toMatchObject({ code: "fetch_failed", outcome: "http_4xx", reason: expect.stringContaining("404") });
    expect(await (await ask(downloader.url, { uri: "x" })).json()).toMatchObject({ code: "invalid_request" });
    await downloader.end();
  });
});
