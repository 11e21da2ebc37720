// F6 to F8 and F10: Redis dies, forgets, is away, or comes back empty.
import { randomUUID } from "node:crypto";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "@ursa/testing/wait-until";
import {
  asked,
  createDatasets,
  ends,
  endsReconciled,
  followDataset,
  lookAtAll,
  pidsOf,
  promiseFirstJobs,
  promiseSameProcesses,
} from "../datasets.ts";
import { type Fault, promise } from "../fault.ts";
import { tellRedis } from "../tell-redis.ts";
import { ask, create, datasetBody, endOf, type Kind, modelBody, predictionBody, read } from "../work.ts";
import type { World } from "../world.ts";
import { readyDataset } from "./killed-workers.ts";

const FETCHERS = ["api", "downloader"] as const;
/** What `appendfsync everysec` may lose, and the moment until the write reaches the disk. */
const SYNCED_MS = 2000;
const AWAY_MS = 12_000;

const killedRedis: Fault = {
  id: "F6",
  title: "Redis is killed and started again",
  promise: "no job that was accepted is lost, and what was in work is delivered again",
  async run(world) {
    await world.start(FETCHERS);
    const before = pidsOf(world);
    const ids = await createDatasets(world, 3);
    const followed = followDataset(world, ids[2] ?? "", "a browser");
    await delay(SYNCED_MS);
    await asked(world, Math.floor(world.random.between(1, 60)));
    world.history.add({ type: "fault", what: "Redis killed" });
    await world.redis.kill();
    const late = create(world, "datasets", datasetBody(world.lists));
    await delay(world.random.between(0, 2000));
    await world.redis.restart();
    world.history.add({ type: "healed", what: "Redis runs, with what its file held" });
    ids.push(await late);
    await ends(world, ids);
    await followed;
    await promiseFirstJobs(world, ids);
    promiseSameProcesses(world, before);
    await lookAtAll(world, ids);
  },
};

const tornRedis: Fault = {
  id: "F7",
  title: "Redis is killed and loses the end of its append-only file",
  promise: "records whose jobs are gone get others, and jobs whose end is forgotten run again and change nothing",
  async run(world) {
    await world.start(FETCHERS);
    const ids = await createDatasets(world, 3);
    // One has ended, so that its end can be forgotten.
    await endOf(world, "datasets", ids[0] ?? "");
    await world.redis.kill();
    const { path, bytes } = appendOnlyFile(world.redis.dir);
    const torn = Math.ceil(world.random.between(0, bytes));
    truncateSync(path, bytes - torn);
    world.history.add({ type: "fault", what: `Redis killed, and ${torn} of ${bytes} bytes torn off its file` });
    await world.redis.restart();
    world.history.add({ type: "healed", what: "Redis runs, with what was left" });
    await endsReconciled(world, ids);
    await lookAtAll(world, ids);
  },
};

/** The one that Redis was writing. */
function appendOnlyFile(dir: string): { path: string; bytes: number } {
  const folder = join(dir, "appendonlydir");
  const name = readdirSync(folder)
    .filter((file) => file.endsWith(".incr.aof"))
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .at(-1);
  const path = join(folder, name ?? "");
  return { path, bytes: statSync(path).size };
}

