// F5 and F19: a worker that is silent for longer than its lock, because it was frozen or cannot reach Redis, and comes back as if nothing
// had happened: another has its job by then.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ServiceProcess } from "@ursa/testing/service-process";
import { startTcpProxy } from "@ursa/testing/tcp-proxy";
import { waitUntil } from "@ursa/testing/wait-until";
import { asked, createDatasets, lookAtAll } from "../datasets.ts";
import { type Fault, promise } from "../fault.ts";
import { create, endOf, modelBody, RECIPE, read } from "../work.ts";
import type { World } from "../world.ts";
import { compare, reached, readyDataset } from "./killed-workers.ts";

/** Longer than a lock. */
const DEAF_MS = 10_000;
/** Stage 2 is what takes long, and the silence begins in stage 1. */
const SHORT_RECIPE = { ...RECIPE, stage2: { epochs: 1, batchSize: 4 } };
/** Until whoever comes back has heard that it is too late. */
const HEARD_MS = 20_000;

const frozenTrainer: Fault = {
  id: "F5",
  title: "a trainer and its child freeze for longer than its lock and wake up again",
  promise:
    "another has the job, nothing that the sleeper writes late counts, and the weights are those of a run that was left alone",
  async run(world) {
    await world.start(["api", "downloader", "trainer"]);
    const dataset = await readyDataset(world);
    const { calm, id } = await twoModels(world, dataset);
    await reached(world, id, Math.floor(world.random.between(0, 3)));
    const sleeper = world.services.get("trainer");
    if (!sleeper) throw new Error("no trainer runs");
    const fence = await fenceOf(world, id);
    const other = await whileFrozen(world, sleeper, async () => {
      const another = await world.startAnother("trainer");
      // It wakes while the other is at work, so that there is something to spoil.
      await taken(world, id, fence);
      return another;
    });
    await Promise.all([endOf(world, "models", id), promiseRefused(world, sleeper)]);
    const isDone = () => other.lines.some(({ msg }) => msg === "job completed");
    const isOthers = await waitUntil(isDone, { what: "the job to end" }).catch(() => false);
    promise(world, "the other trainer ended the job", isOthers, other.lines.slice(-3));
    await compare(world, { id, calm, kills: 1 });
    await lookAtAll(world, [dataset]);
  },
};

/** Freezes the process and all that it started. They wake in any case: a frozen orphan would stay for ever. */
async function whileFrozen<T>({ history }: World, { pid }: ServiceProcess, work: () => Promise<T>): Promise<T> {
  const frozen = freeze(pid);
  history.add({ type: "fault", what: `SIGSTOP to ${frozen.length} processes` });
  try {
    return await work();
  } finally {
    for (const each of frozen) process.kill(each, "SIGCONT");
    history.add({ type: "healed", what: "SIGCONT" });
  }
}

/** Itself first, so that it starts none that would be missed. */
function freeze(pid: number): number[] {
  process.kill(pid, "SIGSTOP");
  return [pid, ...childrenOf(pid).flatMap(freeze)];
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

const deafWorkers: Fault = {
  id: "F19",
  title: `a downloader and a trainer cannot reach Redis for ${DEAF_MS / 1000} s, and nobody tells them`,
  promise: "others have their jobs, the fence refuses what they write meanwhile, and nothing is there twice",
  async run(world) {
    await using line = await startTcpProxy({ port: world.redis.port });
    const deaf = { URSA_REDIS_URL: `redis://127.0.0.1:${line.port}` };
    await Promise.all([world.start(["api"]), world.start(["downloader", "trainer"], deaf)]);
    const dataset = await readyDataset(world);
    const { calm, id } = await twoModels(world, dataset);
    await reached(world, id, Math.floor(world.random.between(0, 2)));
    const trainer = world.services.get("trainer");
    if (!trainer) throw new Error("no trainer runs");
    const before = world.gallery.hits.length;
    const [fetched = ""] = await createDatasets(world, 1);
    await asked(world, before + Math.ceil(world.random.between(0, 20)));
    world.history.add({ type: "fault", what: "downloader and trainer are cut off from Redis" });
    line.setWeather({ kind: "deaf" });
    const since = performance.now();
    const fence = await fenceOf(world, id);
    await Promise.all([world.startAnother("downloader"), world.startAnother("trainer")]);
    await taken(world, id, fence);
    const heal = async () => {
      await promiseRefused(world, trainer);
      await delay(Math.max(0, since + DEAF_MS - performance.now()));
      line.setWeather({ kind: "fair" });
      world.history.add({ type: "healed", what: "they reach it again, and what they said meanwhile arrives" });
    };
    await Promise.all([heal(), endOf(world, "models", id), endOf(world, "datasets", fetched)]);
    await compare(world, { id, calm, kills: 1 });
    await lookAtAll(world, [dataset, fetched]);
  },
};

/** One that has ended with nothing in its way, and one of the same recipe that begins. */
async function twoModels(world: World, dataset: string): Promise<{ calm: string; id: string }> {
  const body = modelBody(dataset, SHORT_RECIPE);
  const calm = await create(world, "models", body);
  await endOf(world, "models", calm);
  return { calm, id: await create(world, "models", body) };
}

const fenceOf = async (world: World, id: string): Promise<number> => (await read(world, "models", id))?.fence ?? 0;

/** Waits until another worker has it. */
async function taken(world: World, id: string, fence: number): Promise<void> {
  const isTaken = async () => (await fenceOf(world, id)) > fence;
  await waitUntil(isTaken, { what: "another trainer to take the model", timeoutMs: 60_000, intervalMs: 50 });
}

/** Promises that the worker which had the job before hears, from its lock or its fence, that it is another's, and leaves it. */
async function promiseRefused(world: World, { lines }: ServiceProcess): Promise<void> {
  const refusal = () => lines.find(({ msg }) => msg === "job left to the worker that has it now");
  await waitUntil(() => refusal() !== undefined, { what: "a refusal", timeoutMs: HEARD_MS }).catch(() => {});
  const line = refusal();
  promise(world, "who comes too late is refused, and says so", line !== undefined, line ?? lines.slice(-5));
}

export const frozenWorkers: Fault[] = [frozenTrainer, deafWorkers];
