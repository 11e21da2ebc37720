import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { makeWorkFolder, sweepWorkDir } from "./work-dir.ts";

test("a work folder is gone when its job is", async () => {
  await using scratch = await createScratchFolder();
  const path = await (async () => {
    await using folder = await makeWorkFolder(join(scratch.path, "not", "there", "yet"));
    expect(existsSync(folder.path)).toBe(true);
    return folder.path;
  })();
  expect(existsSync(path)).toBe(false);
});

test("what dead trainers left is swept, what a living one uses and what is not ours stays", async () => {
  await using scratch = await createScratchFolder();
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  const names = [`${dead}-a`, `${process.pid}-b`, `${process.ppid}-c`, "notes"];
  for (const name of names) await mkdir(join(scratch.path, name));
  await sweepWorkDir(scratch.path);
  expect((await readdir(scratch.path)).toSorted()).toEqual([`${process.ppid}-c`, "notes"].toSorted());
  await sweepWorkDir(join(scratch.path, "missing"));
});
