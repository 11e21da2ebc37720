// F15 and F16: a disk that is slow or has no space left, and no memory left for training.
import { setTimeout as delay } from "node:timers/promises";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset } from "../last-look.ts";
import { childrenOf, healthOf, serviceOf } from "../measure.ts";
import { mountSmallDisk, type SmallDisk } from "../small-disk.ts";
import { create, datasetBody, endOf, modelBody, read } from "../work.ts";
import type { World } from "../world.ts";
import { compare, readyDataset } from "./killed-workers.ts";
import { onSlowDisk } from "./slow-disk.ts";
import { ONE_STAGE, sameAsCalm } from "./store.ts";

/** Less than the activations of thirty pictures need, and enough for a folder and a small file. */
const SMALL_KB = 64;
const AMPLE_KB = 64 * 1024;

const fullDisk: Fault = {
  id: "F15",
  title:
    "a disk writes 2 MB a second; then a trainer's scratch space is full, the store's folder and the API's temporary one",
  promise:
    "on a slow disk lock, fence and progress hold; a full one is told as disk_full, leaves nothing short, and the job is done elsewhere",
  world: { store: "folder" },
  async run(world) {
    await onSlowDisk(world);
    await using scratch = await mountSmallDisk(`${world.folder}/work/small`, SMALL_KB);
    await using full = await mountSmallDisk(`${world.folder}/full`, 1024);
    if (!scratch || !full) {
      await lookAround(world);
      world.history.add({ type: "fault", what: "absent: this user may not mount a small disk" });
      process.stdout.write("(absent: no small disk may be mounted here) ");
      return;
    }
    await world.start(["api", "downloader"]);
    const dataset = await readyDataset(world);
    await fullScratch(world, { dataset, scratch });
    await fullFolders(world, full);
    await lookAtDataset(world, dataset);
    await lookAround(world);
  },
};

/** One run finds no disk with space and fails; the next finds a worker that has some. */
async function fullScratch(world: World, { dataset, scratch }: { dataset: string; scratch: SmallDisk }): Promise<void> {
  const { history } = world;
  await world.start(["trainer"], { URSA_WORK_DIR: scratch.path });
  history.add({ type: "fault", what: `the only trainer has ${SMALL_KB} kB of scratch space` });
  const hopeless = await create(world, "models", modelBody(dataset, ONE_STAGE));
  const state = await endOf(world, "models", hopeless);
  const error = (await read(world, "models", hopeless))?.error as { code?: string } | undefined;
  promise(world, "the run fails of a full disk, and says so", state === "failed" && error?.code === "disk_full", error);
  const trainer = serviceOf(world, "trainer");
  const health = await healthOf(trainer, "readyz");
  promise(world, "the trainer survives", health === 200, health);
  const left = (await scratch.files()).filter((file) => !file.includes("/graphs/"));
  promise(world, "and leaves nothing on the full disk", left.length === 0, left);
  const retried = await create(world, "models", modelBody(dataset, ONE_STAGE));
  const lost = () => trainer.lines.filter(({ msg }) => String(msg).includes("training failed")).length;
  const before = lost();
  await waitUntil(() => lost() > before, { what: "a first try", timeoutMs: 60_000 });
  const { code } = await world.end("trainer", "SIGTERM");
  promise(world, "a trainer with a full disk stops as it is asked", code === 0, code);
  await world.start(["trainer"]);
  history.add({ type: "healed", what: "a trainer has space" });
  const elsewhere = await endOf(world, "models", retried);
  promise(world, "what failed there is done by a trainer that has space", elsewhere === "ready", elsewhere);
  await sameAsCalm(world, { id: retried, dataset });
  await world.end("trainer", "SIGTERM");
  await scratch.resize(AMPLE_KB);
  await world.start(["trainer"], { URSA_WORK_DIR: scratch.path });
  const later = await create(world, "models", modelBody(dataset, ONE_STAGE));
  await endOf(world, "models", later);
  await compare(world, { id: later, calm: retried, kills: 0 });
}

