import { Problem } from "@ursa/contracts/problem";
import { PAYLOAD_VERSION } from "@ursa/contracts/queues";
import type { RecordError } from "@ursa/contracts/record";
import { waitUntil } from "@ursa/testing/wait-until";
import { Queue } from "bullmq";
import { expect, test } from "vitest";
import { recordJobId } from "./job-ids.ts";
import { startQueueWorld } from "./queue-world.fixture.ts";
import { drawDataset, drawModel, quiet } from "./records.fixture.ts";
import type { JobContext } from "./run-job.ts";
import { startWorker, type WorkerOptions } from "./worker.ts";

const { connection, producer, workers } = await startQueueWorld();

type Given<N extends "train" | "fetch" | "assemble"> = Partial<WorkerOptions<N>> & Pick<WorkerOptions<N>, "process">;

function work<N extends "train" | "fetch" | "assemble">(queue: N, given: Given<N>) {
  const worker = startWorker({ ...quiet(), connection, concurrency: 1, queue, ...given });
  workers.push(worker);
  return worker;
}

async function jobOf(queue: string, jobId: string) {
  const opened = new Queue(queue, { connection: connection.redis });
  const job = await opened.getJob(jobId);
  const state = await opened.getJobState(jobId);
  await opened.close();
  return { job, state };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

test("a flow's parent runs after its last child, though one child failed for good", async () => {
  const seen: string[] = [];
  const record = drawDataset({ shards: 5 });
  work("fetch", {
    concurrency: 2,
    process: async ({ shard }) => {
      if (shard === 2) throw new Problem("invalid_request", "this shard is hopeless");
      seen.push(`fetch ${shard}`);
    },
  });
  work("assemble", { process: async ({ id }) => void seen.push(`assemble ${id}`) });
  await producer.enqueueDataset(record);
  await waitUntil(() => seen.length === 5, { what: "four shards and the parent" });
  expect(seen.at(-1)).toBe(`assemble ${record.id}`);
});

test("what a child given up has to say is said, once, before the flow's parent runs", async () => {
  const seen: string[] = [];
  work("fetch", {
    process: async () => {
      throw new Problem("invalid_request", "this shard is hopeless");
    },
    onGivenUp: async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      seen.push("given up");
    },
  });
  work("assemble", { process: async () => void seen.push("assemble") });
  await producer.enqueueDataset(drawDataset({ shards: 1 }));
  await waitUntil(() => seen.includes("assemble"), { what: "the parent" });
  expect(seen).toEqual(["given up", "assemble"]);
});

test("a dataset without shards still gets its parent", async () => {
  const seen: string[] = [];
  work("assemble", { process: async ({ id }) => void seen.push(id) });
  const record = drawDataset({ shards: 0 });
  await producer.enqueueDataset(record);
  await waitUntil(() => seen.includes(record.id), { what: "the parent" });
});

test("a failure is tried again with back-off until the attempts are used up, then given up once", async () => {
  const attempts: number[] = [];
  const givenUp: RecordError[] = [];
  const record = drawModel();
  await producer.enqueueModel(record);
  const queue = new Queue("train", { connection: connection.redis });
  const promote = async () => {
    // Not waiting for the real back-off of seconds.
    const jobs = await queue.getDelayed();
    await Promise.all(jobs.map((job) => job.promote().catch(() => {})));
    return givenUp.length > 0;
  };
  work("train", {
    process: async (_, { attempt }) => {
      attempts.push(attempt);
      throw new TypeError("bad tensor");
    },
    onGivenUp: async (_, error) => void givenUp.push(error),
  });
  await waitUntil(promote, { what: "the job to be given up" });
  expect(attempts).toEqual([1, 2, 3]);
  expect(givenUp).toEqual([
    { code: "worker_failed", message: "The train job failed 3 times, at last with: bad tensor" },
  ]);
  await queue.close();
});

test("a problem below 500 is final at the first attempt and reaches the record as it is", async () => {
  const givenUp: RecordError[] = [];
  let runs = 0;
  work("train", {
    process: async () => {
      runs += 1;
      throw new Problem("weights_missing", "Install them.");
    },
    onGivenUp: async (_, error) => void givenUp.push(error),
  });
  await producer.enqueueModel(drawModel());
  await waitUntil(() => givenUp.length > 0, { what: "the job to be given up" });
  expect({ runs, givenUp }).toEqual({ runs: 1, givenUp: [{ code: "weights_missing", message: "Install them." }] });
});

test("a job that is no payload at all fails at once, with a reason, and the next job runs", async () => {
  const queue = new Queue("train", { connection: connection.redis });
  const seen: string[] = [];
  work("train", { process: async ({ id }) => void seen.push(id) });
  await queue.add("train", { hello: "world" }, { jobId: "strange-1", attempts: 3 });
  const record = drawModel();
  await producer.enqueueModel(record);
  await waitUntil(() => seen.includes(record.id), { what: "the good job" });
  const job = await queue.getJob("strange-1");
  expect(await job?.getState()).toBe("failed");
  expect(job?.failedReason).toMatch(/^invalid_payload/);
  expect(job?.attemptsMade).toBe(1);
  await queue.close();
});

