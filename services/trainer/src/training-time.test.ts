import { expect, test } from "vitest";
import { trackTime } from "./training-time.ts";

const MIDNIGHT = Date.UTC(2026, 11, 1);

/** A run of which `steps` are the milliseconds between two looks at the clock, beginning at `startedAt`. */
async function follow(startedAt: number, steps: number[], everyMs = 20) {
  const told: { day: string; milliseconds: number }[] = [];
  let at = 0;
  const clock = { now: () => startedAt + at, elapsed: () => at };
  const run = trackTime(async (spent) => void told.push(spent), { everyMs, ...clock });
  for (const step of steps) {
    at += step;
    const before = told.length;
    while (told.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await run[Symbol.asyncDispose]();
  // A busy machine may look at the clock twice within a step.
  return told.filter(
    ({ milliseconds, day }, n) => milliseconds !== told[n - 1]?.milliseconds || day !== told[n - 1]?.day,
  );
}

test("what is told is the sum so far, so that it may be told twice", async () => {
  expect(await follow(MIDNIGHT, [10, 15])).toEqual([
    { day: "2026-12-01", milliseconds: 10 },
    { day: "2026-12-01", milliseconds: 25 },
  ]);
});

test("after midnight another day's sum begins", async () => {
  expect(await follow(MIDNIGHT - 15, [10, 10])).toEqual([
    { day: "2026-11-30", milliseconds: 10 },
    { day: "2026-12-01", milliseconds: 10 },
  ]);
});

test("a trainer that slept for an hour was not at work for an hour", async () => {
  const told = await follow(MIDNIGHT, [3600_000]);
  expect(told.at(-1)?.milliseconds).toBe(40);
});

test("a run that is over within moments is told when it ends, and nothing afterwards", async () => {
  const told: number[] = [];
  let at = 0;
  const run = trackTime(async ({ milliseconds }) => void told.push(milliseconds), { everyMs: 20, elapsed: () => at });
  at = 5;
  await run[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(told).toEqual([5]);
});
