// Ursa under Docker Compose, as docs/compose.md starts it where only package registries can be reached.
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findFreePort } from "@ursa/testing/free-port";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
/** Bytes: a build of all images tells some hundred kB. */
const LARGEST_OUTPUT = 64 * 2 ** 20;
const FILES = ["--file", "docker-compose.yml", "--file", "deploy/docker/closed.yml"];
/** What tools/closed-images.sh makes. */
const IMAGES = [
  ...["local/node:24-bookworm-slim", "local/node-build:24-bookworm-slim"],
  ...["local/redis:7", "local/minio:1", "local/prometheus:2"],
];
const PROFILES = ["--profile", "demo", "--profile", "monitoring"];

export type Container = { Name: string; Service: string; State: string; Health: string; ExitCode: number };
export type ComposeHost = AsyncDisposable & {
  apiUrl: string;
  prometheusUrl: string;
  alertmanagerUrl: string;
  /** @throws Error with what it wrote when it fails */
  compose(...args: string[]): Promise<string>;
  containers(): Promise<Container[]>;
};

/** Why no Compose can be started here; undefined where one can. */
export function missingForCompose(): string | undefined {
  if (!succeeds("docker", "version")) return "no Docker engine answers";
  if (!succeeds("docker", "compose", "version"))
    return "docker compose is missing (tools/docker-plugins.sh fetches it)";
  const images = IMAGES.filter((image) => !succeeds("docker", "image", "inspect", image));
  return images.length > 0 ? `${images.join(", ")} are missing (tools/closed-images.sh makes them)` : undefined;
}

const succeeds = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** Builds and starts everything in a project of its own, and takes all of it away again, volumes included. */
export async function startCompose(env: Record<string, string>): Promise<ComposeHost> {
  const project = `ursa-test-${process.pid}`;
  const [api, prometheus, alertmanager] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const ports = { API_PORT: `${api}`, PROMETHEUS_PORT: `${prometheus}`, ALERTMANAGER_PORT: `${alertmanager}` };
  const compose = (...args: string[]) =>
    outputOf(["compose", "--project-name", project, ...FILES, ...args], { ...env, ...ports });
  const close = async () => void (await compose(...PROFILES, "down", "--volumes", "--timeout", "10"));
  try {
    await compose(...PROFILES, "up", "--build", "--wait");
  } catch (error) {
    const logs = await compose("logs", "--no-color", "--tail", "20").catch(() => "");
    await close();
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
  }
  return {
    apiUrl: `http://127.0.0.1:${api}`,
    prometheusUrl: `http://127.0.0.1:${prometheus}`,
    alertmanagerUrl: `http://127.0.0.1:${alertmanager}`,
    compose,
    containers: async () => (await compose("ps", "--all", "--format", "json")).trim().split("\n").map(parseContainer),
    [Symbol.asyncDispose]: close,
  };
}

// One line of `docker compose ps --format json`, which documents these fields.
const parseContainer = (line: string) => JSON.parse(line) as Container;

async function outputOf(args: string[], env: Record<string, string>): Promise<string> {
  const options = { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: LARGEST_OUTPUT };
  // Its error has what the command wrote to standard error.
  return (await run("docker", args, options)).stdout;
}

/** @returns of the whole image, in millions of bytes */
export function imageMegabytes(image: string): number {
  const { stdout } = spawnSync("docker", ["image", "inspect", "--format", "{{.Size}}", image], { encoding: "utf8" });
  return Number(stdout) / 1e6;
}
