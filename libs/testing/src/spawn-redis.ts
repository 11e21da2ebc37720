// Starts a redis-server for one owner: on loopback only, with an append-only file, and gone when the owner is.
import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RedisProgram } from "./find-redis.ts";
import { spawnGuarded } from "./spawn-guarded.ts";

export type SpawnRedisOptions = {
  program: RedisProgram;
  /** Where the append-only file and the configuration lie; made if missing. */
  dir: string;
  port: number;
  password?: string;
  /** Redis options that win over the ones here, such as `["--appendfsync", "always"]`. */
  args?: string[];
  /** Where standard output and error go. */
  output: number | "pipe";
};

/** A server on 127.0.0.1 that refuses writes rather than evict; it may not answer yet. */
export function spawnRedis(options: SpawnRedisOptions): ChildProcess {
  const { program, dir, port, password, args = [], output } = options;
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir "${dir}"`,
    "appendonly yes",
    'save ""',
    "maxmemory-policy noeviction",
    ...(password ? [`requirepass ${password}`] : []),
  ];
  mkdirSync(dir, { recursive: true });
  // In a file, because the command line is readable by every user of the machine.
  const configPath = join(dir, "redis.conf");
  writeFileSync(configPath, `${lines.join("\n")}\n`, { mode: 0o600 });
  return spawnGuarded(program.path, [configPath, ...args], { env: { ...process.env, ...program.env }, output });
}
