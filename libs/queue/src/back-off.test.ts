// The pauses between attempts at a message: growing, scattered, and as the receiver asks within bounds.
import { expect, test } from "vitest";
import { AS_ASKED, backOff } from "./back-off.ts";

const job = { opts: { backoff: { type: AS_ASKED, delay: 1000 } } };
const asking = (retryAfterMs: number | undefined) => Object.assign(new Error("busy"), { retryAfterMs });
const many = (attempt: number, error?: Error) => Array.from({ length: 200 }, () => backOff(attempt, error, job));

test.each([
  [1, 500, 1000],
  [2, 1000, 2000],
  [9, 128_000, 256_000],
])("after attempt %i it is between %i and %i ms, and never twice the same", (attempt, least, most) => {
  const pauses = many(attempt);
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
  expect(new Set(pauses).size).toBeGreaterThan(50);
});

test("what the receiver asks for is kept where it is longer, up to an hour", () => {
  expect(backOff(1, asking(60_000), job)).toBe(60_000);
  expect(backOff(1, asking(1e12), job)).toBe(3_600_000);
  for (const error of [asking(1), asking(undefined), asking(-5), asking(Number.NaN), new Error("away"), undefined])
    for (const pause of many(1, error)) expect(pause).toBeGreaterThanOrEqual(500);
});
