// SIGTERM to each service in the middle of its work: it ends with 0 and in time, and what it had begun is answered or goes on elsewhere.
import { createClient } from "@ursa/contracts/client";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Model } from "@ursa/contracts/model";
import { isFinal, type RecordState } from "@ursa/contracts/record";
import { watchCrowding } from "@ursa/testing/crowding";
import { afterMs, type ImageServer, ok, startImageServer } from "@ursa/testing/image-server";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { type ServiceProcess, startServiceProcess } from "@ursa/testing/service-process";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ursaServices } from "../../cli/src/local/up/service-table.ts";

const PER_KIND = 20;
const PICTURES = PER_KIND * BEAR_KINDS.length;
/** Seconds on an idle machine: requests in flight get ten, and so does a trainer for its checkpoint. */
const SECONDS = 10;

let world: Awaited<ReturnType<typeof startWorld>>;
let dataset: Dataset;
let model: Model;
/** A picture to ask about. */
let picture: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  world = await startWorld();
  picture = new Uint8Array(await drawBear("teddy", 99));
  await using _downloader = await world.start("downloader");
  await using _trainer = await world.start("trainer");
  dataset = await endOf(readDataset((await createDataset()).id));
  model = await endOf(readModel((await train(1)).id));
});
afterAll(() => world[Symbol.asyncDispose]());

test("the API answers every request that reached it, and then refuses", async () => {
  await using inferer = await world.start("inferer");
  await using api = await world.start("api", { URSA_INFERER_URL: inferer.url });
  const classify = () => fetch(`${api.url}/v1/classify?model=${model.id}`, { method: "POST", body: picture });
  const load = startLoad([classify, classify, () => fetch(`${api.url}/v1/datasets?limit=5`)]);
  await load.reached(60);
  await expectEnd(api);
  expect(await load.ended).toEqual({ statuses: [200], lost: [] });
});

test("an inferer answers every picture that reached it", async () => {
  await using inferer = await world.start("inferer");
  const path = `/classify?namespace=default&model=${model.id}`;
  const load = startLoad([() => fetch(`${inferer.url}${path}`, { method: "POST", body: picture })]);
  await load.reached(40);
  await expectEnd(inferer);
  expect(await load.ended).toEqual({ statuses: [200], lost: [] });
});

test("a downloader hands its shard back, and the next one's counts are those of a quiet run", async () => {
  // One shard of sixteen at a time, so that the stop meets one that has begun and others that have not.
  await using first = await world.start("downloader", { URSA_CONCURRENCY: "16" });
  const asked = world.gallery.hits.length;
  const { id } = await createDataset();
  await waitUntil(() => world.gallery.hits.length > asked + 20, { what: "the second shard", timeoutMs: 60_000 });
  await expectEnd(first);
  expect(first.lines.map(({ msg }) => msg)).toContain("job handed back for the next worker");
  await using _second = await world.start("downloader");
  expect((await endOf(readDataset(id))).counts).toEqual(dataset.counts);
});

test("a trainer hands its run back, and the next one goes on behind the last epoch", async () => {
  const epochs = 20;
  await using first = await world.start("trainer");
  const { id } = await train(epochs);
  const get = readModel(id);
  await waitUntil(async () => (await get()).epochs.length >= 2, { what: "two epochs", timeoutMs: 120_000 });
  await expectEnd(first);
  const handedBack = await get();
  expect(handedBack.state).toBe("queued");
  await using _second = await world.start("trainer");
  const ended = await endOf(get);
  // Rows with the seconds they took: an epoch that was done again would have others.
  expect(ended.epochs.slice(0, handedBack.epochs.length)).toEqual(handedBack.epochs);
  expect(ended.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: epochs }, (_, n) => n + 1));
});

test("an inferer for batches leaves what is unanswered to the next, and every picture has one answer", async () => {
  await using first = await world.start("inferer-batch");
  const { id } = await world.client.call("createPrediction", {
    body: { model: model.id, input: { dataset: dataset.id } },
  });
  const get = readPrediction(id);
  await waitUntil(async () => (await get()).progress?.done, { what: "the first answers", timeoutMs: 60_000 });
  await expectEnd(first);
  expect((await get()).state).toBe("running");
  await using _second = await world.start("inferer-batch");
  expect(await endOf(get)).toMatchObject({ counts: { outcomes: { ok: PICTURES } } });
  const text = await (await world.client.call("getResults", { params: { id }, query: { format: "jsonl" } })).text();
  const indexes = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).index);
  expect(indexes).toEqual(Array.from({ length: PICTURES }, (_, n) => n));
});

