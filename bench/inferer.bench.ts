// `ursa bench inferer`: how soon a started inferer is ready, and how long it takes to load a model, beside the limit: an empty Node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@ursa/testing/free-port";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { table } from "../cli/src/print.ts";
import { startBenchWorld } from "./bench-world.ts";
import { machine } from "./machine.ts";
import { p50, p95 } from "./quantiles.ts";

const INFERER = fileURLToPath(new URL("../services/inferer/src/main.ts", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/node-compile", import.meta.url));
const ROUNDS = 10;

type Start = { readyMs: number; loadMs: number };

await using redis = await startRedis();
await using world = await startBenchWorld();
// The folder only is needed: what is measured must not share its cores with the rest.
await world.ursa.stop();

const starts: Record<"classify" | "batch", Start[]> = { classify: [], batch: [] };
const bare: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  starts.classify.push(await startOnce("classify"));
  starts.batch.push(await startOnce("batch"));
  bare.push(await bareNode());
}
const row = (name: string, values: number[]) => [name, p50(values).toFixed(0), p95(values).toFixed(0)];
console.log(`${machine()}\n${ROUNDS} starts each, milliseconds\n`);
console.log(
  table(
    ["", "p50", "p95"],
    [
      row(
        "classify role ready, default model loaded",
        starts.classify.map(({ readyMs }) => readyMs),
      ),
      row(
        "  of which loading the model",
        starts.classify.map(({ loadMs }) => loadMs),
      ),
      row(
        "batch role ready",
        starts.batch.map(({ readyMs }) => readyMs),
      ),
      row("limit: Node itself, started and ended", bare),
    ],
  ),
);

async function startOnce(role: "classify" | "batch"): Promise<Start> {
  const port = await findFreePort();
  const env = {
    ...process.env,
    URSA_ROLE: role,
    URSA_PORT: String(port),
    URSA_REDIS_URL: redis.url,
    URSA_STORE_URL: `file://${world.ursa.home}/store`,
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  };
  const started = performance.now();
  const child = spawn(process.execPath, [INFERER], { env, stdio: ["ignore", "pipe", "inherit"] });
  let loadMs = Number.NaN;
  createInterface(child.stdout).on("line", (line) => {
    const { msg, seconds }: { msg?: string; seconds?: number } = JSON.parse(line);
    if (msg === "model loaded" && seconds) loadMs = seconds * 1000;
  });
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok;
  await waitUntil(isReady, { what: "the inferer to be ready", timeoutMs: 30_000, intervalMs: 5 });
  const readyMs = performance.now() - started;
  child.kill();
  await once(child, "exit");
  return { readyMs, loadMs };
}

async function bareNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ["-e", "0"]), "exit");
  return performance.now() - started;
}
