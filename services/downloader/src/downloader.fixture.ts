// A downloader as it runs in production: a process of its own, with a real Redis and a folder as store.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createCatalog } from "@ursa/catalog/catalog";
import { newId } from "@ursa/catalog/new-id";
import type { Dataset, DatasetOptions } from "@ursa/contracts/dataset";
import type { Prediction } from "@ursa/contracts/prediction";
import { type DatasetPlan, planDataset } from "@ursa/dataset/plan-dataset";
import { planPrediction } from "@ursa/dataset/plan-prediction";
import { parseUrlList } from "@ursa/dataset/url-list";
import { connectProducer } from "@ursa/queue/connection";
import { createProducer } from "@ursa/queue/producer";
import { createEvents } from "@ursa/queue/progress";
import { openStore } from "@ursa/store/open-store";
import { findFreePort } from "@ursa/testing/free-port";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";

export type Downloader = {
  url: string;
  process: ChildProcess;
  log(): string;
  end(signal?: NodeJS.Signals): Promise<number | null>;
};

const OPTIONS: DatasetOptions = { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 };

/** Everything around the downloader, and downloaders to start. */
export async function startSurroundings({ allow = "" }: { allow?: string } = {}) {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const folder = stack.use(await createScratchFolder());
  const store = await openStore(`file://${folder.path}`);
  stack.defer(() => store.close());
  const connection = connectProducer(redis.url);
  stack.defer(() => connection.close());
  const producer = createProducer(connection);
  stack.defer(() => producer.close());
  const events = createEvents(connection);
  stack.defer(() => events.close());
  const env = {
    URSA_REDIS_URL: redis.url,
    URSA_STORE_URL: `file://${folder.path}`,
    URSA_FETCH_ALLOW: allow,
    URSA_DECODERS: "1",
  };
  const kept = stack.move();
  const start = async (more: Record<string, string> = {}, { probe = "readyz", main = MAIN }: HowToStart = {}) => {
    const downloader = await startDownloader({ ...env, ...more }, { probe, main });
    kept.defer(async () => void (await downloader.end("SIGKILL")));
    return downloader;
  };
  const catalog = createCatalog({ store });
  return { store, producer, events, catalog, env, start, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
export type Surroundings = Awaited<ReturnType<typeof startSurroundings>>;

/** What is waited for: that it can work, or only that it answers. */
type Probe = "readyz" | "livez";

type HowToStart = { probe?: Probe /** Of another checkout. */; main?: string };
const MAIN = join(import.meta.dirname, "main.ts");

async function startDownloader(
  env: Record<string, string>,
  { probe, main }: Required<HowToStart>,
): Promise<Downloader> {
  const port = await findFreePort();
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, URSA_PORT: String(port), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`the downloader ended while starting:\n${log}`);
    return (await fetch(`${url}/${probe}`).catch(() => undefined))?.ok;
  };
  await waitUntil(isReady, { what: "the downloader to be ready", timeoutMs: 30_000 });
  const end = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    const [code] = await once(child, "exit");
    return code as number | null; // The exit event's first argument.
  };
  return { url, process: child, log: () => log, end };
}

/** As the API does: plan, record, job. */
export async function createDataset(around: Surroundings, lists: Record<string, string[]>): Promise<Dataset> {
  const owner = { namespace: "default", id: newId("dataset") };
  const sources = Object.entries(lists).map(([name, urls]) => ({
    name,
    rows: parseUrlList(urls.join("\n"), { name }),
  }));
  return recordPlanned(around, owner, await planDataset({ store: around.store, owner, sources, options: OPTIONS }));
}

/** Record and job of a dataset that is planned. */
export async function recordPlanned(
  { catalog, producer }: Surroundings,
  owner: { namespace: string; id: string },
  plan: DatasetPlan,
): Promise<Dataset> {
  const now = new Date().toISOString();
  const state = { state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0, version: 1 } as const;
  const record = await catalog.create("dataset", { ...owner, ...plan, ...state, options: OPTIONS });
  await producer.enqueueDataset(record);
  return record;
}

export async function createPrediction(
  { store, catalog, producer }: Surroundings,
  urls: readonly string[],
): Promise<Prediction> {
  const owner = { namespace: "default", id: newId("prediction") };
  const rows = parseUrlList(urls.join("\n"), { name: "urls", class: "" });
  const plan = await planPrediction({ store, owner, input: { source: "urls", rows } });
  const now = new Date().toISOString();
  const state = { state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0, source: "urls" } as const;
  const model = { model: newId("model"), classes: ["black", "teddy"] };
  const record = await catalog.create("prediction", { ...owner, ...plan, ...state, ...model });
  await producer.enqueuePrediction(record);
  return record;
}

export async function waitForEnd(
  { catalog }: Surroundings,
  { namespace, id }: Dataset,
  timeoutMs = 60_000,
): Promise<Dataset> {
  const isEnded = async () => {
    const record = await catalog.get("dataset", namespace, id);
    return ["ready", "failed", "cancelled"].includes(record.state) ? record : undefined;
  };
  const ended = await waitUntil(isEnded, { what: `dataset ${id} to end`, timeoutMs });
  if (!ended) throw new Error("waitUntil returned without a record");
  return ended;
}