async function expectEnd(service: ServiceProcess): Promise<void> {
  const crowding = watchCrowding();
  const { code, seconds } = await service.end("SIGTERM");
  expect(code).toBe(0);
  expect(seconds).toBeLessThanOrEqual(SECONDS * crowding());
}

/** Callers who each ask again as soon as they are answered, until nobody takes the connection any more. */
function startLoad(questions: (() => Promise<Response>)[]) {
  const statuses = new Set<number>();
  const lost: unknown[] = [];
  let answered = 0;
  const askOn = async (question: () => Promise<Response>) => {
    try {
      for (;;) {
        const answer = await question();
        await answer.arrayBuffer();
        statuses.add(answer.status);
        answered += 1;
      }
    } catch (error) {
      if (!isRefused(error)) lost.push(error);
    }
  };
  const callers = Array.from({ length: 4 }, () => questions.map(askOn)).flat();
  return {
    reached: (count: number) =>
      waitUntil(() => answered >= count || lost[0], { what: `${count} answers`, timeoutMs: 120_000 }),
    ended: Promise.all(callers).then(() => ({ statuses: [...statuses], lost })),
  };
}

const isRefused = (error: unknown): boolean =>
  error instanceof TypeError &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  error.cause.code === "ECONNREFUSED";

const createDataset = () => world.client.call("createDataset", { body: { sources: world.sources } });

/** Small pictures and batches of two: an epoch is over soon, and there are steps in it to be stopped between. */
const train = (epochs: number) => {
  // An epoch is over soon, and there are steps in it to be stopped between.
  const small = { size: 64, stage1: { epochs, batchSize: 2 }, allowUnusual: true };
  const recipe = { phases: ["stage-1" as const], seed: 1, ...small };
  return world.client.call("createModel", { body: { dataset: dataset.id, recipe } });
};

const readDataset = (id: string) => () => world.client.call("getDataset", { params: { id } });
const readModel = (id: string) => () => world.client.call("getModel", { params: { id } });
const readPrediction = (id: string) => () => world.client.call("getPrediction", { params: { id } });

async function endOf<T extends { state: RecordState }>(read: () => Promise<T>): Promise<T> {
  const isEnded = async () => isFinal((await read()).state);
  await waitUntil(isEnded, { what: "the record to end", timeoutMs: 240_000, intervalMs: 100 });
  return read();
}

/** Redis, a store, a gallery whose pictures take a while, and an API to ask; workers are started by whoever needs one. */
async function startWorld() {
  await using building = new AsyncDisposableStack();
  const redis = building.use(await startRedis());
  const folder = building.use(await createScratchFolder());
  const gallery = building.use(await startImageServer());
  const sources = await drawLists(gallery);
  const env = {
    URSA_REDIS_URL: redis.url,
    URSA_STORE_URL: `file://${folder.path}/store`,
    URSA_WORK_DIR: `${folder.path}/work`,
    URSA_FETCH_ALLOW: gallery.address,
    URSA_DECODERS: "1",
  };
  const start = (name: string, more: Record<string, string> = {}) => {
    const { main, env: own } = ursaServices.find((service) => service.name === name) ?? { main: name };
    return startServiceProcess(main, { ...env, ...own, ...more });
  };
  const api = building.use(await start("api"));
  const living = building.move();
  return {
    ...{ gallery, sources, start },
    client: createClient({ baseUrl: api.url }),
    [Symbol.asyncDispose]: () => living.disposeAsync(),
  };
}

/** Each kind has one more URL, where there is nothing. */
async function drawLists(gallery: ImageServer) {
  const listOf = async (kind: (typeof BEAR_KINDS)[number]) => {
    const paths = Array.from({ length: PER_KIND }, (_, seed) => `/${kind}/${seed}.jpg`);
    for (const [seed, path] of paths.entries()) gallery.set(path, afterMs(100, ok(await drawBear(kind, seed))));
    return { class: kind, urls: [...paths, `/${kind}/gone.jpg`].map((path) => gallery.origin + path) };
  };
  return Promise.all(BEAR_KINDS.map(listOf));
}
