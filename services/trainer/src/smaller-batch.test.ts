import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finder } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { drawModel } from "@ursa/queue/records.fixture";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { countOomKills } from "./oom-kills.ts";
import { ChildFault } from "./run-child.ts";
import { halveBatch, isAllocationFailure, isOutOfMemory, withSmallerBatch } from "./smaller-batch.ts";

const cause = new ChildFault("memory", "Training used 900 MB of memory; at most 500 MB are allowed.");

test("a batch is halved down to two, and then training ends with what to do", () => {
  const sizes: number[] = [];
  let batchSize = 50;
  const halve = () => {
    ({ batchSize } = halveBatch({ stage: "stage-1", batchSize }, cause));
    sizes.push(batchSize);
    halve();
  };
  expect(halve).toThrow(expect.objectContaining({ code: "out_of_memory", status: 422 }));
  expect(halve).toThrow(/^stage-1 with a batch of 2 does not fit in memory; .*URSA_TRAIN_MEMORY_MB.* used 900 MB/);
  expect(sizes).toEqual([25, 12, 6, 3, 2]);
});

test("what runs out before there is a batch is not tried again", () => {
  expect(() => halveBatch(undefined, cause)).toThrow(/^preparing to train does not fit/);
});

test("the record forgets what the large batch learned of its stage, and remembers the small one", () => {
  const finder: Finder = { layers: "all", points: [], seconds: 1 };
  const climbing = { stage: "stage-2", phase: "lr-find", epoch: 8, batch: 1, fence: 1, key: "k", sha256: "" } as const;
  const model = drawModel({
    ...{ finder, notes: ["before"], batchLimits: { "stage-1": 8 } },
    checkpoints: [climbing],
  });
  const smaller = halveBatch({ stage: "stage-2", batchSize: 16 }, cause);
  const after = withSmallerBatch(model, smaller);
  expect(after.finder).toBeUndefined();
  expect(after.checkpoints).toEqual([]);
  expect(after.batchLimits).toEqual({ "stage-1": 8, "stage-2": 8 });
  expect(after.notes).toEqual(["before", "stage-2: batch 16 → 8: did not fit in memory"]);
  const first = withSmallerBatch(model, halveBatch({ stage: "stage-1", batchSize: 8 }, cause));
  expect(first).toMatchObject({ finder, checkpoints: [climbing] });
});

test("want of memory is told from other faults", () => {
  expect(isOutOfMemory(cause)).toBe(true);
  expect(isOutOfMemory(new Problem("out_of_memory"))).toBe(true);
  expect(isOutOfMemory(new ChildFault("killed", "SIGKILL"))).toBe(false);
  expect(isAllocationFailure(new Error("std::bad_alloc"))).toBe(true);
  expect(isAllocationFailure(new RangeError("Array buffer allocation failed"))).toBe(true);
  expect(isAllocationFailure(new Error("The step gave no new value"))).toBe(false);
});

test("the kernel's kills are counted where it tells of them", async () => {
  await using folder = await createScratchFolder();
  const file = join(folder.path, "memory.events");
  await writeFile(file, "low 0\noom 4\noom_kill 3\noom_group_kill 0\n");
  expect(await countOomKills([file, join(folder.path, "absent")])).toBe(3);
});
