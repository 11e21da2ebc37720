// The test server itself: outages keep port and data, and nothing outlives the process that started it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { isProcessAlive } from "./is-process-alive.ts";
import { pingRedis } from "./ping-redis.ts";
import { startRedis } from "./redis.ts";
import { createScratchFolder } from "./scratch-folder.ts";
import { waitUntil } from "./wait-until.ts";

test("a private server answers on its own port and is gone after the test", async () => {
  let port = 0;
  {
    await using redis = await startRedis();
    port = redis.port;
    expect(await pingRedis({ port })).toBe(true);
    expect(await ask(port, "CONFIG GET maxmemory-policy")).toContain("noeviction");
  }
  expect(await pingRedis({ port })).toBe(false);
});

test("data survives a stop, and the port stays the same", async () => {
  await using redis = await startRedis();
  await ask(redis.port, "SET bear grizzly");
  await redis.stop();
  expect(await pingRedis({ port: redis.port })).toBe(false);
  await redis.restart();
  expect(await ask(redis.port, "GET bear")).toContain("grizzly");
});

test("what was synced survives a kill", async () => {
  await using redis = await startRedis({ args: ["--appendfsync", "always"] });
  await ask(redis.port, "SET bear black");
  await redis.kill();
  await redis.restart();
  expect(await ask(redis.port, "GET bear")).toContain("black");
});

test("two servers run side by side", async () => {
  await using one = await startRedis();
  await using two = await startRedis();
  expect(one.port).not.toBe(two.port);
});

test("the server ends when the process that started it is killed", async () => {
  const source = `import { startRedis } from "${import.meta.dirname}/redis.ts"; console.log((await startRedis()).pid());`;
  // An owner that is killed cannot remove its server's folder, so that lies in one of ours.
  await using scratch = await createScratchFolder();
  const owner = spawn(process.execPath, ["--input-type=module", "-e", source], {
    env: { ...process.env, TMPDIR: scratch.path },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(owner.stdout, "data");
  const redisPid = Number(String(line));
  expect(isProcessAlive(redisPid)).toBe(true);
  owner.kill("SIGKILL");
  await waitUntil(() => !isProcessAlive(redisPid), { what: "redis-server to end with its owner" });
  expect(await readdir(scratch.path)).toEqual([expect.stringMatching(/^ursa-redis-/)]);
});

async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${command}\r\n`);
  const [reply] = await Promise.race([once(socket, "data"), delay(5_000, ["no reply"], { ref: false })]);
  socket.destroy();
  return String(reply);
}