test("a job of a later version waits at no cost for a worker that knows it, and the next job runs", async () => {
  const queue = new Queue("train", { connection: connection.redis });
  const seen: string[] = [];
  work("train", { process: async ({ id }) => void seen.push(id) });
  const data = { v: PAYLOAD_VERSION + 1, namespace: "default", id: drawModel().id, cluster: "b" };
  await queue.add("train", data, { jobId: "later-1", attempts: 1 });
  const record = drawModel();
  await producer.enqueueModel(record);
  await waitUntil(() => seen.includes(record.id), { what: "the good job" });
  const job = await queue.getJob("later-1");
  expect(await job?.getState()).toBe("delayed");
  expect(job).toMatchObject({ attemptsMade: 0, data });
  await queue.close();
});

test("a problem keeps its own words in the record, whatever caused it", async () => {
  const givenUp: RecordError[] = [];
  work("train", {
    process: async () => {
      throw new Problem("weights_missing", "Install them.", { cause: new Error("ENOENT") });
    },
    onGivenUp: async (_, error) => void givenUp.push(error),
  });
  await producer.enqueueModel(drawModel());
  await waitUntil(() => givenUp.length > 0, { what: "the job to be given up" });
  expect(givenUp).toEqual([{ code: "weights_missing", message: "Install them." }]);
});

test("a job that is enqueued twice runs once", async () => {
  const record = drawDataset({ shards: 3 });
  const seen: string[] = [];
  await producer.enqueueDataset(record);
  await producer.enqueueDataset(record);
  work("fetch", { process: async ({ shard }) => void seen.push(`fetch ${shard}`) });
  work("assemble", { process: async () => void seen.push("assemble") });
  await waitUntil(() => seen.includes("assemble"), { what: "the parent" });
  await producer.enqueueDataset(record);
  expect(await producer.counts()).toMatchObject({ fetch: { prioritized: 0, waiting: 0 }, assemble: { waiting: 0 } });
  expect(seen).toEqual(["fetch 0", "fetch 1", "fetch 2", "assemble"]);
});

test("handing back costs no attempt, and a later worker goes on", async () => {
  const contexts: Pick<JobContext, "attempt" | "jobId">[] = [];
  const record = drawModel();
  work("train", {
    process: async (_, { attempt, jobId, handBack }) => {
      contexts.push({ attempt, jobId });
      if (contexts.length < 4) await handBack();
    },
  });
  await producer.enqueueModel(record);
  await waitUntil(() => contexts.length === 4, { what: "the fourth run" });
  expect(contexts).toEqual(Array(4).fill({ attempt: 1, jobId: recordJobId(record) }));
  await waitUntil(async () => (await jobOf("train", recordJobId(record))).state === "completed", { what: "its end" });
  expect((await jobOf("train", recordJobId(record))).job?.attemptsMade).toBe(1);
});

test("a worker that stops hands back what it was at, even when the processor only passes the abort on", async () => {
  const reasons: unknown[] = [];
  let hasStarted = false;
  const record = drawModel();
  const worker = work("train", {
    process: (_, { signal }) => {
      hasStarted = true;
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      return untilAborted(signal);
    },
  });
  await producer.enqueueModel(record);
  await waitUntil(() => hasStarted, { what: "the job to run" });
  const started = performance.now();
  await worker.close();
  expect(performance.now() - started).toBeLessThan(2000);
  expect(reasons).toMatchObject([{ name: "JobStopped", why: "shutdown" }]);
  const { job, state } = await jobOf("train", recordJobId(record));
  expect({ state, attemptsMade: job?.attemptsMade, stalled: job?.stalledCounter }).toEqual({
    state: "waiting",
    attemptsMade: 0,
    stalled: 0,
  });
});

test("cancelling removes what waits, stops what runs, and nobody is told of a failure", async () => {
  const record = drawDataset({ shards: 40 });
  const reasons: unknown[] = [];
  const seen: string[] = [];
  let started = 0;
  const onGivenUp = async () => void seen.push("given up");
  work("fetch", {
    concurrency: 2,
    onGivenUp,
    process: async (_, { signal }) => {
      started += 1;
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      await untilAborted(signal);
    },
  });
  work("assemble", { onGivenUp, process: async () => void seen.push("assemble") });
  await producer.enqueueDataset(record);
  await waitUntil(() => started === 2, { what: "two shards to run" });
  await producer.cancel("dataset", record);
  const isQuiet = async () => {
    const { fetch, assemble } = await producer.counts();
    const left = [fetch, assemble].flatMap(({ completed, failed, ...unfinished }) => Object.values(unfinished));
    return left.every((count) => count === 0);
  };
  await waitUntil(isQuiet, { what: "nothing to be left", timeoutMs: 5000 });
  expect(reasons).toMatchObject([{ why: "cancelled" }, { why: "cancelled" }]);
  expect(seen).toEqual([]);
  expect(await producer.isQueued("dataset", record)).toBe(false);
});

test.each([
  ["FenceLost", Object.assign(new Error("taken"), { name: "FenceLost" })],
  ["already_final", new Problem("already_final")],
])("a job that ends with %s is left alone: nothing to retry, nothing to report", async (_, error) => {
  const record = drawModel();
  let givenUp = 0;
  work("train", {
    process: async () => {
      throw error;
    },
    onGivenUp: async () => {
      givenUp += 1;
    },
  });
  await producer.enqueueModel(record);
  await waitUntil(async () => (await jobOf("train", recordJobId(record))).state === "completed", { what: "its end" });
  expect(givenUp).toBe(0);
});
