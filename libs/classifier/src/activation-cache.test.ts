import { existsSync, mkdtempSync } from "node:fs";
import { readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openActivationCache } from "./activation-cache.ts";

const folder = mkdtempSync(join(tmpdir(), "ursa-activations-"));
const path = join(folder, "activations.f16");
afterAll(() => rm(folder, { recursive: true }));

const row = (value: number) => new Float16Array([value, -value, 1 / 3]);

test("rows come back as they were written, in whatever order, and the file is gone at the end", async () => {
  {
    await using cache = await openActivationCache({ path, maxBytes: 1000 });
    // A view into a larger block is written as the row it shows.
    const block = new Float16Array([9, 9, 9, 1, -1, 1 / 3]);
    await Promise.all([cache.write("b", row(2)), cache.write("a", block.subarray(3))]);
    expect([await cache.read("a"), await cache.read("b")]).toEqual([row(1), row(2)]);
    expect(await cache.read("c")).toBeUndefined();
  }
  expect(await readdir(folder)).toEqual([]);
});

test("what does not fit is not kept, and what is kept stays", async () => {
  await using cache = await openActivationCache({ path, maxBytes: 17 });
  for (let i = 0; i < 5; i += 1) await cache.write(`${i}`, row(i));
  const found = await Promise.all(["0", "1", "2", "3", "4"].map((key) => cache.read(key)));
  expect(found).toEqual([row(0), row(1), undefined, undefined, undefined]);
  expect((await stat(path)).size).toBe(12);
});

test("what a killed run left is not read", async () => {
  await writeFile(path, new Uint8Array(120).fill(1));
  await using cache = await openActivationCache({ path, maxBytes: 1000 });
  expect(await cache.read("0")).toBeUndefined();
  expect((await stat(path)).size).toBe(0);
});

// The device that is always full, which only Linux has.
test.skipIf(!existsSync("/dev/full"))("a full disk ends the keeping, not the run", async () => {
  const full = join(folder, "full");
  await symlink("/dev/full", full);
  await using cache = await openActivationCache({ path: full, maxBytes: 1000 });
  await cache.write("a", row(1));
  expect(await cache.read("a")).toBeUndefined();
});