/** A store in a folder, and the bodies that the API keeps in its temporary folder: two megabytes do not fit. */
async function fullFolders(world: World, full: SmallDisk): Promise<void> {
  const env = { URSA_STORE_URL: `file://${full.path}/store`, TMPDIR: full.path };
  const api = await world.startAnother("api", env);
  world.history.add({ type: "fault", what: "an API's disk is full" });
  const send = async (method: string, path: string, body: string | Buffer<ArrayBuffer>) => {
    const headers = { "content-type": "application/octet-stream" };
    const answer = await fetch(api.url + path, { method, body, headers });
    return { status: answer.status, code: ((await answer.json()) as { code?: string }).code };
  };
  const large = Buffer.concat([Buffer.from("504b0304", "hex"), Buffer.alloc(2 << 20, 7)]);
  for (const [method, path] of [
    ["PUT", "/v1/uploads/bears.zip"],
    ["POST", "/v1/models/import"],
  ] as const) {
    const said = await send(method, path, large);
    promise(world, `${method} ${path} says disk_full`, said.status === 507 && said.code === "disk_full", said);
  }
  const left = (await full.files()).filter((file) => !file.includes("~locks"));
  promise(world, "nothing of it is left", left.length === 0, left);
  const small = await send("PUT", "/v1/uploads/urls.txt", "http://127.0.0.1/a.jpg\n");
  promise(world, "what fits is still taken", small.status === 201, small);
}

/** Less than a training process has before it begins. */
const LITTLE_MB = "60";

const outOfMemory: Fault = {
  id: "F16",
  title: "a training process needs more memory than it may have, or is killed each time as by a system that has none",
  promise: "the run ends with a reason that names memory, and other jobs are done meanwhile and afterwards",
  async run(world) {
    await world.start(["api", "downloader"]);
    const dataset = await readyDataset(world);
    await world.start(["trainer"], { URSA_TRAIN_MEMORY_MB: LITTLE_MB });
    world.history.add({ type: "fault", what: `training may use ${LITTLE_MB} MB` });
    const large = await create(world, "models", modelBody(dataset, ONE_STAGE));
    promise(world, "a run that needs too much fails", (await endOf(world, "models", large)) === "failed", large);
    const error = await errorOf(world, large);
    promise(
      world,
      "and says what to do",
      error.code === "out_of_memory" && /URSA_TRAIN_MEMORY_MB/.test(error.message),
      error,
    );
    await world.end("trainer", "SIGTERM");
    await world.start(["trainer"]);
    await killedEachTime(world, dataset);
    const next = await create(world, "models", modelBody(dataset, ONE_STAGE));
    promise(world, "the next run is ready", (await endOf(world, "models", next)) === "ready", next);
    await sameAsCalm(world, { id: next, dataset });
    await lookAtDataset(world, dataset);
    await lookAround(world);
  },
};

async function killedEachTime(world: World, dataset: string): Promise<void> {
  const trainer = serviceOf(world, "trainer");
  const id = await create(world, "models", modelBody(dataset, ONE_STAGE));
  world.history.add({ type: "fault", what: "each training process is killed" });
  const stop = new AbortController();
  const killer = killChildren(trainer, stop.signal);
  const others = await create(world, "datasets", datasetBody(world.lists.slice(1)));
  const meanwhile = await endOf(world, "datasets", others);
  const isHopeless = (await read(world, "models", id))?.state;
  promise(world, "a dataset is made meanwhile", meanwhile === "ready", { meanwhile, model: isHopeless });
  const state = await endOf(world, "models", id);
  stop.abort();
  const kills = await killer;
  world.history.add({ type: "healed", what: `nobody is killed any more, after ${kills} kills` });
  const error = await errorOf(world, id);
  promise(world, "it fails in the end", state === "failed", `${state} after ${kills} kills`);
  promise(
    world,
    "and its reason names the worker and memory",
    /kill/i.test(error.message) && /memory/.test(error.message),
    error,
  );
}

async function killChildren(trainer: Parameters<typeof childrenOf>[0], signal: AbortSignal): Promise<number> {
  let kills = 0;
  while (!signal.aborted) {
    for (const pid of childrenOf(trainer, "training-child")) {
      process.kill(pid, "SIGKILL");
      kills += 1;
    }
    await delay(100);
  }
  return kills;
}

async function errorOf(world: World, id: string): Promise<{ code: string; message: string }> {
  const error = (await read(world, "models", id))?.error;
  // The API's own schema is tested elsewhere.
  return (error ?? { code: "none", message: "none" }) as { code: string; message: string };
}

export const scarce: Fault[] = [fullDisk, outOfMemory];
