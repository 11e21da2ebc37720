// Finds a Redis server to run privately: one from the system, else Debian's package unpacked into a cache folder.
// Nothing is installed system-wide and no root is needed, so a clean checkout works for anyone who has apt.
import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { runCommand } from "./run-command.ts";
import { unpackDebianRedis } from "./unpack-debian-redis.ts";

/** How to start a server: the program and what its environment needs besides the caller's own. */
export type RedisProgram = { path: string; env: Record<string, string> };

export type FindRedisOptions = {
  /** Folders to look in before unpacking anything. */
  searchPath?: string[];
  /** Where an unpacked package is kept for the next time. */
  cacheDir?: string;
  /** Told once, in a sentence, when something is about to be downloaded. */
  say?: (sentence: string) => void;
  signal?: AbortSignal;
};

// Valkey is what Fedora ships since 41; for Ursa's use the two are the same.
const programNames = ["redis-server", "valkey-server"];
// Homebrew's and a hand-built server's folders are often missing from the PATH of a program started by a desktop.
const usualDirs = [
  "/usr/bin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
  "/opt/homebrew/opt/redis/bin",
  "/usr/local/opt/redis/bin",
];
const repositoryCacheDir = resolve(import.meta.dirname, "../../../.ursa/redis");

/**
 * Finds a Redis server that runs on this machine, unpacking Debian's package if there is no other.
 * @throws an Error with code `redis_missing` whose message is one sentence saying what to type
 */
export async function findRedis(options: FindRedisOptions = {}): Promise<RedisProgram> {
  const cacheDir = options.cacheDir ?? repositoryCacheDir;
  const found = (await findOnPath(options.searchPath ?? defaultSearchPath())) ?? (await findUnpacked(cacheDir));
  if (found) return found;
  try {
    await unpackDebianRedis({ ...options, cacheDir });
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw redisMissing(cause);
  }
  const unpacked = await findUnpacked(cacheDir);
  if (!unpacked) throw redisMissing(new Error(`the server unpacked into ${cacheDir} does not run here`));
  return unpacked;
}

async function findOnPath(dirs: string[]): Promise<RedisProgram | undefined> {
  const candidates = dirs.flatMap((dir) => programNames.map((name) => ({ path: join(dir, name), env: {} })));
  return firstThatRuns(candidates);
}

async function findUnpacked(cacheDir: string): Promise<RedisProgram | undefined> {
  const libraryRoots = [join(cacheDir, "usr/lib"), join(cacheDir, "lib")];
  const libraryDirs = (await Promise.all(libraryRoots.map(listArchitectureDirs))).flat();
  const inherited = process.env.LD_LIBRARY_PATH;
  const LD_LIBRARY_PATH = [...libraryDirs, ...(inherited ? [inherited] : [])].join(delimiter);
  return firstThatRuns([{ path: join(cacheDir, "usr/bin/redis-server"), env: { LD_LIBRARY_PATH } }]);
}

// Debian keeps shared libraries in a folder per architecture, such as usr/lib/x86_64-linux-gnu.
async function listArchitectureDirs(root: string): Promise<string[]> {
  const names = await readdir(root).catch(() => []);
  return names.filter((name) => name.includes("-linux-gnu")).map((name) => join(root, name));
}

async function firstThatRuns(programs: RedisProgram[]): Promise<RedisProgram | undefined> {
  for (const program of programs) {
    if (await runs(program)) return program;
  }
  return undefined;
}

async function runs({ path, env }: RedisProgram): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    await runCommand(path, ["--version"], { env });
    return true;
  } catch {
    return false;
  }
}

function defaultSearchPath(): string[] {
  const dirs = (process.env.PATH ?? "").split(delimiter).filter((dir) => dir !== "");
  return [...new Set([...dirs, ...usualDirs])];
}

function redisMissing(cause: unknown): Error {
  const sentence =
    "Ursa needs Redis and found none: type 'sudo apt-get install redis-server' on Debian or Ubuntu, " +
    "'sudo dnf install valkey' on Fedora, or 'brew install redis' on macOS, then run this again.";
  return Object.assign(new Error(sentence, { cause }), { code: "redis_missing" });
}
