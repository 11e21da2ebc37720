// How long a job that failed waits for its next attempt, where the other side may have said when to come again.
import type { MinimalJob } from "bullmq";

/** BullMQ's word for the strategy below, which a worker brings along. */
export const AS_ASKED = "as-asked";
/** So that jobs that failed together do not come back together. */
export const JITTER = 0.5;
/** Who asks to be left alone for longer is asked again after this. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * BullMQ's `exponential` with jitter, but not before what the error asks for as `retryAfterMs`, up to an hour.
 * @returns milliseconds
 */
export function backOff(attemptsMade: number, error?: Error, job?: Pick<MinimalJob, "opts">): number {
  const backoff = job?.opts.backoff;
  const delay = typeof backoff === "object" ? (backoff.delay ?? 0) : 0;
  const usual = delay * 2 ** (attemptsMade - 1) * (1 - JITTER * Math.random());
  return Math.round(Math.max(usual, Math.min(askedMs(error), LONGEST_ASKED_MS)));
}

const askedMs = (error: unknown): number =>
  error instanceof Error && "retryAfterMs" in error ? Number(error.retryAfterMs) || 0 : 0;
