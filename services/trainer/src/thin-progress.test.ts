import type { Progress } from "@ursa/contracts/record";
import { expect, test } from "vitest";
import { thinProgress } from "./thin-progress.ts";

/** What is passed on of `total` batches that take `batchMs` each. */
function told({ total, batchMs }: { total: number; batchMs: number }): number[] {
  let at = 0;
  const reports: number[] = [];
  const onProgress = thinProgress(
    ({ done }) => void reports.push(done),
    () => at,
  );
  for (let done = 1; done <= total; done += 1) {
    at += batchMs;
    onProgress({ phase: "train", done, total });
  }
  return reports;
}

test("a fast phase is told of four times a second, its first and its last batch always", () => {
  expect(told({ total: 63, batchMs: 10 })).toEqual([1, 26, 51, 63]);
  expect(told({ total: 1000, batchMs: 10 })).toHaveLength(41);
});

test("where a batch takes longer than that, every one is told", () => {
  expect(told({ total: 5, batchMs: 120_000 })).toEqual([1, 2, 3, 4, 5]);
});

test("a new phase and a new stage are told at once, with all that was said", () => {
  const reports: Progress[] = [];
  const onProgress = thinProgress(
    (progress) => void reports.push(progress),
    () => 0,
  );
  const train = { phase: "train", total: 9, loss: 0.5 } as const;
  onProgress({ phase: "features", done: 1, total: 9 });
  onProgress({ phase: "features", done: 2, total: 9 });
  onProgress({ ...train, stage: "stage-1", done: 1 });
  onProgress({ ...train, stage: "stage-1", done: 2 });
  onProgress({ ...train, stage: "stage-2", done: 1 });
  expect(reports).toEqual([
    { phase: "features", done: 1, total: 9 },
    { ...train, stage: "stage-1", done: 1 },
    { ...train, stage: "stage-2", done: 1 },
  ]);
});
