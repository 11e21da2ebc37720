// Installs a native engine: npm's packages, then TensorFlow's binary parts, from their usual host or from registries alone.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { unpackZip } from "@ursa/archive/unpack-zip";
import { buildBinding, missingTools } from "./build-binding.ts";
import { fetchWheel } from "./fetch-wheel.ts";
import { findGpuParts, refuseDriver } from "./gpu.ts";
import { lockInstall } from "./install-lock.ts";
import { isInstalled, type NativeName, type NativePackage, nativePackage, REPOSITORY } from "./native-package.ts";
import { lastLines, runTool } from "./run-tool.ts";
import { WHEELS, type Wheel } from "./wheels.ts";

export type InstallProgress = {
  step(text: string): void;
  bytes(what: string, progress: { done: number; total: number }): void;
};
export type InstallOptions = {
  progress: InstallProgress;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  /** For a machine that this one is not, such as an image that is built here: no GPU is asked for. */
  forElsewhere?: boolean | undefined;
};
/** Where TensorFlow's libraries came from; "before" when the engine was installed already. */
export type InstallSource = "npm" | "registries" | "before";

/**
 * Safe to interrupt and to run again: what is complete is kept. A second install waits for the first and then finds its engine.
 * @throws Error that says what is missing or what failed
 */
export async function installNative(name: NativeName, options: InstallOptions): Promise<InstallSource> {
  const engine = nativePackage(name);
  if (isInstalled(engine)) return "before";
  const needsGpu = name === "native-gpu" && !options.forElsewhere;
  const refusal = needsGpu ? refuseDriver(findGpuParts(engine.depsDir)) : undefined;
  if (refusal) throw new Error(refusal);
  const onWait = () => options.progress.step("waiting for another install on this machine to end");
  using _lock = await lockInstall(join(REPOSITORY, ".ursa"), { onWait, signal: options.signal });
  if (isInstalled(engine)) return "before";
  await installPackages(engine, options);
  // npm's own way would bring a TensorFlow for CUDA 11, and no CUDA; the wheels bring both.
  if (name === "native" && (await tryOwnInstall(engine, options))) return "npm";
  await installFromRegistries(engine, options);
  return "registries";
}

const NPM_CI = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"] as const;

async function installPackages({ dir, npmName }: NativePackage, { progress, signal, env }: InstallOptions) {
  progress.step(`npm: ${npmName} and node-gyp, as the lockfile pins them`);
  const { code, output } = await runTool([...NPM_CI], { cwd: dir, env, signal });
  if (code === 127) throw new Error("npm was not found: it comes with Node, or as the system's package npm.");
  if (code !== 0) throw new Error(`npm ci in ${dir} failed (exit code ${code}):\n${lastLines(output)}`);
}

/** The script that the package itself has: it downloads from a host of its own, which many networks close. */
async function tryOwnInstall(engine: NativePackage, { progress, signal, env }: InstallOptions): Promise<boolean> {
  progress.step(`npm: the install script of ${engine.npmName}`);
  const command = ["npm", "rebuild", engine.npmName, "--ignore-scripts=false", "--loglevel=error"] as const;
  const { code, output } = await runTool([...command], { cwd: engine.dir, env, signal });
  if (code === 0 && isInstalled(engine)) return true;
  const reason = /Error: .*|error: .*/.exec(output)?.[0] ?? `exit code ${code}`;
  progress.step(`its download is closed here (${reason}); building from registries instead`);
  return false;
}

async function installFromRegistries(engine: NativePackage, options: InstallOptions): Promise<void> {
  const { progress, signal, env } = options;
  refuseOtherPlatforms();
  const missing = missingTools(env.PATH);
  if (missing) throw new Error(missing);
  const folder = join(REPOSITORY, ".ursa/downloads");
  // A script that failed half-way may have left files of another TensorFlow.
  await rm(engine.depsDir, { recursive: true, force: true });
  for (const wheel of WHEELS[engine.name]) await takeWheel(wheel, { folder, engine, options });
  progress.step("node-gyp: building the binding");
  await buildBinding(engine, { env, signal });
  await rm(folder, { recursive: true, force: true });
}

type Taking = { folder: string; engine: NativePackage; options: InstallOptions };

async function takeWheel(wheel: Wheel, { folder, engine, options: { progress, signal, env } }: Taking): Promise<void> {
  const what = `${wheel.project} ${wheel.version}`;
  progress.step(`PyPI: ${what}, ${Math.round(wheel.bytes / 1e6)} MB`);
  const onBytes = (done: number) => progress.bytes(what, { done, total: wheel.bytes });
  const path = await fetchWheel(wheel, { folder, env, signal, onBytes });
  progress.step(`unpacking ${what} (sha256 as pinned)`);
  const count = await unpackZip(path, { into: engine.depsDir, place: wheel.place, signal });
  if (count === 0) throw new Error(`${wheel.file} holds none of the files it is taken for.`);
}

function refuseOtherPlatforms(): void {
  const here = `${process.platform}-${process.arch}`;
  if (here === "linux-x64") return;
  throw new Error(`From registries the native engine is built for linux-x64 only; this is ${here}. Use 'compiled'.`);
}
