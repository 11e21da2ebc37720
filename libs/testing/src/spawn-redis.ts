// Starts a private redis-server that cannot outlive its owner, not even one killed by SIGKILL.
// A shell becomes the server (so the pid is the server's) and leaves a watcher reading our pipe: end of file stops the server.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RedisProgram } from "./find-redis.ts";

// A background command's own standard input is /dev/null in sh, hence the detour over descriptor 3.
const guard = 'exec 3<&0; { read -r _ <&3; kill -TERM $$; } & exec "$@" </dev/null 3<&-';

export type SpawnRedisOptions = {
  program: RedisProgram;
  /** Where the append-only file and the configuration lie; made if missing. */
  dir: string;
  port: number;
  password?: string | undefined;
  /** Redis options that win over the ones here, such as `["--appendfsync", "always"]`. */
  args?: string[];
  /** Where standard output and error go. */
  output: StdioOptions & (number | "ignore" | "pipe");
};

/** A server on 127.0.0.1 that keeps an append-only file and refuses writes rather than evict; it may not answer yet. */
export async function spawnRedis(options: SpawnRedisOptions): Promise<ChildProcess> {
  const { program, dir, port, password, args = [], output } = options;
  await mkdir(dir, { recursive: true });
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir "${dir}"`,
    "appendonly yes",
    'save ""',
    "maxmemory-policy noeviction",
    ...(password ? [`requirepass ${password}`] : []),
  ];
  // In a file, because the command line is readable by every user of the machine.
  const configPath = join(dir, "redis.conf");
  await writeFile(configPath, `${lines.join("\n")}\n`, { mode: 0o600 });
  const child = spawn("/bin/sh", ["-c", guard, "sh", program.path, configPath, ...args], {
    env: { ...process.env, ...program.env },
    stdio: ["pipe", output, output],
    detached: true, // out of the terminal's process group: Ctrl+C must reach the owner only
  });
  child.stdin?.on("error", () => {}); // the pipe breaks when the server ends, which "exit" reports
  child.once("exit", () => child.stdin?.destroy());
  return child;
}
