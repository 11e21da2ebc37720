// One run of one job: parses its payload, gives the processor a signal that aborts when it must stop, and judges how it ended.
// BullMQ delivers at least once and cannot stop a worker that was asleep, so what a processor writes must be idempotent or fenced.
import { isNewerPayload, type PayloadOf, QUEUES, type QueueName } from "@ursa/contracts/queues";
import type { RecordError } from "@ursa/contracts/record";
import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { type CancellationWatch, isCancelled } from "./cancellations.ts";
import type { RedisConnection } from "./connection.ts";
import { type FairPlaces, placeFor } from "./fair-places.ts";
import { isFetchGateClosed } from "./fetch-gate.ts";
import type { JobLog } from "./job-log.ts";
import { JobStopped, type Outcome, outcomeOf, recordErrorOf } from "./job-outcome.ts";
import { within } from "./within.ts";

export type JobContext = {
  /** Aborts with a JobStopped when the lock is lost, the record is cancelled or this worker stops. */
  signal: AbortSignal;
  /** From 1; a job that was handed back, postponed or lost by its worker does not use one up. */
  attempt: number;
  /** From 1; each start counts, whatever became of it. */
  starts: number;
  jobId: string;
  /** Puts the job back for the next worker, at no cost in attempts. Never returns: await it last. */
  handBack(): Promise<never>;
  /** Call it with the fence under which this run writes, so that giving the job up is refused where its other writes would be. */
  holdFence(fence: number): void;
};

/** The fence that a run held, if it came to hold one: pass it to Catalog.update. */
export type Held = { fence?: number };

/** What a worker does with one queue's jobs. */
export type JobWork<N extends QueueName> = {
  queue: N;
  /** From connectWorker. It stays open: whoever made it closes it. */
  connection: RedisConnection;
  /** Throws Problem below 500 for what another attempt cannot mend; anything else is tried again. */
  process: (payload: PayloadOf<N>, context: JobContext) => Promise<void>;
  /** The last attempt failed, or the first one for good: write it into the record, under the fence that was held. */
  onGivenUp?: (payload: PayloadOf<N>, error: RecordError, held: Held) => Promise<void>;
};

export type Run<N extends QueueName> = JobWork<N> & {
  running: Map<string, AbortController>;
  processing: Set<Promise<void>>;
  /** Jobs that were given up and are about to end. */
  givenUp: Map<string, GivenUp>;
  lockMs: number;
  cancellations: CancellationWatch;
  /** Where one namespace's jobs are to leave room for another's. */
  places?: FairPlaces;
  jobLog: JobLog;
  isStopping: () => boolean;
};

type GivenUp = { isTold: boolean; held: Held };

/** A worker that stops does not wait for a Redis that is away. */
const HAND_BACK_MS = 5000;
/** A postponed job waits a second at first and half a minute at most… */
const POSTPONED_MS = { first: 1000, longest: 30_000 };
/** …so that this often is eight hours and more, and then its attempts are used up as for any other failure. */
const MOST_POSTPONED = 1000;
/** While old and new workers run side by side, each look has a fair chance to be a new one's; waiting longer gains nothing. */
const TOO_NEW_MS = { first: 1000, longest: 10_000 };
/** Garbage is collected within seconds. */
const GATE_MS = { first: 1000, longest: 5000 };

export async function runJob<N extends QueueName>(run: Run<N>, job: Job, token: string | undefined): Promise<void> {
  const jobId = job.id ?? "";
  const stopping = new AbortController();
  const handBack = async (): Promise<never> => {
    await within(HAND_BACK_MS, job.moveToWait(token));
    throw new WaitingError();
  };
  const held: Held = {};
  const holdFence = (fence: number) => void Object.assign(held, { fence });
  const counted = { attempt: job.attemptsMade + 1, starts: job.attemptsStarted };
  const context = { signal: stopping.signal, ...counted, jobId, handBack, holdFence };
  // Claimed in the moment this worker was told to stop.
  if (run.isStopping()) return handBack();
  if (run.queue === "fetch" && (await isFetchGateClosed(run.connection))) return postpone(job, token, GATE_MS);
  if (isNewerPayload(job.data)) return waitForNewer(run, job, token);
  const payload = parsePayload(run.queue, job);
  run.running.set(jobId, stopping);
  run.cancellations.watch(jobId, payload.id);
  const { connection, places } = run;
  const waiting = { connection, job, namespace: payload.namespace, signal: stopping.signal };
  let log: ReturnType<JobLog["started"]> | undefined;
  try {
    using _place = places && ((await placeFor(places, waiting)) ?? (await handBack()));
    log = run.jobLog.started(job);
    if (await isCancelled(run.connection, payload.id)) throw new JobStopped("cancelled");
    // Told to stop while asking: a processor that only listens for the abort would never hear it.
    stopping.signal.throwIfAborted();
    await keepIn(run.processing, run.process(payload, context));
    log.ended("completed");
  } catch (error) {
    const stopped = error instanceof JobStopped ? error : reasonOf(stopping.signal);
    const judged = judge(job, outcomeOf(error, { recordId: payload.id, stopped }));
    const failure = judged === "refused" ? unrecoverable(error) : error;
    const outcome = isLast(judged, job)
      ? await giveUp(run, { job, token, payload, failure, held, outcome: judged })
      : judged;
    log?.ended(outcome, error);
    if (outcome === "handed_back" && !(error instanceof WaitingError)) await handBack();
    if (outcome === "postponed") await postpone(job, token);
    if (outcome === "cancelled" || (outcome === "superseded" && !stopped)) return;
    throw failure;
  } finally {
    run.running.delete(jobId);
    run.cancellations.unwatch(jobId);
  }
}

