// F1 to F4: each kind of process is killed in the middle of its work.
import { randomUUID } from "node:crypto";
import { waitUntil } from "@ursa/testing/wait-until";
import { type Fault, promise } from "../fault.ts";
import { lookAround, lookAtDataset, lookAtPrediction, weightsOf } from "../last-look.ts";
import { ask, create, datasetBody, endOf, modelBody, predictionBody, read } from "../work.ts";
import type { World } from "../world.ts";

const FETCHERS = ["api", "downloader"] as const;

/** A dataset that nothing happened to. */
export async function readyDataset(world: World): Promise<string> {
  const id = await create(world, "datasets", datasetBody(world.lists));
  await endOf(world, "datasets", id);
  return id;
}

/** A model of it, that nothing happened to. */
export async function readyModel(world: World, dataset: string): Promise<string> {
  const id = await create(world, "models", modelBody(dataset));
  await endOf(world, "models", id);
  return id;
}

const killedDownloader: Fault = {
  id: "F1",
  title: "a downloader is killed in the middle of a shard",
  promise: "another one does the shard again, and no picture is lost or counted twice",
  // What CI tries is tried on a real S3 too, where there is one.
  world: { store: "minio" },
  async run(world) {
    await world.start(FETCHERS);
    const { gallery, random, history } = world;
    const id = await create(world, "datasets", datasetBody(world.lists));
    const moment = Math.floor(random.between(3, 35));
    await waitUntil(() => gallery.hits.length >= moment, { what: `${moment} pictures to be asked for` });
    history.add({ type: "fault", what: `downloader killed after ${moment} pictures` });
    await world.end("downloader");
    await world.start(["downloader"]);
    history.add({ type: "healed", what: "another downloader runs" });
    await endOf(world, "datasets", id);
    const listed = world.lists.flatMap(({ urls }) => urls).length;
    promise(world, "at most one shard is fetched again", gallery.hits.length <= 2 * listed + 30, gallery.hits.length);
    await lookAtDataset(world, id);
    await lookAround(world);
  },
};

const killedTrainer: Fault = {
  id: "F2",
  title: "a trainer is killed while it trains, and between a checkpoint's bytes and its record",
  promise: "the run goes on from the last checkpoint, with the weights of a run that was left alone",
  async run(world) {
    await world.start(["api", "downloader", "trainer"]);
    const dataset = await readyDataset(world);
    const calm = await readyModel(world, dataset);
    const id = await create(world, "models", modelBody(dataset));
    await reached(world, id, Math.ceil(world.random.between(0, 4)));
    world.history.add({ type: "fault", what: "trainer killed" });
    await world.end("trainer");
    // The child dies with a checkpoint written and nobody told.
    await world.start(["trainer"], { URSA_FAILPOINT: "after-put:/checkpoints/" });
    const trainer = world.services.get("trainer");
    const childDied = () => trainer?.lines.some(({ msg }) => /child|training process|again/.test(String(msg)));
    await waitUntil(childDied, { what: "the training process to die at its checkpoint", timeoutMs: 60_000 });
    await world.end("trainer");
    await world.start(["trainer"]);
    world.history.add({ type: "healed", what: "another trainer runs" });
    await endOf(world, "models", id);
    await compare(world, { id, calm, kills: 2 });
    await lookAround(world);
  },
};

/** Waits until so many epochs are recorded. */
export async function reached(world: World, id: string, epochs: number): Promise<void> {
  const has = async () => ((await read(world, "models", id))?.epochs as unknown[] | undefined)?.length ?? 0;
  await waitUntil(async () => (await has()) >= epochs, { what: `epoch ${epochs}`, timeoutMs: 90_000, intervalMs: 50 });
}

export async function compare(world: World, run: { id: string; calm: string; kills: number }): Promise<void> {
  const { client, history } = world;
  const rowsOf = async (id: string) => (await client.call("getModel", { params: { id } })).epochs;
  const seenOf = async (id: string) =>
    (await rowsOf(id)).map(({ stage, epoch, trainLoss, validLoss }) => ({ stage, epoch, trainLoss, validLoss }));
  const [epochs, calm] = [await seenOf(run.id), await seenOf(run.calm)];
  const [weights, calmWeights] = [await weightsOf(world, run.id), await weightsOf(world, run.calm)];
  // An epoch that was recorded twice was trained twice.
  const repeated = epochs.length - new Set(epochs.map(({ stage, epoch }) => `${stage} ${epoch}`)).size;
  history.add({ type: "trained", ...run, epochs, calm, weights, calmWeights, repeated });
}

