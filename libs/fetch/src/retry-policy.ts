// Whether and when to ask again.
import type { FetchFailure } from "./fetch-failure.ts";

// AWS's "full jitter": uniform up to the doubled bound, so that a shard's failures do not come back as one wave.
const BASE_MS = 500;
const MAX_BACKOFF_MS = 8_000;
// A worker holds its job meanwhile.
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * @param attempts how many have been made
 * @param random uniform in [0, 1)
 * @returns milliseconds to wait, or undefined to give up
 */
export function retryDelayMs(
  failure: FetchFailure,
  { attempts, retries }: { attempts: number; retries: number },
  random: () => number = Math.random,
): number | undefined {
  const allowed = { never: 0, once: Math.min(1, retries), yes: retries }[failure.retry];
  if (attempts > allowed) return undefined;
  // Asked to stay away for longer than a job can be held: asking earlier would be rude, so this is the end of it.
  if ((failure.retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) return undefined;
  const backoff = random() * Math.min(MAX_BACKOFF_MS, BASE_MS * 2 ** attempts);
  // Jitter on top, because everyone who was refused was told the same time.
  const asked = failure.retryAfterMs === undefined ? 0 : failure.retryAfterMs + random() * BASE_MS;
  return Math.max(asked, backoff);
}

/** Milliseconds from a Retry-After header, in seconds or as an HTTP date; undefined when there is none to be read. */
export function readRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
