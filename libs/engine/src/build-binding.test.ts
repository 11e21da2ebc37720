// The sentence for a machine that cannot compile.
import { chmod, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { missingTools } from "./build-binding.ts";

async function pathWith(...tools: string[]) {
  const folder = await mkdtempDisposable(join(tmpdir(), "ursa-tools-"));
  for (const tool of tools) {
    await writeFile(join(folder.path, tool), "");
    await chmod(join(folder.path, tool), 0o755);
  }
  return folder;
}

test("with all tools there is nothing to say", async () => {
  await using all = await pathWith("python3", "make", "g++");
  expect(missingTools(all.path)).toBeUndefined();
});

test("what is missing is named once, with the command that brings it", async () => {
  await using some = await pathWith("python3");
  expect(missingTools(some.path)).toBe(
    "Building the native engine needs make and g++, which this machine does not have: " +
      "on Debian or Ubuntu type 'sudo apt-get install make g++', then the same command again.",
  );
  expect(missingTools(undefined)).toContain("needs python3, make and g++, which");
});
