// Gets one pinned wheel: with pip where it is there, because pip knows the machine's mirror, certificates and passwords;
// else from the index directly.
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { download, keepIfExpected, sha256Of } from "./download.ts";
import { findInIndex } from "./python-index.ts";
import { lastLines, runTool } from "./run-tool.ts";
import type { Wheel } from "./wheels.ts";

export type FetchOptions = {
  /** Holds the wheels; what is there already with the right hash is not fetched again. */
  folder: string;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  onBytes: (done: number) => void;
};

/** @returns the path of the wheel, whose sha256 has been checked */
export async function fetchWheel(wheel: Wheel, options: FetchOptions): Promise<string> {
  const path = join(options.folder, wheel.file);
  if (existsSync(path) && (await sha256Of(path)) === wheel.sha256) return path;
  await mkdir(options.folder, { recursive: true });
  const pip = await runTool(["python3", "-m", "pip", "--version"], { ...options, cwd: options.folder });
  if (pip.code === 0) await fetchWithPip(wheel, path, options);
  else await fetchDirectly(wheel, path, options);
  return path;
}

async function fetchDirectly(wheel: Wheel, path: string, { env, signal, onBytes }: FetchOptions): Promise<void> {
  const { url, headers } = await findInIndex(wheel, { env, signal });
  await download(url, { path, sha256: wheel.sha256 }, { signal, headers, onBytes });
}

const POLL_MS = 250;

async function fetchWithPip(wheel: Wheel, path: string, options: FetchOptions): Promise<void> {
  const staging = join(options.folder, `pip-${process.pid}`);
  await mkdir(staging, { recursive: true });
  const stopWatching = watchGrowth(staging, wheel.bytes, options.onBytes);
  try {
    const { project, version, sha256, file } = wheel;
    await writeFile(join(staging, "wheel.txt"), `${project}==${version} --hash=sha256:${sha256}\n`);
    // pip gathers the file below TMPDIR, where its growth can be watched.
    const run = { cwd: staging, env: { ...options.env, TMPDIR: staging }, signal: options.signal };
    const { code, output } = await runTool(["python3", ...PIP_DOWNLOAD], run);
    if (code !== 0) throw new Error(`pip could not fetch ${file}:\n${lastLines(output, 5)}`);
    await keepIfExpected(join(staging, "wheels", file), { path, sha256 }, "pip");
  } finally {
    stopWatching();
    await rm(staging, { recursive: true, force: true });
  }
}

/** Tells how far `folder` has grown, up to `total`: in the end pip holds the file twice while it copies it. */
function watchGrowth(folder: string, total: number, onBytes: (done: number) => void): () => void {
  let told = 0;
  const tell = (size: number) => {
    if (size <= told) return;
    told = Math.min(size, total);
    onBytes(told);
  };
  const timer = setInterval(() => void sizeOf(folder).then(tell), POLL_MS);
  return () => {
    clearInterval(timer);
    told = Number.POSITIVE_INFINITY; // a size that is being read right now comes too late
  };
}

// The platform and the Python version are those of the pinned wheels, whatever Python is here.
const PIP_DOWNLOAD = [
  ..."-m pip download --no-deps --no-cache-dir --disable-pip-version-check --quiet --only-binary=:all:".split(" "),
  ..."--python-version 3.11 --platform manylinux2014_x86_64 --platform manylinux1_x86_64".split(" "),
  ..."--require-hashes --requirement wheel.txt --dest wheels".split(" "),
];

/** The bytes of all files below `folder`; files that vanish meanwhile count nothing. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
