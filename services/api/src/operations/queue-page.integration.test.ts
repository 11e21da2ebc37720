// The page of the queues as an operator's browser asks for it: it shows every job, changes none, and tells no secret.
import { changesOf } from "@ursa/board/board-changes.fixture";
import { connectWorker } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import { createMetrics } from "@ursa/service/metrics";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, urls, type World } from "../api-world.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const PAGE = "/operations/queues";

let world: World;
let datasetId: string;
let asBrowser: (path: string, init?: RequestInit) => Promise<Response>;

beforeAll(async () => {
  world = await startWorld({ adminKey: ADMIN_KEY });
  const body = { name: "operator", namespace: "elsewhere", scopes: ["operate" as const] };
  const { token } = await world.client.call("createKey", { body });
  const authorization = `Basic ${Buffer.from(`me:${token}`).toString("base64")}`;
  asBrowser = (path, init) => fetch(`${world.url}${PAGE}${path}`, { ...init, headers: { authorization } });
  const sources = ["black", "teddy"].map((name) => ({ class: name, urls: urls(name, 3) }));
  datasetId = (await world.client.call("createDataset", { body: { sources } })).id;
});
afterAll(() => world?.[Symbol.asyncDispose]());

test("a browser is asked for a key, and is then given the page and its files", async () => {
  const asked = await fetch(`${world.url}${PAGE}`, { headers: { accept: "text/html" } });
  expect([asked.status, asked.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("Basic realm=")]);
  const response = await asBrowser("");
  const page = await response.text();
  expect(page).toContain(`<base href="${PAGE}/" />`);
  const files = [...page.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) expect((await asBrowser(`/${file}`)).status, file).toBe(200);
  expect((await asBrowser("", { method: "HEAD" })).status).toBe(200);
  for (const path of ["..%2f..%2fpackage.json", "..%5c..%5cpackage.json", "nothing.js"])
    expect((await asBrowser(`/static/${path}`)).status, path).toBeOneOf([400, 404]);
});

test("it may name a base address for its files; every other page keeps to the stricter rules", async () => {
  const policyOf = async (answer: Promise<Response>) => (await answer).headers.get("content-security-policy");
  const own = await policyOf(asBrowser("/queue/fetch"));
  expect(own).toContain("base-uri 'self'");
  for (const path of ["/status", "/docs", "/operations", "/v1/datasets"]) {
    const policy = await policyOf(fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } }));
    expect(policy, path).toBe(own?.replace("base-uri 'self'", "base-uri 'none'"));
  }
  expect(await policyOf(fetch(`${world.url}/`))).toContain("base-uri 'none'");
});

test("an operator of any namespace sees the jobs of all, and how they hang together", async () => {
  const { queues } = await jsonOf(asBrowser("/api/queues?activeQueue=fetch&status=prioritized&page=1&jobsPerPage=10"));
  expect(queues.map(({ name }) => name)).toEqual([
    ...["fetch", "assemble", "train", "predict", "collect", "evaluate", "notify"],
  ]);
  expect(queues.map(({ readOnlyMode }) => readOnlyMode)).not.toContain(false);
  expect(queues[0]?.jobs).toMatchObject([{ data: { namespace: "default", id: datasetId, shard: 0 } }]);
  const { flowRoot } = await jsonOf(asBrowser(`/api/queues/fetch/${datasetId}-1-fetch-0/flow`));
  expect(flowRoot).toMatchObject({ queueName: "assemble", children: [{ queueName: "fetch" }] });
  expect(await jsonOf(asBrowser("/api/redis/stats"))).toMatchObject({ version: expect.stringMatching(/^\d/) });
});

test("nothing can be changed through it, by whatever key", async () => {
  const changes = changesOf("fetch", `${datasetId}-1-fetch-0`);
  expect(changes.length).toBeGreaterThan(20);
  const before = await everythingInRedis();
  const more = ["POST", "PUT", "PATCH", "DELETE"].map((method) => ({ method, path: "" }));
  const bearer = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
  for (const { method, path } of [...changes, ...more]) {
    const address = `${world.url}${PAGE}${path}`;
    const body = JSON.stringify({ force: true, name: "x", data: {}, concurrency: 1 });
    expect([404, 405], `${method} ${path}`).toContain((await asBrowser(path, { method, body })).status);
    const asAdmin = await fetch(address, { method, headers: bearer, body });
    expect([404, 405], `${method} ${path}`).toContain(asAdmin.status);
  }
  expect(await everythingInRedis()).toEqual(before);
});

test("what a job failed with is shown without the secrets in it", async () => {
  const connection = connectWorker(world.redis.url);
  const worker = startWorker({
    ...{ queue: "fetch", connection, concurrency: 1, log: world.log, metrics: createMetrics("test") },
    process: () => Promise.reject(new Error("https://user:hunter2@s3.example gave 503")),
  });
  const address = `/api/queues/fetch/${datasetId}-1-fetch-0`;
  const failure = async () => JSON.stringify((await jsonOf(asBrowser(address))).job.stacktrace);
  await waitUntil(async () => (await failure()).includes("s3.example gave 503"), { what: "the job to fail" });
  const key = `bull:fetch:${datasetId}-1-fetch-0`;
  expect(await world.connection.redis.hget(key, "stacktrace"), "Redis has it").toContain("hunter2");
  for (const path of [address, "/api/queues?activeQueue=fetch&page=1&jobsPerPage=10"]) {
    const text = await (await asBrowser(path)).text();
    expect(text).toContain("s3.example");
    expect(text).not.toContain("hunter2");
  }
  await worker.close();
  await connection.close();
});

test("while Redis is away it says so in under a second, and works again when Redis is back", async () => {
  await world.redis.stop();
  expect((await asBrowser("")).status).toBe(200);
  for (const path of ["/api/queues", "/api/redis/stats", `/api/queues/fetch/${datasetId}-1-fetch-0/flow`]) {
    const started = performance.now();
    const response = await asBrowser(path);
    expect([response.status, await response.json()], path).toMatchObject([503, { code: "queue_unavailable" }]);
    expect(performance.now() - started).toBeLessThan(1000);
  }
  await world.redis.restart();
  await waitUntil(async () => (await asBrowser("/api/queues")).ok, { what: "the queues to be shown again" });
});

/** Of bull-board's answers what is looked at here. */
type Board = {
  queues: { name: string; readOnlyMode: boolean; jobs: unknown[] }[];
  flowRoot: unknown;
  job: { stacktrace: string[] };
};

async function jsonOf(answer: Promise<Response>): Promise<Board> {
  const response = await answer;
  expect(response.status, response.url).toBe(200);
  return JSON.parse(await response.text());
}

/** Keys with what each holds, in Redis' own form. */
async function everythingInRedis(): Promise<Record<string, string>> {
  const { redis } = world.connection;
  const keys = (await redis.keys("*")).toSorted();
  const held = await Promise.all(keys.map(async (key) => [key, (await redis.dumpBuffer(key))?.toString("base64")]));
  return Object.fromEntries(held);
}
