// Where a command finds its API key.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { readKey } from "./read-key.ts";

test("a file that is named wins over the environment, the key itself over a file named there", async () => {
  await using folder = await createScratchFolder();
  const path = join(folder.path, "key");
  writeFileSync(path, "from-file\n");
  expect(readKey(path, { URSA_KEY: "from-environment" })).toBe("from-file");
  expect(readKey(undefined, { URSA_KEY: "from-environment", URSA_KEY_FILE: path })).toBe("from-environment");
  expect(readKey(undefined, { URSA_KEY_FILE: path })).toBe("from-file");
  expect(readKey(undefined, { URSA_KEY: "", URSA_KEY_FILE: "" })).toBeUndefined();
});

test("a file that holds no key is wrong usage, and the sentence names it", async () => {
  await using folder = await createScratchFolder();
  const path = join(folder.path, "key");
  expect(() => readKey(path, {})).toThrow(`cannot be read from ${path} (ENOENT)`);
  for (const text of ["", "\n", "two words", "two\nlines"]) {
    writeFileSync(path, text);
    expect(() => readKey(path, {}), text).toThrow(expect.objectContaining({ exitCode: 2 }));
  }
});
