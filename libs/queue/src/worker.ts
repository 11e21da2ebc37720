// Works one queue's jobs off, several at once, and settles what is left when one has ended for good.
import { type PayloadOf, QUEUES, type QueueName } from "@ursa/contracts/queues";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import { type Job, Worker } from "bullmq";
import { backOff } from "./back-off.ts";
import { finishShard, forgetShards } from "./backlog.ts";
import { watchCancellations } from "./cancellations.ts";
import { createFairPlaces } from "./fair-places.ts";
import { createJobLog } from "./job-log.ts";
import { JobStopped, outcomeOf, recordErrorOf, type StopReason } from "./job-outcome.ts";
import { isQuiet, type JobWork, type Run, runJob } from "./run-job.ts";
import { finishJob } from "./usage-counters.ts";
import { within } from "./within.ts";
import { workerName } from "./worker-name.ts";

export type WorkerOptions<N extends QueueName> = JobWork<N> & {
  concurrency: number;
  /** One job more at once, kept for a namespace that has none at work here: one that has much to do delays no other. */
  keepsPlace?: boolean;
  log: Logger;
  metrics: Metrics;
  /** How long a silent worker keeps its job. */
  lockMs?: number;
  cancelPollMs?: number;
};

const LOCK_MS = 30_000;
/** A cancelled job stops within five seconds: this, and what the processor takes to notice. */
const CANCEL_POLL_MS = 2000;
/** A worker that stops does not wait for a Redis that is away. */
const PING_MS = 1000;
const SETTLE_MS = 5000;
/** How often a job may lose its worker (a node drained, out of memory) before it is given up. The infrastructure's budget, apart from `attempts`. */
const STALLS: Record<QueueName, number> = {
  fetch: 5,
  predict: 5,
  assemble: 10,
  collect: 10,
  evaluate: 10,
  train: 10,
  notify: 10,
};

/** @returns a worker at work. `close` asks its jobs to stop, hands back those that did, and waits for them. */
export function startWorker<N extends QueueName>(options: WorkerOptions<N>): { close(): Promise<void> } {
  const { connection, lockMs = LOCK_MS, cancelPollMs = CANCEL_POLL_MS } = options;
  const running = new Map<string, AbortController>();
  const stop = (jobId: string, why: StopReason) => running.get(jobId)?.abort(new JobStopped(why));
  const cancellations = watchCancellations({
    connection,
    everyMs: cancelPollMs,
    onCancelled: (jobId) => stop(jobId, "cancelled"),
  });
  let isStopping = false;
  const run: Run<N> = {
    ...options,
    running,
    processing: new Set(),
    givenUp: new Map(),
    lockMs,
    cancellations,
    ...(options.keepsPlace ? { places: createFairPlaces(options.concurrency + 1) } : {}),
    jobLog: createJobLog(options),
    isStopping: () => isStopping,
  };
  const worker = openWorker(run, options.concurrency + (options.keepsPlace ? 1 : 0));
  const endings = followEndings(worker, run);
  worker.on("lockRenewalFailed", (jobIds) => {
    run.jobLog.locksLost(jobIds);
    for (const jobId of jobIds) stop(jobId, "lock_lost");
  });
  worker.on("stalled", (jobId) => run.jobLog.stalled(jobId));
  worker.on("error", (error) => run.jobLog.troubled(error));
  worker.on("ready", () => run.jobLog.recovered());
  return {
    async close() {
      isStopping = true;
      await worker.pause(true);
      for (const jobId of running.keys()) stop(jobId, "shutdown");
      const isReachable = await within(PING_MS, connection.redis.ping()).catch(() => undefined);
      // BullMQ would wait for Redis; what could not be handed back is found by the next worker when its lock has run out.
      if (!isReachable) await Promise.allSettled(run.processing);
      await worker.close(!isReachable);
      cancellations.close();
      await Promise.all(endings);
    },
  };
}

function openWorker<N extends QueueName>(run: Run<N>, concurrency: number): Worker {
  return new Worker(run.queue, (job, token) => runJob(run, job, token), {
    connection: run.connection.redis,
    ...run.connection.traced,
    name: workerName(),
    concurrency,
    lockDuration: run.lockMs,
    stalledInterval: run.lockMs / 2,
    maxStalledCount: STALLS[run.queue],
    // Redis may be away when a job ends; the default would leave the result unsaved for 15 s after it is back.
    runRetryDelay: 1000,
    settings: { backoffStrategy: (...[attemptsMade, , error, job]) => backOff(attemptsMade, error, job) },
  });
}

/** Settles what is left when a job has ended for good: the namespace's backlog, and the record of a job that was given up. */
function followEndings<N extends QueueName>(worker: Worker, run: Run<N>): Set<Promise<void>> {
  const endings = new Set<Promise<void>>();
  const follow = (job: Job, error?: Error) => {
    const ending = settle(run, job, error)
      .catch((cause) => run.jobLog.unsettled(job, cause))
      .finally(() => endings.delete(ending));
    endings.add(ending);
  };
  worker.on("completed", (job) => follow(job));
  worker.on("failed", (job, error) => {
    if (!job) return;
    const isGivenUp = job.finishedOn !== undefined;
    run.jobLog.failed(job, { error, isGivenUp });
    if (isGivenUp) follow(job, error);
  });
  return endings;
}

async function settle<N extends QueueName>(run: Run<N>, job: Job, error: Error | undefined): Promise<void> {
  const payload = QUEUES[run.queue].payload.safeParse(job.data);
  // A job of a version we do not know: the reconciler sees a record without a job.
  if (!payload.success) return;
  const owner = payload.data;
  const { isTold, held } = run.givenUp.get(job.id ?? "") ?? { isTold: false, held: {} };
  run.givenUp.delete(job.id ?? "");
  // Not told yet: it could not be, or BullMQ itself ended it, because it stalled too often.
  if (error && !isTold) {
    const said = recordErrorOf(run.queue, error, job.attemptsMade);
    // Parsed by this queue's own schema.
    const told = run.onGivenUp?.(owner as PayloadOf<N>, said, held);
    await told?.catch((cause) => {
      if (!isQuiet(outcomeOf(cause, { recordId: owner.id }))) throw cause;
    });
  }
  const { queue, connection } = run;
  // A message is nobody's job: it has no shards, and takes no place.
  if (queue === "notify") return;
  if (queue === "fetch" || queue === "predict") return within(SETTLE_MS, finishShard(connection, queue, owner));
  await within(SETTLE_MS, Promise.all([forgetShards(connection, owner), finishJob(connection, owner)]));
}
