import { expect, test } from "vitest";
import { createRestartPolicy } from "./restart-policy.ts";

test("pauses grow from one second to ten while a process keeps dying", () => {
  const policy = createRestartPolicy();
  const pauses = [0, 1, 2, 3, 4, 5].map((second) => policy.recordDeath(second * 1_000).pauseMs);
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("a process that lived for a minute is healthy again", () => {
  const policy = createRestartPolicy();
  policy.recordDeath(0);
  policy.recordDeath(1_000);
  expect(policy.recordDeath(61_001).pauseMs).toBe(1_000);
});

test("five deaths within a minute are one crash loop, told once", () => {
  const policy = createRestartPolicy();
  const told = [0, 1, 2, 3, 4, 5, 6].map((second) => policy.recordDeath(second * 1_000).isCrashLoop);
  expect(told).toEqual([false, false, false, false, true, false, false]);
});
