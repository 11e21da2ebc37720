// F23: every write that others can see is a moment to die in, before it and behind it, one after the other.

import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import type { ServiceProcess } from "@ursa/testing/service-process";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction } from "../last-look.ts";
import { create, datasetBody, endOf, modelBody, predictionBody } from "../work.ts";
import type { ServiceName, World } from "../world.ts";
import { compare } from "./killed-workers.ts";
import { ONE_STAGE } from "./store.ts";

/** In the order in which a job comes to them, so that each is reached by the worker that takes the job next. */
const SWEEPS: Record<"downloader" | "trainer" | "inferer-batch", readonly string[]> = {
  downloader: [
    // The first row of a dataset that runs…
    ...["before-put:/records/datasets/", "after-put:/records/datasets/"],
    ...["before-put:/images/", "after-put:/images/", "before-put:/shards/", "after-put:/shards/"],
    ...["before-put:/parts/", "after-put:/parts/"],
    // …and when it is assembled: taken, then ended.
    ...["before-put:/manifest-", "after-put:/manifest-"],
    ...["before-put:/records/datasets/:2", "after-put:/records/datasets/:2"],
  ],
  trainer: [
    ...["before-put:/records/models/", "after-put:/records/models/"],
    ...["before-put:/checkpoints/", "after-put:/checkpoints/:2", "before-put:/records/models/:3"],
    ...["before-put:/stage-1/", "after-put:/stage-1/:2"],
  ],
  "inferer-batch": [
    ...["before-put:/answers/", "after-put:/answers/"],
    // Taken, to be collected; that it runs was said by whoever fetched its pictures.
    ...["before-put:/records/predictions/", "after-put:/records/predictions/"],
    ...["before-put:/results-", "after-put:/results-"],
    ...["before-put:/records/predictions/:2", "after-put:/records/predictions/:2"],
  ],
};

const halfWritten: Fault = {
  id: "F23",
  title: `workers die at ${Object.values(SWEEPS).flat().length} writes, before and behind each that others can see`,
  promise: "whoever takes the job next goes on, and nobody ever reads half a manifest or half the results",
  world: { env: { URSA_LOCK_S: "2" } },
  async run(world) {
    const stop = new AbortController();
    const reader = readAll(world, stop.signal);
    await world.start(["api"]);
    const dataset = await create(world, "datasets", datasetBody(world.lists));
    await sweep(world, "downloader");
    await endOf(world, "datasets", dataset);
    await world.start(["trainer"]);
    const calm = await create(world, "models", modelBody(dataset, ONE_STAGE));
    await endOf(world, "models", calm);
    await world.end("trainer", "SIGTERM");
    const model = await create(world, "models", modelBody(dataset, ONE_STAGE));
    const prediction = await create(world, "predictions", predictionBody(calm, world.lists));
    await Promise.all([sweep(world, "trainer"), sweep(world, "inferer-batch")]);
    world.history.add({ type: "healed", what: "nobody dies any more" });
    await Promise.all([endOf(world, "models", model), endOf(world, "predictions", prediction)]);
    stop.abort();
    const { reads, halves } = await reader;
    promise(world, "nobody ever reads a half", reads > 100 && halves.length === 0, `${reads} reads; ${halves}`);
    await compare(world, { id: model, calm, kills: SWEEPS.trainer.length });
    await lookAtDataset(world, dataset);
    await lookAtPrediction(world, prediction);
    await lookAround(world);
  },
};

/** Each worker dies at its write; the next one takes the job up there. At last one runs that does not die. */
async function sweep(world: World, name: keyof typeof SWEEPS): Promise<void> {
  for (const failpoint of SWEEPS[name]) {
    world.history.add({ type: "fault", what: `${name} dies at ${failpoint}` });
    const died = await diesAt(world, name, failpoint);
    promise(world, `${name} came to ${failpoint}`, died, died);
  }
  await world.start([name]);
}

/** Also where it is the training process that died. */
async function diesAt(world: World, name: ServiceName, failpoint: string): Promise<boolean> {
  const died = await world.start([name], { URSA_FAILPOINT: failpoint }).then(() => false, diedEarly);
  const service = world.services.get(name);
  if (died || !service) return died;
  try {
    await waitUntil(() => isDead(service), { what: failpoint, timeoutMs: 40_000 });
    return true;
  } catch {
    return false;
  } finally {
    await world.end(name);
  }
}

/** Before it could say that it is ready. */
function diedEarly(error: unknown): true {
  if (error instanceof Error && error.message.includes("ended with SIGKILL")) return true;
  throw error;
}

const isDead = ({ pid, lines }: ServiceProcess): boolean =>
  !isProcessAlive(pid) || lines.some(({ msg }) => String(msg).includes("the child process was lost"));

type Readings = { reads: number; halves: string[] };

/** Reads whatever is there of manifests and results, again and again: whole each time, and the same each time. */
async function readAll(world: World, signal: AbortSignal): Promise<Readings> {
  const rows = world.lists.flatMap(({ urls }) => urls).length;
  const seen = new Map<string, string>();
  const readings: Readings = { reads: 0, halves: [] };
  const look = async (key: string) => {
    readings.reads += 1;
    const fault = faultOf((await world.store.get(key)).body.toString(), { rows, before: seen.get(key) });
    if (typeof fault === "string") readings.halves.push(`${key}: ${fault}`);
    else seen.set(key, fault.text);
  };
  while (!signal.aborted) {
    for (const key of await immutable(world)) await look(key);
    await delay(50);
  }
  return readings;
}

async function immutable({ store }: World): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ["ns/default/datasets/", "ns/default/predictions/"])
    for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.filter((key) => /(manifest|results)-\d+\.jsonl$/.test(key));
}

function faultOf(text: string, { rows, before = text }: { rows: number; before: string | undefined }) {
  const lines = text.split("\n").filter(Boolean);
  if (text !== before) return "it is not what it was";
  if (lines.length !== rows) return `${lines.length} of ${rows} rows`;
  try {
    for (const line of lines) JSON.parse(line);
    return { text };
  } catch {
    return "a row that is no JSON";
  }
}

export const halves: Fault[] = [halfWritten];
