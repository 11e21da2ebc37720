// A bound on how long a promise may take; the work itself goes on, so use it where that is harmless.
import { setTimeout as delay } from "node:timers/promises";

/** The value of `work`. Throws when it takes longer than `ms` milliseconds. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const late = delay(ms, undefined, { signal: settled.signal }).then(() => {
    throw new Error(`Redis gave no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    settled.abort();
  }
}
