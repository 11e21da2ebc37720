// Trainers of one host share the cache: two processes on one cold folder.
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const FIXTURE = fileURLToPath(new URL("./graph-cache.fixture.ts", import.meta.url));
const right = Array.from({ length: 60 }, (_, i) => 100 + (i % 20));

async function openAll(folder: string, maxBytes: number): Promise<{ sums: number[]; faults: string[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, [FIXTURE, folder, String(maxBytes)]);
  return JSON.parse(stdout);
}

test("with room for all graphs, both get the right ones and neither leaves anything unfinished", async () => {
  await using scratch = await createScratchFolder();
  const folder = join(scratch.path, "graphs");
  const both = await Promise.all([openAll(folder, 2 ** 20), openAll(folder, 2 ** 20)]);
  for (const { sums, faults } of both) {
    expect(sums).toEqual(right);
    expect(faults).toEqual([]);
  }
  const names = await readdir(folder);
  expect(names).toHaveLength(20);
  expect(names.filter((name) => name.includes("partial"))).toEqual([]);
});

test("with room for three, each removes what the other is about to open, and both compute the right thing", async () => {
  await using scratch = await createScratchFolder();
  const both = await Promise.all([openAll(scratch.path, 1000), openAll(scratch.path, 1000)]);
  for (const { sums } of both) expect(sums).toEqual(right);
});
