// `ursa bench scale`: 1, 2, 4 and 8 downloaders and inferers on this machine, and what each picture costs Redis and the store.
// A gallery that answers after 50 ms stands for the internet. Where the cores are the limit, more processes gain nothing, and it says so.
import { parseArgs } from "node:util";
import type { ServiceProcess } from "@ursa/testing/service-process";
import { p50, p95 } from "./quantiles.ts";
import { printScale, type Round, type Work } from "./scale-report.ts";
import { measureUsage } from "./scale-usage.ts";
import { startScaleWorld } from "./scale-world.ts";
import { untilReady } from "./until-ready.ts";

const ALIAS = "scale@bench";
/** Requests on their way at once, whatever the number of inferers: what is compared is the inferers. */
const CALLERS = 8;
const TRAINED_ON = 32;

const { values: options } = parseArgs({
  options: {
    counts: { type: "string", default: "1,2,4,8" },
    pictures: { type: "string", default: "512" },
    seconds: { type: "string", default: "6" },
    latency: { type: "string", default: "50" },
    json: { type: "boolean", default: false },
  },
});
const [counts, pictures, classifySeconds, latencyMs] = [
  options.counts.split(",").map(Number),
  Number(options.pictures),
  Number(options.seconds),
  Number(options.latency),
];
if (![...counts, pictures, classifySeconds, latencyMs + 1].every((value) => value > 0)) {
  console.error(
    "Say it in numbers: ursa bench scale [--counts 1,2,4,8] [--pictures 512] [--seconds 6] [--latency 50] [--json]",
  );
  process.exit(2);
}

await using world = await startScaleWorld(latencyMs);
const model = await trainOne();
const rounds: Round[] = [];
for (const count of counts) {
  console.error(`${count} of each kind ...`);
  rounds.push(await measureRound(count));
}
printScale(
  rounds,
  { latencyMs, pictures, callers: CALLERS, meanKb: world.gallery.meanKb, store: world.store },
  options.json,
);

/** One epoch on few pictures: how good it is plays no part. The first of everything, which is slow, is behind us then. */
async function trainOne(): Promise<string> {
  const { client, start } = world;
  const services = (await Promise.all(["downloader", "trainer"].map((kind) => start(kind, 1)))).flat();
  const dataset = await download(TRAINED_ON);
  const { id } = await client.call("createModel", {
    body: { dataset, recipe: { phases: ["stage-1"], stage1: { epochs: 1 }, seed: 1 } },
  });
  await untilReady(await client.call("modelEvents", { params: { id } }), id);
  await client.call("putAlias", { params: { name: ALIAS }, body: { model: id, default: true } });
  await endAll(services);
  return id;
}

async function measureRound(count: number): Promise<Round> {
  let dataset = "";
  const milliseconds: number[] = [];
  const works = {
    download: await measureWith("downloader", count, async () => {
      dataset = await download(pictures);
      return pictures;
    }),
    predict: await measureWith("inferer-batch", count, () => predict(dataset)),
    classify: await measureWith("inferer", count, (inferers) => classifyAll(inferers, milliseconds)),
  };
  return { count, ...works, p50Ms: p50(milliseconds), p95Ms: p95(milliseconds) };
}

/** @param work returns how many pictures it did */
async function measureWith(
  kind: string,
  count: number,
  work: (services: readonly ServiceProcess[]) => Promise<number>,
): Promise<Work> {
  const services = await world.start(kind, count);
  let done = 0;
  const usage = await measureUsage(world, services, async () => {
    done = await work(services);
  });
  await endAll(services);
  const perPicture = (value: number) => value / done;
  return {
    ...usage,
    perSecond: done / usage.seconds,
    redisCommands: perPicture(usage.redisCommands),
    storeOperations: Object.fromEntries(
      Object.entries(usage.storeOperations).map(([op, value]) => [op, perPicture(value)]),
    ),
  };
}

async function download(count: number): Promise<string> {
  const { client, gallery } = world;
  const { id } = await client.call("createDataset", { body: { sources: gallery.lists(count) } });
  await untilReady(await client.call("datasetEvents", { params: { id } }), id);
  return id;
}

async function predict(dataset: string): Promise<number> {
  const { client } = world;
  const { id, inputs } = await client.call("createPrediction", { body: { model: ALIAS, input: { dataset } } });
  await untilReady(await client.call("predictionEvents", { params: { id } }), id);
  return inputs;
}

/** The API's part is left out: one of it stands before any number of inferers, and `ursa bench classify` measures it. */
async function classifyAll(inferers: readonly ServiceProcess[], milliseconds: number[]): Promise<number> {
  const ends = performance.now() + 1000 * classifySeconds;
  let asked = 0;
  const call = async () => {
    while (performance.now() < ends) {
      const url = inferers[asked++ % inferers.length]?.url;
      const started = performance.now();
      const path = `/classify?namespace=default&model=${model}`;
      const answer = await fetch(`${url}${path}`, { method: "POST", body: world.gallery.picture() });
      if (!answer.ok) throw new Error(`An inferer answered ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
      milliseconds.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, call));
  return milliseconds.length;
}

async function endAll(services: readonly ServiceProcess[]): Promise<void> {
  await Promise.all(services.map((service) => service.end()));
}