const killedInferer: Fault = {
  id: "F3",
  title: "both kinds of inferer are killed in the middle of their answers",
  promise: "a caller is answered or told to come back, and a batch has one answer for each input",
  async run(world) {
    await world.start();
    const dataset = await readyDataset(world);
    const model = await readyModel(world, dataset);
    const picture = new Uint8Array(await (await fetch(world.lists[0]?.urls[0]?.url ?? "")).arrayBuffer());
    const statuses: number[] = [];
    const classify = async () => {
      const url = `${world.apiUrl}/v1/classify?model=${model}`;
      const answer = await fetch(url, { method: "POST", body: picture, signal: AbortSignal.timeout(20_000) });
      await answer.arrayBuffer();
      statuses.push(answer.status);
      if (answer.status === 503)
        promise(world, "503 says when to come back", answer.headers.has("retry-after"), [...answer.headers]);
    };
    await classify();
    const callers = Array.from({ length: 20 }, () => classify());
    world.history.add({ type: "fault", what: "inferer killed while it answers" });
    await world.end("inferer");
    await Promise.all(callers);
    await world.start(["inferer"]);
    await classify();
    promise(
      world,
      "each caller has an answer",
      statuses.every((status) => [200, 503].includes(status)),
      statuses,
    );
    promise(world, "the new inferer answers", statuses.at(-1) === 200, statuses.at(-1));
    const id = await create(world, "predictions", predictionBody(model, world.lists));
    await waitUntil(async () => (await read(world, "predictions", id))?.state !== "queued", {
      what: "the prediction to begin",
    });
    world.history.add({ type: "fault", what: "inferer for batches killed" });
    await world.end("inferer-batch");
    await world.start(["inferer-batch"]);
    world.history.add({ type: "healed", what: "both inferers run" });
    await endOf(world, "predictions", id);
    await lookAtPrediction(world, id);
    await lookAround(world);
  },
};

const killedApi: Fault = {
  id: "F4",
  title: "the API is killed when a record is written and its job is not",
  promise:
    "asking again under the same key gives the same record, and a record that nobody asks for again gets its job",
  async run(world) {
    await world.start(FETCHERS);
    const ids: string[] = [];
    for (const asksAgain of [true, false]) {
      await world.end("api");
      await world.start(["api"], { URSA_FAILPOINT: "after-put:/records/datasets/" });
      const key = randomUUID();
      world.history.add({ type: "fault", what: "the API dies behind the record" });
      const answer = await ask(world, "datasets", datasetBody(world.lists), key);
      promise(world, "the API died before it could answer", answer === undefined, answer);
      await world.end("api");
      await world.start(["api"]);
      world.history.add({ type: "healed", what: "another API runs" });
      if (asksAgain) ids.push(await create(world, "datasets", datasetBody(world.lists), key));
    }
    const items = await listed(world, 2);
    promise(
      world,
      "each request left one record",
      items.length === 2,
      items.map(({ id }) => id),
    );
    for (const { id } of items) {
      if (!ids.includes(id)) await reconciled(world, id);
      await endOf(world, "datasets", id);
      await lookAtDataset(world, id);
    }
    await lookAround(world);
  },
};

/** A record whose writer died is in the list once the index was filled, which a new API does first of all. */
async function listed({ client }: World, count: number) {
  const list = async () => (await client.call("listDatasets", {})).items;
  const hasAll = async () => (await list()).length >= count;
  await waitUntil(hasAll, { what: `${count} records to be listed`, timeoutMs: 30_000, intervalMs: 200 });
  return list();
}

/** Asks the reconciler, which leaves what is younger than ten seconds alone, until it has enqueued the record, or its job is there. */
export async function reconciled(world: World, id: string): Promise<void> {
  const isMadeUpFor = async () => {
    const { enqueued } = await world.client.call("reconcile", {});
    return enqueued.includes(id) || (await read(world, "datasets", id))?.state !== "queued";
  };
  await waitUntil(isMadeUpFor, { what: `${id} to get its job`, timeoutMs: 60_000, intervalMs: 500 });
}

export const killedWorkers: Fault[] = [killedDownloader, killedTrainer, killedInferer, killedApi];
