// The command line as a process among others.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

test("a reader that leaves ends it without a word", async () => {
  const ursa = spawn(process.execPath, [MAIN, "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  ursa.stdout.destroy();
  const [said, [code]] = await Promise.all([text(ursa.stderr), once(ursa, "exit")]);
  expect({ said, code }).toEqual({ said: "", code: 0 });
});
