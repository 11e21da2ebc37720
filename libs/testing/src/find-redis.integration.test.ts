// Where a Redis server is looked for. Unpacking Debian's package is proven by every machine that has no Redis.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { findRedis } from "./find-redis.ts";

afterEach(() => vi.unstubAllEnvs());

test("a program that does not run is passed over for one that does", async () => {
  await using dir = await temporaryDir();
  writeProgram(join(dir.path, "first/redis-server"), "exit 127"); // such as one whose libraries are gone
  writeProgram(join(dir.path, "second/valkey-server"), "echo v=8");
  const searchPath = [join(dir.path, "first"), join(dir.path, "second"), join(dir.path, "missing")];
  expect((await findRedis({ searchPath, cacheDir: join(dir.path, "cache") })).path).toMatch(/second\/valkey-server$/);
});

test("an unpacked server is used with the libraries beside it", async () => {
  await using dir = await temporaryDir();
  mkdirSync(join(dir.path, "usr/lib/x86_64-linux-gnu"), { recursive: true });
  writeProgram(join(dir.path, "usr/bin/redis-server"), 'test -n "$LD_LIBRARY_PATH"');
  const { path, env } = await findRedis({ searchPath: [], cacheDir: dir.path });
  expect(path).toBe(join(dir.path, "usr/bin/redis-server"));
  expect(env.LD_LIBRARY_PATH?.split(":")[0]).toBe(join(dir.path, "usr/lib/x86_64-linux-gnu"));
});

test("where there is neither Redis nor apt, one sentence says what to type", async () => {
  await using dir = await temporaryDir();
  vi.stubEnv("PATH", dir.path);
  const finding = findRedis({ searchPath: [], cacheDir: join(dir.path, "cache") });
  await expect(finding).rejects.toMatchObject({
    code: "redis_missing",
    message: expect.stringMatching(
      /^Ursa needs Redis[^\n]*'sudo apt-get install redis-server'[^\n]*dnf[^\n]*brew[^\n]*\.$/,
    ),
  });
});

function writeProgram(path: string, script: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

async function temporaryDir() {
  const path = await mkdtemp(join(tmpdir(), "ursa-find-redis-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
