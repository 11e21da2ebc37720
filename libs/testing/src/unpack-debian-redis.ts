// Downloads Debian's (or Ubuntu's) redis-server with the libraries this machine lacks and unpacks them into a folder.
// apt resolves, downloads and verifies; nothing is installed, so this needs no root and starts no system service.
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runCommand } from "./run-command.ts";

export type UnpackDebianRedisOptions = {
  cacheDir: string;
  say?: (sentence: string) => void;
  signal?: AbortSignal;
};

type Apt = { workDir: string; options: string[]; signal: AbortSignal | undefined };

/** Leaves a Debian file tree with `usr/bin/redis-server` at `cacheDir`, all of it or nothing. @throws when apt cannot. */
export async function unpackDebianRedis({ cacheDir, say, signal }: UnpackDebianRedisOptions): Promise<void> {
  await runCommand("apt-get", ["--version"], { signal });
  say?.("Redis is not installed: unpacking Debian's package into .ursa (once, a few seconds) ...");
  await mkdir(dirname(cacheDir), { recursive: true });
  await rm(cacheDir, { recursive: true, force: true }); // what lies there does not run
  const workDir = await mkdtemp(`${cacheDir}-unpacking-`);
  try {
    const apt = { workDir, options: ["-o", "APT::Sandbox::User=root"], signal };
    await download(apt).catch(() => downloadWithFreshLists(apt));
    const tree = await unpack(workDir, signal);
    await rename(tree, cacheDir).catch(ignoreFasterProcess);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function download({ workDir, options, signal }: Apt): Promise<void> {
  const packages = await listMissingPackages({ workDir, options, signal });
  await runCommand("apt-get", [...options, "download", ...packages], { cwd: workDir, signal });
}

// A container image often has no package lists, and old lists name files the mirror has dropped.
async function downloadWithFreshLists({ workDir, options, signal }: Apt): Promise<void> {
  const lists = join(workDir, "lists");
  const cache = join(workDir, "cache");
  await mkdir(join(lists, "partial"), { recursive: true });
  await mkdir(join(cache, "archives/partial"), { recursive: true });
  const own = ["-o", `Dir::State::lists=${lists}`, "-o", `Dir::Cache=${cache}`, "-o", "Debug::NoLocking=1", ...options];
  await runCommand("apt-get", [...own, "update"], { signal });
  await download({ workDir, options: own, signal });
}

// The dry run lists what an installation would add here, one `'<url>' <file> <size> <hash>` a line; a file is `<package>_<version>_<arch>.deb`.
async function listMissingPackages({ options, signal }: Apt): Promise<string[]> {
  const args = [...options, "install", "--print-uris", "-qq", "--no-install-recommends", "redis-server"];
  const lines = (await runCommand("apt-get", args, { signal })).split("\n");
  return lines.flatMap((line) => /^'[^']+' ([^_ ]+)_/.exec(line)?.[1] ?? []);
}

async function unpack(workDir: string, signal: AbortSignal | undefined): Promise<string> {
  const tree = join(workDir, "tree");
  const files = (await readdir(workDir)).filter((name) => name.endsWith(".deb"));
  for (const file of files) await runCommand("dpkg", ["-x", join(workDir, file), tree], { signal });
  return tree;
}

function ignoreFasterProcess(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
}
