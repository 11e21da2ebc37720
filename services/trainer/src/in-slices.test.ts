// Work that would hold the process for seconds, and what else the process has to do.
import { expect, test } from "vitest";
import { inSlices } from "./in-slices.ts";

/** Pauses each millisecond, and ends when it has worked for `ms`. */
function* workFor(ms: number): Generator<void, string> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    const pause = performance.now() + 1;
    while (performance.now() < pause);
    yield;
  }
  return "done";
}

test("timers run meanwhile, and the work ends with its result", async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 10);
  expect(await inSlices(workFor(500), new AbortController().signal)).toBe("done");
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(5);
});

test("a stop is heard between slices, and is why it ends", async () => {
  const stop = new AbortController();
  const why = new Error("cancelled");
  setTimeout(() => stop.abort(why), 50);
  const began = performance.now();
  await expect(inSlices(workFor(20_000), stop.signal)).rejects.toBe(why);
  expect(performance.now() - began).toBeLessThan(10_000);
});
