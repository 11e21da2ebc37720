// Long arithmetic in a process that has other things to do: between slices its locks are renewed, its probes answered and a stop is heard.
import { setImmediate } from "node:timers/promises";

const SLICE_MS = 20;

/**
 * Runs work to its end that pauses by itself after some milliseconds each.
 * @returns what it ends with
 * @throws the signal's reason
 */
export async function inSlices<R>(work: Iterator<unknown, R>, signal: AbortSignal): Promise<R> {
  let began = performance.now();
  for (let next = work.next(); ; next = work.next()) {
    if (next.done) return next.value;
    if (performance.now() - began < SLICE_MS) continue;
    await setImmediate();
    signal.throwIfAborted();
    began = performance.now();
  }
}
