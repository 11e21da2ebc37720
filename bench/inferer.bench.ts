// `ursa bench inferer`: how soon a started inferer is ready, and how long it takes to load a model, the first of the process and
// any later one, beside the limit: an empty Node.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findFreePort } from "@ursa/testing/free-port";
import { drawBear } from "@ursa/testing/pictures";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { follow } from "../cli/src/follow.ts";
import { createPrinter, table } from "../cli/src/print.ts";
import { startBenchWorld } from "./bench-world.ts";
import { machine } from "./machine.ts";
import { p50, p95 } from "./quantiles.ts";

const INFERER = fileURLToPath(new URL("../services/inferer/src/main.ts", import.meta.url));
const COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/node-compile", import.meta.url));
const ROUNDS = 10;

type Start = { readyMs: number; loadMs: number };

await using redis = await startRedis();
await using world = await startBenchWorld();
const other = await trainAnother();
// The folder only is needed: what is measured must not share its cores with the rest.
await world.ursa.stop();

const starts: Record<"classify" | "batch", Start[]> = { classify: [], batch: [] };
const bare: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  starts.classify.push(await startOnce("classify"));
  starts.batch.push(await startOnce("batch"));
  bare.push(await bareNode());
}
const laterLoads = await loadInTurn();
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
        "  of which loading that first model",
        starts.classify.map(({ loadMs }) => loadMs),
      ),
      row("a later model loaded on demand", laterLoads),
      row(
        "batch role ready",
        starts.batch.map(({ readyMs }) => readyMs),
      ),
      row("limit: Node itself, started and ended", bare),
    ],
  ),
);

async function startOnce(role: "classify" | "batch"): Promise<Start> {
  const started = performance.now();
  await using inferer = await startInferer({ URSA_ROLE: role });
  const readyMs = performance.now() - started;
  return { readyMs, loadMs: inferer.loads.at(-1) ?? Number.NaN };
}

/** Two models in an inferer with room for one: each picture waits for a load. */
async function loadInTurn(): Promise<number[]> {
  await using inferer = await startInferer({ URSA_ROLE: "classify", URSA_MODEL_CACHE_MB: "1" });
  const picture = new Uint8Array(await drawBear("grizzly", 1));
  for (let round = 0; round < ROUNDS; round++) {
    for (const model of [other, world.model]) {
      const url = `${inferer.url}/classify?namespace=default&model=${model}`;
      const { ok, status } = await fetch(url, { method: "POST", body: picture });
      if (!ok) throw new Error(`The inferer answered ${status}.`);
    }
  }
  return inferer.loads.slice(1);
}

async function startInferer(settings: Record<string, string>) {
  const port = await findFreePort();
  const env = {
    ...process.env,
    ...settings,
    URSA_PORT: String(port),
    URSA_REDIS_URL: redis.url,
    URSA_STORE_URL: `file://${world.ursa.home}/store`,
    NODE_COMPILE_CACHE: COMPILE_CACHE,
  };
  const child = spawn(process.execPath, [INFERER], { env, stdio: ["ignore", "pipe", "inherit"] });
  const loads: number[] = [];
  createInterface(child.stdout).on("line", (line) => {
    const { msg, seconds }: { msg?: string; seconds?: number } = JSON.parse(line);
    if (msg === "model loaded" && seconds) loads.push(seconds * 1000);
  });
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok;
  await waitUntil(isReady, { what: "the inferer to be ready", timeoutMs: 30_000, intervalMs: 5 });
  return {
    url,
    loads,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
    },
  };
}

async function trainAnother(): Promise<string> {
  const { client, dataset } = world;
  const { id } = await client.call("createModel", {
    body: { dataset: dataset.id, recipe: { phases: ["stage-1"], seed: 2 } },
  });
  await follow({ client, print: createPrinter(false), signal: new AbortController().signal }, "model", id);
  return id;
}

async function bareNode(): Promise<number> {
  const started = performance.now();
  await once(spawn(process.execPath, ["-e", "0"]), "exit");
  return performance.now() - started;
}
