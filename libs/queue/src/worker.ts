// Runs one queue's jobs: parses the payload, gives the processor a signal that aborts when it must stop, and judges how it ended.
// BullMQ delivers at least once and cannot stop a worker that was asleep, so what a processor writes must be idempotent or fenced.
import { type PayloadOf, QUEUES, type QueueName } from "@ursa/contracts/queues";
import type { RecordError } from "@ursa/contracts/record";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import { type Job, UnrecoverableError, WaitingError, Worker } from "bullmq";
import { finishShard, forgetShards } from "./backlog.ts";
import { type CancellationWatch, isCancelled, watchCancellations } from "./cancellations.ts";
import type { RedisConnection } from "./connection.ts";
import { createJobLog, type JobLog } from "./job-log.ts";
import { JobStopped, type Outcome, outcomeOf, recordErrorOf, type StopReason } from "./job-outcome.ts";
import { within } from "./within.ts";

export type JobContext = {
  /** Aborts with a JobStopped when the lock is lost, the record is cancelled or this worker stops. */
  signal: AbortSignal;
  /** From 1; a job that was handed back or lost by its worker does not use one up. */
  attempt: number;
  jobId: string;
  /** Puts the job back for the next worker, at no cost in attempts. Never returns: await it last. */
  handBack(): Promise<never>;
};

export type WorkerOptions<N extends QueueName> = {
  queue: N;
  /** From connectWorker. It stays open: whoever made it closes it. */
  connection: RedisConnection;
  concurrency: number;
  log: Logger;
  metrics: Metrics;
  /** Throws Problem below 500 for what another attempt cannot mend; anything else is tried again. */
  process: (payload: PayloadOf<N>, context: JobContext) => Promise<void>;
  /** The last attempt failed, or the first one for good: write it into the record. */
  onGivenUp?: (payload: PayloadOf<N>, error: RecordError) => Promise<void>;
  /** How long a silent worker keeps its job. */
  lockMs?: number;
  cancelPollMs?: number;
};

const LOCK_MS = 30_000;
/** A cancelled job stops within five seconds: this, and what the processor takes to notice. */
const CANCEL_POLL_MS = 2000;
/** A worker that stops does not wait for a Redis that is away. */
const PING_MS = 1000;
const HAND_BACK_MS = 5000;
const SETTLE_MS = 5000;
/** How often a job may lose its worker (a node drained, out of memory) before it is given up. The infrastructure's budget, apart from `attempts`. */
const STALLS: Record<QueueName, number> = { fetch: 5, predict: 5, assemble: 10, collect: 10, train: 10 };

type Run<N extends QueueName> = WorkerOptions<N> & {
  running: Map<string, AbortController>;
  processing: Set<Promise<void>>;
  /** Jobs whose giving up has been told and that are about to end. */
  givenUp: Set<string>;
  cancellations: CancellationWatch;
  jobLog: JobLog;
  isStopping: () => boolean;
};

