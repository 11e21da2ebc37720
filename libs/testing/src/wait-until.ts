// Waits for a condition instead of a guessed time.
import { setTimeout as delay } from "node:timers/promises";

export type WaitUntilOptions = {
  /** Completes "waited … for": what never became true, for the error. */
  what: string;
  timeoutMs?: number;
  intervalMs?: number;
  signal?: AbortSignal | undefined;
};

/** The first truthy value of `condition`. @throws when it stays falsy for `timeoutMs`, or when `signal` aborts */
export async function waitUntil<T>(condition: () => T | Promise<T>, options: WaitUntilOptions): Promise<T> {
  const { what, timeoutMs = 10_000, intervalMs = 25, signal } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}, in vain`);
    await delay(intervalMs);
  }
}
