import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Problem } from "@ursa/contracts/problem";
import { connectWorker } from "@ursa/queue/connection";
import { createProducer } from "@ursa/queue/producer";
import { drawModel, quiet } from "@ursa/queue/records.fixture";
import { startWorker } from "@ursa/queue/worker";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { expect, test } from "vitest";
import { createCatalog } from "./catalog.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

type Line = Record<string, unknown>;
type Started = AsyncDisposable & { child: ChildProcess; lines: Line[] };

/** A worker in its own process, with 2 s locks. */
function startChild(redisUrl: string, root: string, epochs: number): Started {
  const script = new URL("./takeover.fixture.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, redisUrl, root, String(epochs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line)));
  const dispose = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { child, lines, [Symbol.asyncDispose]: dispose };
}

async function openWorld() {
  const redis = await startRedis();
  const scratch = await openScratchStore();
  const connection = connectWorker(redis.url);
  const producer = createProducer(connection);
  const catalog = createCatalog(scratch);
  const model = await catalog.create("model", drawModel());
  await producer.enqueueModel(model);
  const dispose = async () => {
    await producer.close();
    await connection.close();
    await scratch[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  };
  const read = () => catalog.get("model", "default", model.id);
  const jobKey = `bull:train:${model.id}-1`;
  return { redis, root: scratch.root, connection, catalog, producer, read, jobKey, [Symbol.asyncDispose]: dispose };
}

const has = (lines: Line[], wanted: Line) =>
  lines.some((line) => Object.entries(wanted).every(([name, value]) => line[name] === value));

test("a worker that is killed loses its job to the next one, at no cost in attempts", async () => {
  await using world = await openWorld();
  await using first = startChild(world.redis.url, world.root, 1000);
  await waitUntil(() => has(first.lines, { epoch: 3 }), { what: "the first worker to be at it" });
  first.child.kill("SIGKILL");
  const killed = performance.now();
  await using second = startChild(world.redis.url, world.root, 2);
  await waitUntil(() => has(second.lines, { wrote: 2 }), { what: "the second worker to end it", timeoutMs: 20_000 });
  expect(performance.now() - killed).toBeLessThan(10_000);
  expect(second.lines).toContainEqual({ took: 2, attempt: 1 });
  expect(await world.read()).toMatchObject({ state: "ready", fence: 2, name: "by fence 2" });
});

test("a worker that slept past its lock is told to stop, and its late write is refused", async () => {
  await using world = await openWorld();
  await using zombie = startChild(world.redis.url, world.root, 60);
  await waitUntil(() => has(zombie.lines, { epoch: 1 }), { what: "the first worker to be at it" });
  zombie.child.kill("SIGSTOP");
  await using second = startChild(world.redis.url, world.root, 2);
  await waitUntil(() => has(second.lines, { wrote: 2 }), { what: "the second worker to end it", timeoutMs: 20_000 });
  zombie.child.kill("SIGCONT");
  await waitUntil(() => has(zombie.lines, { refused: "FenceLost" }), {
    what: "the zombie to be refused",
    timeoutMs: 20_000,
  });
  expect(zombie.lines).toContainEqual({ aborted: "lock_lost", fence: 1 });
  expect(has(zombie.lines, { wrote: 1 })).toBe(false);
  expect(await world.read()).toMatchObject({ state: "ready", fence: 2, name: "by fence 2" });
  expect((await world.producer.counts()).train).toMatchObject({ completed: 1, failed: 0, active: 0, waiting: 0 });
});

test("a job that has lost its worker ten times is given up at the eleventh, and its record says why", async () => {
  await using world = await openWorld();
  await using first = startChild(world.redis.url, world.root, 1000);
  await waitUntil(() => has(first.lines, { epoch: 0 }), { what: "the first worker to be at it" });
  // Ten losses earlier than this test would like to wait for.
  await world.connection.redis.hset(world.jobKey, "stc", 10);
  first.child.kill("SIGKILL");
  let runs = 0;
  const second = startWorker({
    ...quiet(),
    connection: world.connection,
    queue: "train",
    concurrency: 1,
    process: async () => {
      runs += 1;
    },
    onGivenUp: async (owner, error) =>
      void (await world.catalog.update("model", owner, (model) => ({ ...model, state: "failed", error }))),
  });
  await waitUntil(async () => (await world.read()).state === "failed", { what: "the record to fail" });
  expect(await world.read()).toMatchObject({
    error: { code: "worker_failed", message: expect.stringContaining("lost its worker too often") },
  });
  expect(runs).toBe(0);
  await second.close();
});

test("a job whose record was deleted while it ran ends quietly", async () => {
  await using world = await openWorld();
  const { metrics, ...surroundings } = quiet();
  let told = 0;
  const worker = startWorker({
    ...surroundings,
    ...{ metrics, connection: world.connection, queue: "train", concurrency: 1 },
    process: async (owner, { holdFence }) => {
      holdFence((await world.catalog.take("model", owner)).fence);
      await world.catalog.remove("model", owner);
      // As much at fault as a job can be: its record is asked for again, to be told.
      throw new Problem("weights_missing");
    },
    onGivenUp: async (owner, error, held) => {
      told += 1;
      await world.catalog.update("model", owner, (model) => ({ ...model, state: "failed", error }), held);
    },
  });
  const isOver = async () => /ursa_jobs_total\{.*outcome="cancelled".*\} 1/.test(await metrics.render());
  await waitUntil(isOver, { what: "the job to end" });
  expect(told).toBe(1);
  await worker.close();
});