/** @returns a worker at work. `close` asks its jobs to stop, hands back those that did, and waits for them. */
export function startWorker<N extends QueueName>(options: WorkerOptions<N>): { close(): Promise<void> } {
  const { queue, connection, lockMs = LOCK_MS, cancelPollMs = CANCEL_POLL_MS } = options;
  const running = new Map<string, AbortController>();
  const stop = (jobId: string, why: StopReason) => running.get(jobId)?.abort(new JobStopped(why));
  const cancellations = watchCancellations({
    connection,
    everyMs: cancelPollMs,
    onCancelled: (jobId) => stop(jobId, "cancelled"),
  });
  let isStopping = false;
  const jobLog = createJobLog(options);
  const run: Run<N> = {
    ...options,
    running,
    processing: new Set(),
    givenUp: new Set(),
    cancellations,
    jobLog,
    isStopping: () => isStopping,
  };
  const worker = new Worker(queue, (job, token) => runJob(run, job, token), {
    connection: connection.redis,
    concurrency: options.concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    maxStalledCount: STALLS[queue],
    // Redis may be away when a job ends; the default would leave the result unsaved for 15 s after it is back.
    runRetryDelay: 1000,
  });
  const endings = followEndings(worker, run);
  worker.on("lockRenewalFailed", (jobIds) => {
    for (const jobId of jobIds) stop(jobId, "lock_lost");
  });
  worker.on("stalled", (jobId) => jobLog.stalled(jobId));
  worker.on("error", (error) => jobLog.troubled(error));
  worker.on("ready", () => jobLog.recovered());
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

async function runJob<N extends QueueName>(run: Run<N>, job: Job, token: string | undefined): Promise<void> {
  const jobId = job.id ?? "";
  const stopping = new AbortController();
  const handBack = async (): Promise<never> => {
    await within(HAND_BACK_MS, job.moveToWait(token));
    throw new WaitingError();
  };
  const context = { signal: stopping.signal, attempt: job.attemptsMade + 1, jobId, handBack };
  // Claimed in the moment this worker was told to stop.
  if (run.isStopping()) return handBack();
  const payload = parsePayload(run.queue, job);
  run.running.set(jobId, stopping);
  run.cancellations.watch(jobId, payload.id);
  const log = run.jobLog.started(job);
  try {
    if (await isCancelled(run.connection, payload.id)) throw new JobStopped("cancelled");
    // Told to stop while asking: a processor that only listens for the abort would never hear it.
    stopping.signal.throwIfAborted();
    await keepIn(run.processing, run.process(payload, context));
    log.ended("completed");
  } catch (error) {
    const stopped = error instanceof JobStopped ? error : reasonOf(stopping.signal);
    const outcome = outcomeOf(error, stopped);
    log.ended(outcome, error);
    if (outcome === "handed_back" && !(error instanceof WaitingError)) await handBack();
    if (outcome === "cancelled" || (outcome === "superseded" && !stopped)) return;
    const failure = outcome === "refused" ? unrecoverable(error) : error;
    if (isLast(outcome, job)) await giveUp(run, { job, payload, failure });
    throw failure;
  } finally {
    run.running.delete(jobId);
    run.cancellations.unwatch(jobId);
  }
}

const isLast = (outcome: Outcome, { attemptsMade, opts }: Job): boolean =>
  outcome === "refused" || (outcome === "failed" && attemptsMade + 1 >= (opts.attempts ?? 1));

/** Said before the job ends, because a flow's parent may run in the moment it has: it must find what its child had to say. */
async function giveUp<N extends QueueName>(
  run: Run<N>,
  { job, payload, failure }: { job: Job; payload: PayloadOf<N>; failure: unknown },
): Promise<void> {
  const error = failure instanceof Error ? failure : new Error(String(failure), { cause: failure });
  try {
    await run.onGivenUp?.(payload, recordErrorOf(run.queue, error, job.attemptsMade + 1));
    run.givenUp.add(job.id ?? "");
  } catch (cause) {
    // Tried again when the job has ended.
    run.jobLog.unsettled(job, cause);
  }
}

async function keepIn(processing: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  processing.add(work);
  try {
    await work;
  } finally {
    processing.delete(work);
  }
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
  const wasTold = run.givenUp.delete(job.id ?? "");
  // Not told yet: BullMQ itself ended it, because it stalled too often.
  if (error && !wasTold) {
    const said = recordErrorOf(run.queue, error, job.attemptsMade);
    // Parsed by this queue's own schema.
    await run.onGivenUp?.(owner as PayloadOf<N>, said);
  }
  const { queue, connection } = run;
  const isShard = queue === "fetch" || queue === "predict";
  await within(SETTLE_MS, isShard ? finishShard(connection, queue, owner) : forgetShards(connection, owner));
}

function parsePayload<N extends QueueName>(queue: N, job: Job): PayloadOf<N> {
  const parsed = QUEUES[queue].payload.safeParse(job.data);
  // Parsed by this queue's own schema.
  if (parsed.success) return parsed.data as PayloadOf<N>;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new UnrecoverableError(`invalid_payload: this version of Ursa does not understand the ${queue} job: ${faults}`);
}

function reasonOf(signal: AbortSignal): JobStopped | undefined {
  return signal.reason instanceof JobStopped ? signal.reason : undefined;
}

/** BullMQ takes no cause in the constructor; `recordErrorOf` reads it. */
function unrecoverable(cause: unknown): UnrecoverableError {
  const error = new UnrecoverableError(cause instanceof Error ? cause.message : String(cause));
  error.cause = cause;
  return error;
}
