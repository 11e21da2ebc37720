// Beginning anew: only data go, only when nobody works with them, and only when it is meant.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { lockHome } from "./lock-home.ts";
import { runReset } from "./run-reset.ts";

function furnish(home: string) {
  for (const name of ["store", "redis-data", "weights"]) {
    mkdirSync(join(home, name));
    writeFileSync(join(home, name, "file"), "x");
  }
}
const left = (home: string) => ["store", "redis-data", "weights"].filter((name) => existsSync(join(home, name)));

test("data go, and what was added by hand stays", async () => {
  await using folder = await createScratchFolder();
  furnish(folder.path);
  const deleted = await runReset({ home: folder.path, isSure: true });
  expect(deleted).toEqual([join(folder.path, "store"), join(folder.path, "redis-data")]);
  expect(left(folder.path)).toEqual(["weights"]);
  expect(await runReset({ home: folder.path, isSure: true })).toEqual([]);
});

test("nothing goes while Ursa runs there, or where nobody can be asked", async () => {
  await using folder = await createScratchFolder();
  furnish(folder.path);
  const lock = lockHome(folder.path);
  await expect(runReset({ home: folder.path, isSure: true })).rejects.toThrow(/already runs in/);
  lock.close();
  await expect(runReset({ home: folder.path, isSure: false })).rejects.toThrow(/--yes/);
  expect(left(folder.path)).toHaveLength(3);
});
