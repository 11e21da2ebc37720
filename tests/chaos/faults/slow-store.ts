// F12 and F20: a store that is slow or stands still, and one that a single worker cannot reach.
import { setTimeout as delay } from "node:timers/promises";
import { startTcpProxy } from "@ursa/testing/tcp-proxy";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset } from "../last-look.ts";
import { healthOf, metricOf, peakRssMb, serviceOf } from "../measure.ts";
import { create, datasetBody, endOf, modelBody, read } from "../work.ts";
import type { ServiceName, World } from "../world.ts";
import { ONE_STAGE, sameAsCalm, stubOf } from "./store.ts";

/** What a worker may have grown by in MB: a model and a batch of pictures, and no more because the store is slow. */
const MAX_GROWN_MB = 250;
/** A read or write of a stalled store is given up after 30 s, whatever is asked for; the rest is what the API and a busy machine take. */
const MAX_ANSWER_MS = 60_000;

const slowStore: Fault = {
  id: "F12",
  title: "the store answers at 1 kB/s, takes writes without an answer, or stands still after its headers",
  promise: "operations end in time, jobs go on, a caller is told to come back, and no worker's memory grows",
  world: { store: "stub" },
  async run(world) {
    const workers: ServiceName[] = ["api", "downloader", "trainer", "inferer"];
    await world.start(workers);
    const before = new Map(workers.map((name) => [name, peakRssMb(serviceOf(world, name))]));
    const { faults } = stubOf(world);
    faults.add({ kind: "slow", bytesPerSecond: 1000, match: { method: "GET", keyPart: "/plan/" }, times: 2 });
    faults.add({ kind: "stall", match: { method: "PUT", keyPart: "/images/" }, times: 4 });
    for (const keyPart of ["/parts/", "/shards/"])
      faults.add({ kind: "stall-after-bytes", bytes: 0, match: { method: "GET", keyPart }, times: 2 });
    world.history.add({ type: "fault", what: "the store is slow, and stands still now and then" });
    const dataset = await create(world, "datasets", datasetBody(world.lists));
    promise(world, "the dataset is ready", (await endOf(world, "datasets", dataset)) === "ready", dataset);
    const model = await create(world, "models", modelBody(dataset, ONE_STAGE));
    promise(world, "so is the model", (await endOf(world, "models", model)) === "ready", model);
    promise(world, "the store stood still meanwhile", faults.struck >= 8, `${faults.struck} requests`);
    await stalledModel(world, model);
    for (const name of workers) {
      const grown = peakRssMb(serviceOf(world, name)) - (before.get(name) ?? 0);
      promise(world, `the ${name} grows by less than ${MAX_GROWN_MB} MB`, grown < MAX_GROWN_MB, `${grown} MB`);
    }
    await sameAsCalm(world, { id: model, dataset });
    await lookAtDataset(world, dataset);
    await lookAround(world);
  },
};

/** The store never sends the model; a caller learns that within a minute, and has an answer when it does again. */
async function stalledModel(world: World, model: string): Promise<void> {
  const { faults } = stubOf(world);
  const match = { method: "GET", keyPart: "/model.onnx" };
  faults.add({ kind: "stall-after-bytes", bytes: 0, match, times: Number.POSITIVE_INFINITY });
  world.history.add({ type: "fault", what: "the store stands still whenever the model is read" });
  const picture = new Uint8Array(await (await fetch(world.lists[0]?.urls[0]?.url ?? "")).arrayBuffer());
  const classify = () => fetch(`${world.apiUrl}/v1/classify?model=${model}`, { method: "POST", body: picture });
  const started = performance.now();
  const answer = await classify();
  const said = (await answer.json()) as { code?: string }; // a problem body, which the API proves elsewhere
  const took = Math.round(performance.now() - started);
  promise(world, "a caller is told in time to come back", took < MAX_ANSWER_MS && answer.status === 503, {
    ...{ took, status: answer.status, code: said.code },
  });
  promise(world, "and when", answer.headers.has("retry-after"), [...answer.headers]);
  faults.clear();
  world.history.add({ type: "healed", what: "the store answers" });
  const status = async () => (await classify()).status;
  await waitUntil(async () => (await status()) === 200, { what: "the model to answer", timeoutMs: 60_000 });
}

const partitionedStore: Fault = {
  id: "F20",
  title: "one downloader alone cannot reach the store: refused at first, then without any answer",
  promise: "its jobs are put aside for longer each time and end when it is back; they are not given up",
  world: { store: "stub" },
  async run(world) {
    const { history, gallery } = world;
    const { port, storeUrl } = stubOf(world);
    await using between = await startTcpProxy({ port });
    await world.start(["api"]);
    await world.start(["downloader"], { URSA_STORE_URL: storeUrl().replace(`:${port}/`, `:${between.port}/`) });
    const id = await create(world, "datasets", datasetBody(world.lists));
    const moment = Math.floor(world.random.between(2, 12));
    await waitUntil(() => gallery.hits.length >= moment, { what: `${moment} pictures to be asked for` });
    const worker = serviceOf(world, "downloader");
    const attempts = () => metricOf(worker, "ursa_job_attempts_total");
    const [began, startedAt] = [await attempts(), performance.now()];
    history.add({ type: "fault", what: "the downloader is refused by the store" });
    between.setWeather({ kind: "broken" });
    await delay(12_000);
    const [live, ready] = [await healthOf(worker, "livez"), await healthOf(worker, "readyz")];
    promise(world, "it lives and says that it is not ready", live === 200 && ready === 503, { live, ready });
    const seen = await read(world, "datasets", id);
    promise(world, "others can read the record", seen?.state === "running", seen?.state);
    history.add({ type: "fault", what: "the downloader hears nothing of the store" });
    between.setWeather({ kind: "deaf" });
    await delay(6000);
    const tried = (await attempts()) - began;
    const perSecond = (1000 * tried) / (performance.now() - startedAt);
    promise(world, "it tries less than once a second", perSecond < 1, `${perSecond.toFixed(2)} a second`);
    between.setWeather({ kind: "fair" });
    history.add({ type: "healed", what: "the downloader reaches the store" });
    const state = await endOf(world, "datasets", id);
    promise(world, "the dataset is ready", state === "ready", state);
    const [postponed, failed] = [
      await metricOf(worker, "ursa_jobs_total", 'outcome="postponed"'),
      await metricOf(worker, "ursa_jobs_total", 'outcome="failed"'),
    ];
    promise(world, "jobs were put aside", postponed > 0, postponed);
    promise(world, "and none was given up", failed === 0, failed);
    await lookAtDataset(world, id);
    await lookAround(world);
  },
};

export const slowStores: Fault[] = [slowStore, partitionedStore];
