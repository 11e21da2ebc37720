import { expect, test } from "vitest";
import { listProcesses, parsePs, treeSizes } from "./process-memory.ts";

test("a process counts with all of its descendants, and not with another root's", () => {
  const rows = [
    { pid: 1, parentPid: 0, rssKb: 1024 },
    { pid: 10, parentPid: 1, rssKb: 10 * 1024 },
    { pid: 11, parentPid: 10, rssKb: 2 * 1024 },
    { pid: 12, parentPid: 11, rssKb: 3 * 1024 },
    { pid: 20, parentPid: 10, rssKb: 100 * 1024 },
  ];
  expect(treeSizes(rows, { trainer: 10, supervisor: 1, redis: 20 })).toEqual({
    trainer: 15,
    supervisor: 1,
    redis: 100,
  });
  expect(treeSizes(rows, { gone: undefined, unknown: 99 })).toEqual({ gone: 0, unknown: 0 });
});

test("the output of ps is rows of numbers", () => {
  expect(parsePs("    1     0   1024\n  345     1 204800\n")).toEqual([
    { pid: 1, parentPid: 0, rssKb: 1_024 },
    { pid: 345, parentPid: 1, rssKb: 204_800 },
  ]);
});

test("this very process is listed with its size", async () => {
  const self = (await listProcesses()).find(({ pid }) => pid === process.pid);
  expect(self?.parentPid).toBe(process.ppid);
  expect((self?.rssKb ?? 0) / 1024).toBeGreaterThan(20);
});