/** How often this job was begun without using up an attempt: postponed, handed back or lost, this run included. */
const startsForFree = ({ attemptsStarted, attemptsMade }: Job): number => attemptsStarted - attemptsMade;

const judge = (job: Job, outcome: Outcome): Outcome =>
  outcome === "postponed" && startsForFree(job) > MOST_POSTPONED ? "failed" : outcome;

/** Puts the job aside for longer each time, at no cost in attempts. Waits for Redis, as the end of a job does. */
async function postpone(job: Job, token: string | undefined, waits = POSTPONED_MS): Promise<never> {
  const { first, longest } = waits;
  const delayMs = Math.min(first * 2 ** (startsForFree(job) - 1), longest);
  // Jitter, so that jobs that were put aside together do not come back together.
  await job.moveToDelayed(Date.now() + delayMs * (1 + Math.random() / 2), token);
  throw new DelayedError();
}

/**
 * A job that a later version made, as while a rolling upgrade is under way: put aside until a worker of that version takes it.
 * However often that happens it is not given up; `ursa status` shows it as delayed.
 */
function waitForNewer<N extends QueueName>({ jobLog }: Run<N>, job: Job, token: string | undefined): Promise<never> {
  jobLog.tooNew(job);
  return postpone(job, token, TOO_NEW_MS);
}

const isLast = (outcome: Outcome, { attemptsMade, opts }: Job): boolean =>
  outcome === "refused" || (outcome === "failed" && attemptsMade + 1 >= (opts.attempts ?? 1));

type Ending<N extends QueueName> = {
  job: Job;
  token: string | undefined;
  payload: PayloadOf<N>;
  failure: unknown;
  held: Held;
  outcome: Outcome;
};

/**
 * Said before the job ends, because a flow's parent may run in the moment it has: it must find what its child had to say.
 * @returns what became of the run after all: the record may be another worker's, or have ended, or the store be away
 */
async function giveUp<N extends QueueName>(run: Run<N>, ending: Ending<N>): Promise<Outcome> {
  const { job, token, payload, failure, held, outcome } = ending;
  const jobId = job.id ?? "";
  const isOurs = await holdsLock(job, token, run.lockMs);
  // A worker that slept past its lock may find its job with another, who is doing well.
  if (isOurs === false) return "superseded";
  run.givenUp.set(jobId, { isTold: false, held });
  // Not known while Redis is away: told when the job has ended, which only the holder of its lock can make it.
  if (isOurs === undefined) return outcome;
  const error = failure instanceof Error ? failure : new Error(String(failure), { cause: failure });
  try {
    await run.onGivenUp?.(payload, recordErrorOf(run.queue, error, job.attemptsMade + 1), held);
    run.givenUp.set(jobId, { isTold: true, held });
    return outcome;
  } catch (cause) {
    const meaning = outcomeOf(cause, { recordId: payload.id });
    if (isQuiet(meaning) || meaning === "postponed") {
      run.givenUp.delete(jobId);
      return meaning;
    }
    // Tried again when the job has ended.
    run.jobLog.unsettled(job, cause);
    return outcome;
  }
}

/** Whether there is nothing to tell a record, because it is another worker's or has ended. */
export const isQuiet = (outcome: Outcome): boolean => outcome === "superseded" || outcome === "cancelled";

/** Undefined when Redis gives no answer. */
async function holdsLock(job: Job, token: string | undefined, lockMs: number): Promise<boolean | undefined> {
  const extended = await within(HAND_BACK_MS, job.extendLock(token ?? "", lockMs)).catch(() => undefined);
  return extended === undefined ? undefined : extended === 1;
}

async function keepIn(processing: Set<Promise<void>>, work: Promise<void>): Promise<void> {
  processing.add(work);
  try {
    await work;
  } finally {
    processing.delete(work);
  }
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
