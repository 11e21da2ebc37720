// F9 and F29: Redis is full, evicts, throws everybody out, or does not answer for some seconds.
import { randomUUID } from "node:crypto";
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
import { ask, create, datasetBody } from "../work.ts";
import { LOCK_S, type World } from "../world.ts";

const FETCHERS = ["api", "downloader"] as const;
/** Less than an empty Redis uses. */
const FULL = "100kb";
const PAUSE_S = 5;

const fullRedis: Fault = {
  id: "F9",
  title: "the memory of Redis is full, and then it may evict",
  promise:
    "creating is refused with a remedy, what was accepted ends once there is room, and a Redis that evicts is used by nobody",
  async run(world) {
    await world.start(FETCHERS);
    const before = pidsOf(world);
    const ids = await createDatasets(world, 3);
    await asked(world, Math.floor(world.random.between(1, 60)));
    world.history.add({ type: "fault", what: `maxmemory ${FULL}` });
    await tellRedis(world, "CONFIG", "SET", "maxmemory", FULL);
    await promiseRefusal(world, /memory of Redis is full.*maxmemory/);
    // Long enough for locks to run out, since they cannot be renewed.
    await delay(2 * LOCK_S * 1000);
    await promiseRefusal(world, /memory of Redis is full.*maxmemory/);
    await tellRedis(world, "CONFIG", "SET", "maxmemory", "0");
    world.history.add({ type: "healed", what: "Redis has room" });
    await endsReconciled(world, ids);
    await evicting(world);
    ids.push(...(await createDatasets(world, 1)));
    await ends(world, ids);
    promiseSameProcesses(world, before);
    await lookAtAll(world, ids);
  },
};

async function promiseRefusal(world: World, remedy: RegExp): Promise<void> {
  const before = (await world.client.call("listDatasets", {})).items.length;
  const answer = await ask(world, "datasets", datasetBody(world.lists), randomUUID());
  const isRefused = answer?.status === 503 && answer.code === "queue_unavailable" && Number(answer.retryAfter) > 0;
  const says = remedy.test(answer?.detail ?? "");
  promise(world, "creating is refused with a code, a remedy and a time to come back", isRefused && says, answer);
  const after = (await world.client.call("listDatasets", {})).items.length;
  promise(world, "what was refused left no record", after === before, { before, after });
}

async function evicting(world: World): Promise<void> {
  world.history.add({ type: "fault", what: "maxmemory-policy allkeys-lru" });
  await tellRedis(world, "CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  for (const [name, { url }] of world.services) {
    const isUnready = async () => (await fetch(`${url}/readyz`)).status === 503;
    const became = await waitUntil(isUnready, { what: `${name} to be unready`, timeoutMs: 15_000 }).catch(() => false);
    promise(world, `${name} is not ready`, became, became);
  }
  await promiseRefusal(world, /noeviction/);
  const failure = await world.startAnother("downloader").then(
    () => "it started",
    (error: unknown) => String(error),
  );
  promise(world, "a downloader does not start", failure.includes("ended with 1"), failure);
  await tellRedis(world, "CONFIG", "SET", "maxmemory-policy", "noeviction");
  world.history.add({ type: "healed", what: "maxmemory-policy noeviction" });
}

const shakenRedis: Fault = {
  id: "F29",
  title: `Redis throws out its clients, pauses for ${PAUSE_S} s and is busy for ${PAUSE_S} s`,
  promise: "everybody connects again, and nothing is lost or enqueued twice",
  world: { redisArgs: ["--enable-debug-command", "local"] },
  async run(world) {
    await world.start(FETCHERS);
    const before = pidsOf(world);
    const ids = await createDatasets(world, 3);
    const followed = followDataset(world, ids[2] ?? "", "a browser");
    const blows = [
      ["CLIENT", "KILL", "TYPE", "normal"],
      ["CLIENT", "KILL", "TYPE", "pubsub"],
      ["CLIENT", "PAUSE", String(PAUSE_S * 1000), "ALL"],
      ["DEBUG", "SLEEP", String(PAUSE_S)],
    ] as const;
    for (const [command, ...args] of blows) {
      await asked(world, world.gallery.hits.length + Math.floor(world.random.between(1, 10)));
      world.history.add({ type: "fault", what: [command, ...args].join(" ") });
      await tellRedis(world, command, ...args);
      world.history.add({ type: "healed", what: `${command} is over, or answered` });
    }
    ids.push(await create(world, "datasets", datasetBody(world.lists)));
    await ends(world, ids);
    await followed;
    await promiseFirstJobs(world, ids);
    promiseSameProcesses(world, before);
    await lookAtAll(world, ids);
  },
};

export const busyRedis: Fault[] = [fullRedis, shakenRedis];