const absentRedis: Fault = {
  id: "F8",
  title: `Redis is away for ${AWAY_MS / 1000} s`,
  promise:
    "what needs it is refused within a second with a time to come back, what is finished is answered, and workers go on by themselves",
  async run(world) {
    await world.start(["api", "downloader", "trainer"]);
    const before = pidsOf(world);
    const dataset = await readyDataset(world);
    const [inWork = ""] = await createDatasets(world, 1);
    const model = await create(world, "models", modelBody(dataset));
    const isTrained = async () => (await read(world, "models", model))?.state === "running";
    await waitUntil(isTrained, { what: "training to begin", timeoutMs: 30_000 });
    world.history.add({ type: "fault", what: "Redis killed" });
    await world.redis.kill();
    const back = performance.now() + AWAY_MS;
    const late = create(world, "datasets", datasetBody(world.lists));
    while (performance.now() < back) {
      await promiseRefusals(world, dataset);
      await promiseAnswers(world, dataset);
      await delay(1000);
    }
    await world.redis.restart();
    world.history.add({ type: "healed", what: "Redis runs" });
    const [healed, started] = [performance.now(), jobsStarted(world)];
    await waitUntil(() => jobsStarted(world) > started, { what: "a job to start", timeoutMs: 60_000 });
    const seconds = (performance.now() - healed) / 1000;
    promise(world, "the first job starts within 25 s", seconds < 25, `${seconds.toFixed(1)} s`);
    const ids = [dataset, inWork, await late];
    await ends(world, ids);
    const state = await endOf(world, "models", model);
    promise(world, "the model is trained to its end", state === "ready", state);
    promiseSameProcesses(world, before);
    await lookAtAll(world, ids);
  },
};

const jobsStarted = ({ services }: World): number =>
  [...services.values()].flatMap(({ lines }) => lines).filter(({ msg }) => msg === "job started").length;

async function promiseRefusals(world: World, dataset: string): Promise<void> {
  const bodies = [
    ["datasets", datasetBody(world.lists)],
    ["models", modelBody(dataset)],
    ["predictions", predictionBody(dataset.replace("ds_", "mdl_"), world.lists)],
  ] as const;
  const [kind, body] = world.random.pick<readonly [Kind, object]>(bodies);
  const started = performance.now();
  const answer = await ask(world, kind, body, randomUUID());
  const ms = Math.round(performance.now() - started);
  const isRefused = answer?.status === 503 && answer.code === "queue_unavailable" && Number(answer.retryAfter) > 0;
  promise(world, "creating is refused within a second", isRefused && ms < 1000, { kind, ms, answer });
}

async function promiseAnswers(world: World, dataset: string): Promise<void> {
  const { apiUrl } = world;
  for (const path of [`/v1/datasets/${dataset}`, `/v1/datasets/${dataset}/items?limit=5`, "/v1/datasets"]) {
    const status = await statusOf(apiUrl + path);
    promise(world, `GET ${path} is answered`, status === 200, status);
  }
  for (const [name, { url }] of world.services) {
    const [live, ready] = await Promise.all([statusOf(`${url}/livez`), statusOf(`${url}/readyz`)]);
    promise(world, `${name} is alive and not ready`, live === 200 && ready === 503, { live, ready });
  }
}

async function statusOf(url: string): Promise<number | string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3000) }).catch((error: unknown) => String(error));
  if (typeof answer === "string") return answer;
  await answer.arrayBuffer();
  return answer.status;
}

const emptiedRedis: Fault = {
  id: "F10",
  title: "Redis comes back empty",
  promise: "the records rebuild the queues, and an Idempotency-Key still names its record",
  async run(world) {
    await world.start(FETCHERS);
    const key = randomUUID();
    const first = await create(world, "datasets", datasetBody(world.lists), key);
    const ids = [first, ...(await createDatasets(world, 2))];
    await asked(world, Math.floor(world.random.between(5, 80)));
    world.history.add({ type: "fault", what: "FLUSHALL" });
    await tellRedis(world, "FLUSHALL");
    const { items } = await world.client.call("listDatasets", {});
    promise(world, "every record is still listed", items.length === ids.length, items.length);
    await endsReconciled(world, ids);
    const enqueued = await Promise.all(ids.slice(1).map(async (id) => (await read(world, "datasets", id))?.enqueued));
    const isRebuilt = enqueued.every((count) => Number(count) > 1);
    promise(world, "those that waited were enqueued anew", isRebuilt, enqueued);
    await create(world, "datasets", datasetBody(world.lists), key);
    await lookAtAll(world, ids);
  },
};

export const lostRedis: Fault[] = [killedRedis, tornRedis, absentRedis, emptiedRedis];
