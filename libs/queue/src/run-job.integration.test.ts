import { Problem } from "@ursa/contracts/problem";
import type { RecordError } from "@ursa/contracts/record";
import { waitUntil } from "@ursa/testing/wait-until";
import { Queue, Worker } from "bullmq";
import { afterAll, expect, test } from "vitest";
import { recordJobId } from "./job-ids.ts";
import { startQueueWorld } from "./queue-world.fixture.ts";
import { drawModel, quiet } from "./records.fixture.ts";
import type { JobWork } from "./run-job.ts";
import { startWorker } from "./worker.ts";

const { connection, producer, workers } = await startQueueWorld();
const queue = new Queue("train", { connection: connection.redis });
afterAll(() => queue.close());

type Given = Pick<JobWork<"train">, "process" | "onGivenUp">;

/** Starts a worker and remembers what it gave up. */
function work({ process, onGivenUp = async () => {} }: Given) {
  const givenUp: RecordError[] = [];
  const surroundings = quiet();
  const worker = startWorker({
    ...surroundings,
    ...{ connection, concurrency: 1, queue: "train", process },
    onGivenUp: async (payload, error, ...rest) => {
      await onGivenUp(payload, error, ...rest);
      givenUp.push(error);
    },
  });
  workers.push(worker);
  return { givenUp, metrics: surroundings.metrics, close: () => worker.close() };
}

/** Not waiting for the real delays. @returns how long each job that waited was to wait, in ms */
async function promoteAll(): Promise<number[]> {
  const jobs = await queue.getDelayed();
  const delays = jobs.map(({ delay }) => delay);
  await Promise.all(jobs.map((job) => job.promote().catch(() => {})));
  return delays;
}

const storeUnavailable = () => Object.assign(new Error("ECONNREFUSED after 6 attempts"), { name: "StoreUnavailable" });

test.each([
  ["the store's own error", storeUnavailable],
  ["an error that the store's caused", () => new TypeError("no manifest", { cause: storeUnavailable() })],
  ["store_unavailable, as another process tells it", () => new Problem("store_unavailable")],
])("a store that is away (%s) uses up no attempts, however often it is", async (_, error) => {
  const record = drawModel();
  const attempts: number[] = [];
  const { givenUp, metrics } = work({
    process: async (_, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length < 9) throw error();
    },
  });
  await producer.enqueueModel(record);
  const delays: number[] = [];
  const isThrough = async () => {
    delays.push(...(await promoteAll()));
    return attempts.length === 9;
  };
  await waitUntil(isThrough, { what: "the ninth run" });
  await waitUntil(async () => (await queue.getJobState(recordJobId(record))) === "completed", { what: "its end" });
  expect(attempts).toEqual(Array(9).fill(1));
  expect(givenUp).toEqual([]);
  expect(delays[0]).toBeLessThan(1600);
  expect(delays.at(-1)).toBeGreaterThanOrEqual(30_000);
  expect(Math.max(...delays)).toBeLessThan(46_000);
  expect(await metrics.render()).toMatch(/ursa_jobs_total\{.*outcome="postponed".*\} 8/);
});

test("a store that is away for most of a day fails the job like anything else", async () => {
  const record = drawModel();
  await producer.enqueueModel(record);
  await connection.redis.hset(`bull:train:${recordJobId(record)}`, "ats", 5000);
  const { givenUp } = work({ process: () => Promise.reject(storeUnavailable()) });
  const isOver = async () => {
    await promoteAll();
    return givenUp.length > 0;
  };
  await waitUntil(isOver, { what: "the job to be given up" });
  expect(givenUp).toMatchObject([{ code: "worker_failed", message: expect.stringContaining("failed 3 times") }]);
});

test("a worker whose job another has now gives nothing up", async () => {
  const record = drawModel();
  const { givenUp, metrics } = work({
    process: async () => {
      await connection.redis.set(`bull:train:${recordJobId(record)}:lock`, "the token of another worker");
      throw new Problem("weights_missing");
    },
  });
  await producer.enqueueModel(record);
  const isOver = async () => /ursa_jobs_total\{.*outcome="superseded".*\} 1/.test(await metrics.render());
  await waitUntil(isOver, { what: "the run to end" });
  expect(givenUp).toEqual([]);
});

test("giving up is told under the fence that the run held, and a refusal ends it quietly", async () => {
  const record = drawModel();
  const told: unknown[] = [];
  work({
    process: async (_, { holdFence }) => {
      holdFence(7);
      throw new Problem("weights_missing");
    },
    onGivenUp: async (_, { code }, held) => {
      told.push([code, held]);
      throw Object.assign(new Error("the worker of fence 8 has it"), { name: "FenceLost" });
    },
  });
  await producer.enqueueModel(record);
  await waitUntil(async () => (await queue.getJobState(recordJobId(record))) === "completed", { what: "its end" });
  expect(told).toEqual([["weights_missing", { fence: 7 }]]);
});

test("a job is not given up while the store is away, because its record could not be told", async () => {
  const record = drawModel();
  let tries = 0;
  const { givenUp } = work({
    process: () => Promise.reject(new Problem("weights_missing")),
    onGivenUp: async () => {
      tries += 1;
      if (tries < 4) throw storeUnavailable();
    },
  });
  await producer.enqueueModel(record);
  const isOver = async () => {
    await promoteAll();
    return (await queue.getJobState(recordJobId(record))) === "failed";
  };
  await waitUntil(isOver, { what: "the job to fail" });
  expect({ tries, givenUp }).toMatchObject({ tries: 4, givenUp: [{ code: "weights_missing" }] });
});

test("a job that lost its worker is counted and run by another", async () => {
  const record = drawModel();
  await producer.enqueueModel(record);
  // Takes the job and is never heard of again.
  const lost = new Worker("train", undefined, { connection: connection.redis, lockDuration: 100, autorun: false });
  await lost.getNextJob("a token", { block: false });
  const seen: string[] = [];
  const { metrics } = work({ process: async ({ id }) => void seen.push(id) });
  await waitUntil(() => seen.includes(record.id), { what: "the job to be run", timeoutMs: 20_000 });
  expect(await metrics.render()).toMatch(/ursa_jobs_stalled_total\{.*queue="train".*\} 1/);
  await lost.close();
});
