// The API as a process of its own: it starts without Redis, makes up for lost jobs by itself, and stops without hurry.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createCatalog } from "@ursa/catalog/catalog";
import { createClient } from "@ursa/contracts/client";
import { connectProducer } from "@ursa/queue/connection";
import { createProducer } from "@ursa/queue/producer";
import { openFolderStore } from "@ursa/store/folder-store";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { toArray } from "./api-world.fixture.ts";
import { seedModel } from "./seed-records.fixture.ts";

type Api = AsyncDisposable & { url: string; log(): string; process: ChildProcess };

test("the API starts without Redis, enqueues what was left without a job, and ends its streams when it is told to stop", async () => {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const folder = stack.use(await createScratchFolder());
  const store = await openFolderStore({ root: folder.path });
  stack.defer(() => store.close());
  const catalog = createCatalog({ store });
  const long = new Date(Date.now() - 60_000).toISOString();
  const model = await seedModel({ catalog, store }, { state: "queued", createdAt: long, updatedAt: long });
  await redis.stop();

  const first = stack.use(await startApi({ redis: redis.url, store: `file://${folder.path}` }));
  expect((await fetch(`${first.url}/readyz`)).status).toBe(503);
  const client = createClient({ baseUrl: first.url });
  expect(await client.call("getModel", { params: { id: model.id } })).toEqual(model);
  await redis.restart();
  const isReady = async () => (await fetch(`${first.url}/readyz`)).ok;
  await waitUntil(isReady, { what: "the API to be ready once Redis is" });
  const metrics = await (await fetch(`${first.url}/metrics`)).text();
  expect(metrics).toMatch(/^ursa_storage_request_duration_seconds_count\{\S*op="get"\} [1-9]/m);
  expect(await end(first)).toBe(0);

  const second = stack.use(await startApi({ redis: redis.url, store: `file://${folder.path}` }));
  const connection = connectProducer(redis.url);
  stack.defer(() => connection.close());
  const producer = createProducer(connection);
  stack.defer(() => producer.close());
  const isEnqueued = async () => producer.isQueued("model", await catalog.get("model", "default", model.id));
  await waitUntil(isEnqueued, { what: "the reconciler's first pass" });
  const events = createClient({ baseUrl: second.url }).call("modelEvents", { params: { id: model.id } });
  const following = toArray(await events);
  const asked = performance.now();
  expect(await end(second)).toBe(0);
  expect(await following).toEqual([]);
  expect(performance.now() - asked).toBeLessThan(5000);
  expect(second.log()).not.toContain('"level":"error"');
});

async function startApi(where: { redis: string; store: string }): Promise<Api> {
  const env = { URSA_REDIS_URL: where.redis, URSA_STORE_URL: where.store, URSA_PORT: "0" };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts")], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const urlOf = () => {
    if (child.exitCode !== null) throw new Error(`the API ended while starting:\n${log}`);
    return /"url":"(http:[^"]+)"/.exec(log)?.[1];
  };
  const url = (await waitUntil(urlOf, { what: "the API to listen", timeoutMs: 30_000 })) ?? "";
  const dispose = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { url, log: () => log, process: child, [Symbol.asyncDispose]: dispose };
}

async function end({ process: child }: Api): Promise<number | null> {
  child.kill("SIGTERM");
  await once(child, "exit");
  return child.exitCode;
}
