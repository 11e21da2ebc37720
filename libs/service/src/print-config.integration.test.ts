// `--print-config` as a person types it: the real API, which prints and ends without touching Redis or its store.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";

const run = promisify(execFile);
const main = fileURLToPath(new URL("../../../services/api/src/main.ts", import.meta.url));

const start = (args: string[], env: NodeJS.ProcessEnv) =>
  run(process.execPath, [main, ...args], { env: { PATH: process.env.PATH, ...env } }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );

test("every value in effect is printed with where it came from, and no secret", async () => {
  await using folder = await createScratchFolder();
  const secret = `${folder.path}/redis`;
  writeFileSync(secret, "rediss://ursa:hunter2@redis.example:6380/1?password=hunter2\n");
  const { code, stdout } = await start(["--print-config"], {
    URSA_REDIS_URL_FILE: secret,
    URSA_STORE_URL: "s3://user:hunter2@minio.example:9000/ursa",
    URSA_STORE_SECRET_KEY: "hunter2",
  });
  expect(code).toBe(0);
  expect(stdout).not.toContain("hunter2");
  const lines = stdout.split("\n").map((line) => line.replaceAll(/ +# /g, " # "));
  expect(lines).toContain(`URSA_REDIS_URL=rediss://[redacted]@redis.example:6380/1?[redacted] # file ${secret}`);
  expect(lines).toContain("URSA_STORE_URL=s3://[redacted]@minio.example:9000/ursa # env");
  expect(lines).toContain("URSA_STORE_SECRET_KEY=[redacted] # env");
  expect(lines).toContain("URSA_PORT=8080 # default");
  expect(lines).toContain("# URSA_STORE_ACCESS_KEY= # not set");
});

test("faults and arguments that do not exist end it with a sentence", async () => {
  const faulty = await start(["--print-config"], { URSA_PROT: "80" });
  expect([faulty.code, faulty.stdout]).toEqual([1, expect.stringContaining("did you mean URSA_PORT?")]);
  const mistyped = await start(["--print-confg"], {});
  expect([mistyped.code, mistyped.stdout]).toEqual([1, expect.stringContaining("The only argument is --print-config")]);
});
