// The part of F15 in which a disk has space, and takes its time.
import type { ServiceProcess } from "@ursa/testing/service-process";
import { promise } from "../fault.ts";
import { metricOf, serviceOf } from "../measure.ts";
import { slowDisk } from "../preloads.ts";
import { create, endOf, modelBody, read } from "../work.ts";
import { LOCK_S, type World } from "../world.ts";
import { readyDataset } from "./killed-workers.ts";
import { ONE_STAGE, sameAsCalm } from "./store.ts";

/** A memory card that is worn out. A model's file alone takes it longer than a lock lasts. */
const SLOW = { kbPerSecond: 2048, syncMs: 400 };
const LOOK_MS = 100;

/** Downloader and trainer write everything to such a disk: pictures, parts, records, checkpoints, activations. */
export async function onSlowDisk(world: World): Promise<void> {
  const { history } = world;
  await world.start(["api"]);
  await world.start(["downloader", "trainer"], slowDisk(SLOW));
  history.add({ type: "fault", what: `the disk of downloader and trainer writes ${SLOW.kbPerSecond} kB a second` });
  const dataset = await readyDataset(world);
  const model = await create(world, "models", modelBody(dataset, ONE_STAGE));
  const watching = new AbortController();
  const moves = watchProgress(world, model, watching.signal);
  const began = performance.now();
  const state = await endOf(world, "models", model, 240_000);
  const seconds = (performance.now() - began) / 1000;
  watching.abort();
  const workers = [serviceOf(world, "downloader"), serviceOf(world, "trainer")];
  const slowest = Math.max(...(await Promise.all(workers.map(meanPutSeconds))));
  promise(world, "the disk was slow", slowest > SLOW.syncMs / 1000, `${slowest.toFixed(2)} s for a write to the store`);
  promise(world, `the run is ready, after more than a lock's ${LOCK_S} s`, state === "ready" && seconds > LOCK_S, {
    ...{ state, seconds },
  });
  const lost = workers.flatMap(({ lines }) =>
    lines.filter(({ msg }) => /locks lost|lost its worker|has it now/.test(String(msg))),
  );
  promise(world, "nobody lost a lock", lost.length === 0, lost);
  for (const [kind, id] of [
    ["datasets", dataset],
    ["models", model],
  ] as const) {
    const fence = (await read(world, kind, id))?.fence;
    promise(world, `one worker had all of ${id}`, fence === 1, fence);
  }
  const seen = await moves;
  promise(world, "its progress was seen to move", seen.size >= 4, [...seen]);
  await Promise.all([world.end("trainer", "SIGTERM"), world.end("downloader", "SIGTERM")]);
  history.add({ type: "healed", what: "disks are quick again" });
  await world.start(["downloader", "trainer"]);
  await sameAsCalm(world, { id: model, dataset });
  await world.end("trainer", "SIGTERM");
}

async function watchProgress(world: World, id: string, signal: AbortSignal): Promise<Set<string>> {
  const { promise: ended, resolve } = Promise.withResolvers<Set<string>>();
  const seen = new Set<string>();
  const look = async () => {
    const progress = (await read(world, "models", id))?.progress;
    if (progress) seen.add(JSON.stringify(progress));
    if (signal.aborted) resolve(seen);
    else setTimeout(look, LOOK_MS);
  };
  void look();
  return ended;
}

async function meanPutSeconds(service: ServiceProcess): Promise<number> {
  const name = "ursa_storage_request_duration_seconds";
  return (await metricOf(service, `${name}_sum`, 'op="put"')) / (await metricOf(service, `${name}_count`, 'op="put"'));
}
