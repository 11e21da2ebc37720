// What became of one run of a job: a finished processor, or the meaning of the error that it ended with.

import { Problem } from "@ursa/contracts/problem";
import type { QueueName } from "@ursa/contracts/queues";
import type { RecordError } from "@ursa/contracts/record";
import { isDiskFull } from "@ursa/service/disk-full";

/** Why a job's signal aborted. */
export class JobStopped extends Error {
  override name = "JobStopped";
  readonly why: StopReason;

  constructor(why: StopReason) {
    super(STOP_REASONS[why]);
    this.why = why;
  }
}
const STOP_REASONS = {
  lock_lost: "another worker may have this job now: its lock could not be renewed in time",
  cancelled: "its record was cancelled",
  shutdown: "this worker is stopping",
};
export type StopReason = keyof typeof STOP_REASONS;

/** Thrown by a processor whose job cannot be done at this moment, which is nobody's fault. The message says why. */
export class PutAside extends Error {
  override name = "PutAside";
}

export type Outcome =
  | "completed"
  | "handed_back"
  /** Nothing is left to do: the record was cancelled, has ended or was deleted. */
  | "cancelled"
  /** Another worker has it: the lock is lost, or the record's fence was raised. */
  | "superseded"
  /** The store is away, or the processor said so: it is put aside for a while, at no cost in attempts. */
  | "postponed"
  /** Failed in a way that another attempt cannot mend. */
  | "refused"
  | "failed";

const ENDED_BY: Record<StopReason, Outcome> = {
  lock_lost: "superseded",
  cancelled: "cancelled",
  shutdown: "handed_back",
};

type Circumstances = {
  /** Of the record whose job this is. */
  recordId: string;
  /** Why its signal aborted, if it did. */
  stopped?: JobStopped | undefined;
};

/** The meaning of what a processor threw. */
export function outcomeOf(error: unknown, { recordId, stopped }: Circumstances): Outcome {
  if (nameOf(error) === "WaitingError") return "handed_back";
  if (stopped) return ENDED_BY[stopped.why];
  // By name: the catalog is built on this lib, so its classes cannot be imported here.
  if (nameOf(error) === "FenceLost") return "superseded";
  if (isGone(error, recordId)) return "cancelled";
  if (error instanceof PutAside || isStoreAway(error)) return "postponed";
  if (!(error instanceof Problem)) return "failed";
  // So many wrote the record at once that this one never got its turn; later it will.
  if (error.code === "conflict") return "failed";
  if (error.code === "already_final" || error.code === "cancelled") return "cancelled";
  return error.status < 500 ? "refused" : "failed";
}

/** Whether it is the job's own record that is gone; another's, such as a prediction's model, is a failure. */
const isGone = (error: unknown, recordId: string): boolean =>
  error instanceof Problem && error.name === "RecordGone" && "recordId" in error && error.recordId === recordId;

/** Also where the store's error is only the cause of another. By name: libs/queue does not stand on libs/store. */
function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === "StoreUnavailable") return true;
  return (error instanceof Problem && error.code === "store_unavailable") || isStoreAway(error.cause);
}

/** What a record says when its job was given up after `attempts`. */
export function recordErrorOf(queue: QueueName, error: Error, attempts: number): RecordError {
  // What the processor threw, or that behind what tells BullMQ not to try again.
  const problem = [error, error.cause].find((each) => each instanceof Problem);
  if (problem) return { code: problem.code, message: problem.message };
  if (isDiskFull(error)) {
    const where =
      "the disk of its worker (URSA_WORK_DIR) or of the store is full; make space there, and start it again";
    return { code: "disk_full", message: `The ${queue} job failed ${attempts} times: ${where}.` };
  }
  const cause = error.cause ?? error;
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = STALLED_TOO_OFTEN.test(said)
    ? `The ${queue} job lost its worker too often: look for workers that run out of memory or are killed while at it.`
    : `The ${queue} job failed ${attempts} times, at last with: ${said}`;
  return { code: "worker_failed", message };
}

/** BullMQ's words for a job that outlived its `maxStalledCount`. */
const STALLED_TOO_OFTEN = /stalled more than allowable limit/;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
