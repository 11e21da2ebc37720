// A private Redis server for one test: `await using redis = await startRedis()`.
// Its port and data stay the same over kill() and restart(), so that a test can tell the story of an outage.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis, type RedisProgram } from "./find-redis.ts";
import { findFreePort } from "./free-port.ts";
import { pingRedis } from "./ping-redis.ts";
import { spawnRedis } from "./spawn-redis.ts";
import { waitUntil } from "./wait-until.ts";

export type StartRedisOptions = {
  /** Redis options that win over the defaults, such as `["--appendfsync", "always"]`. */
  args?: string[];
};

export type TestRedis = AsyncDisposable & {
  url: string;
  port: number;
  /** Where its append-only file lies. */
  dir: string;
  pid(): number;
  /** Ends it as an operator would: its data is on disk afterwards. */
  stop(): Promise<void>;
  /** Ends it as a crash would: up to the last second of writes is lost. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, stopping it first if it runs. */
  restart(): Promise<void>;
};

const startTimeoutMs = 15_000; // about 100 ms alone; leaves room for a busy machine
const attempts = 5; // a free port can be taken by another test before Redis binds it

/** A server on a random loopback port without password, with an append-only file in a temporary folder. */
export async function startRedis({ args = [] }: StartRedisOptions = {}): Promise<TestRedis> {
  const program = await findRedis({ say: console.warn });
  const dir = await mkdtemp(join(tmpdir(), "ursa-redis-"));
  const start = (port: number) => startServer({ program, dir, port, args });
  const { child: first, port } = await startOnFreePort(start);
  let child = first;

  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    pid: () => child.pid ?? 0,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    restart: async () => {
      await end("SIGTERM");
      child = await start(port);
    },
    [Symbol.asyncDispose]: async () => {
      await end("SIGKILL");
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startOnFreePort(start: (port: number) => Promise<ChildProcess>, attempt = 1): Promise<Started> {
  const port = await findFreePort();
  try {
    return { child: await start(port), port };
  } catch (error) {
    if (attempt === attempts) throw error;
    return startOnFreePort(start, attempt + 1);
  }
}

type Started = { child: ChildProcess; port: number };

type Server = { program: RedisProgram; dir: string; port: number; args: string[] };

async function startServer({ program, dir, port, args }: Server): Promise<ChildProcess> {
  const child = spawnRedis({ program, dir, port, args, output: "pipe" });
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output = `${output}${chunk}`.slice(-4_000);
  });
  child.stderr?.resume();
  const hasAnswered = () => {
    if (child.exitCode === null) return pingRedis({ port });
    throw new Error(`redis-server ended while starting on port ${port}:\n${output}`);
  };
  try {
    await waitUntil(hasAnswered, { what: `redis-server to answer on port ${port}`, timeoutMs: startTimeoutMs });
    return child;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
