import type { Progress } from "@ursa/contracts/record";
import { expect, test } from "vitest";
import { CHILD_LIMITS } from "./run-child.ts";
import { thinProgress } from "./thin-progress.ts";

/** When, in seconds, a phase of `total` batches was told of, and how far it was then. */
function told({ total, batchMs }: { total: number; batchMs: number }) {
  let at = 0;
  const reports: { done: number; at: number }[] = [];
  const onProgress = thinProgress(
    ({ done }) => void reports.push({ done, at }),
    () => at,
  );
  for (let done = 1; done <= total; done += 1) {
    at += batchMs;
    onProgress({ phase: "train", done, total });
  }
  return reports;
}

test("an epoch of two hours shows life all the time, in few events", () => {
  const reports = told({ total: 28_800, batchMs: 250 });
  const pauses = reports.slice(1).map(({ at }, i) => at - (reports[i]?.at ?? 0));
  expect(Math.max(...pauses)).toBeLessThan(CHILD_LIMITS.stuckMs / 10);
  expect(reports.length).toBeGreaterThan(100);
  expect(reports.length).toBeLessThanOrEqual(201);
});

test("where one batch takes minutes, every one is told", () => {
  expect(told({ total: 5, batchMs: 120_000 }).map(({ done }) => done)).toEqual([1, 2, 3, 4, 5]);
});

test("a fast phase is told at most once a second, its first and its last batch always", () => {
  expect(told({ total: 250, batchMs: 10 }).map(({ done }) => done)).toEqual([1, 101, 201, 250]);
});

test("a new phase is told at once", () => {
  const reports: Progress[] = [];
  const onProgress = thinProgress(
    (progress) => void reports.push(progress),
    () => 0,
  );
  onProgress({ phase: "features", done: 1, total: 9 });
  onProgress({ phase: "features", done: 2, total: 9 });
  onProgress({ phase: "train", done: 1, total: 9 });
  expect(reports.map(({ phase, done }) => `${phase} ${done}`)).toEqual(["features 1", "train 1"]);
});
