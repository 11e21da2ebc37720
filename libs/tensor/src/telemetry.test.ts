// ONNX Runtime sends what it runs to its makers unless it is told not to. Pictures and models are nobody else's business.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const SESSION = new URL("session.ts", import.meta.url).href;

/** Opens a session in a process of its own with an empty home folder. @returns what lies in it afterwards */
async function filesLeft(): Promise<string[]> {
  await using home = await createScratchFolder();
  // It keeps silent by itself where a build system is at work, which would prove nothing.
  const { CI: _, ORT_DISABLE_TELEMETRY: __, ...env } = process.env;
  const script = `import(${JSON.stringify(SESSION)}).then(({ warmRuntime }) => warmRuntime())`;
  const { status, stderr } = spawnSync(process.execPath, ["--eval", script], {
    env: { ...env, HOME: home.path, XDG_CACHE_HOME: "" },
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return readdirSync(home.path, { recursive: true }).map(String);
}

test("a session leaves no id of this machine behind, and nothing to send", async () => {
  expect(await filesLeft()).toEqual([]);
});
