// Everything, small and over and over: datasets, trainings, batch predictions and single pictures, each deleted a while later. What is open,
// stored or kept in Redis at the end must be what was there after the first rounds.
import { type Client, createClient } from "@ursa/contracts/client";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { startUrsa } from "../../cli/src/local/up/supervisor.ts";
import { type ScaleGallery, startScaleGallery } from "../scale-gallery.ts";
import { untilReady } from "../until-ready.ts";
import { type Left, openLeftovers } from "./leftovers.ts";
import { type Bound, bound, type PartOptions, type PartReport, say } from "./part.ts";
import { type Watch, watchUrsa } from "./watch-ursa.ts";

const MINUTES = 30;
/** So many are there at once; older ones are deleted. */
const KEPT = 2;
const WARM_ROUNDS = 4;
const PICTURES = 32;
const SINGLE = { pictures: 64, atOnce: 8 };
/** One epoch of small pictures. */
const RECIPE = { size: 64, phases: ["stage-1" as const], stage1: { epochs: 1, batchSize: 4 }, allowUnusual: true };
const MOST_GROWTH = 1.2;
const SERVICES = ["api", "downloader", "trainer", "inferer", "inferer-batch"];

export async function soak({ minutes = MINUTES }: PartOptions): Promise<PartReport> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await createScratchFolder());
  const gallery = stack.use(await startScaleGallery(0, (seed) => drawBear("grizzly", seed)));
  const ursa = stack.use(await startUrsa({ home, port: 0, allowFetch: [gallery.address], quiet: true }));
  const watch = stack.use(watchUrsa(ursa));
  const parts = { client: createClient({ baseUrl: ursa.apiUrl, retries: 3 }), gallery };
  const leftovers = openLeftovers(ursa, watch.redis);
  await goRound(parts, (done) => done < WARM_ROUNDS);
  const before = await leftovers.count();
  const from = watch.now();
  const done = await goRound(parts, () => watch.now() < from + 60 * minutes);
  const to = watch.now();
  const after = await leftovers.count();
  return {
    lines: [
      `${minutes} minutes, ${done} rounds of a dataset of ${PICTURES} pictures, a training, a batch prediction and ${SINGLE.pictures} single pictures;`,
      `compared: what was left when all was deleted after ${WARM_ROUNDS} rounds before, and at the end`,
    ],
    bounds: [bound("rounds", [done]), ...leaks(before, after), ...growth(watch, { from, to })],
  };
}

/** Rounds while they are wanted; at the end all that they made is deleted. @returns how many */
async function goRound(parts: Parts, isWanted: (done: number) => boolean): Promise<number> {
  const rounds: Round[] = [];
  let done = 0;
  for (; isWanted(done); done++) {
    rounds.push(await oneRound(parts));
    if (rounds.length > KEPT) await remove(parts.client, rounds.shift());
    if (done % 10 === 9) say(`${done + 1} rounds`);
  }
  for (const round of rounds) await remove(parts.client, round);
  return done;
}

function growth(watch: Watch, { from, to }: { from: number; to: number }): Bound[] {
  const fifth = (to - from) / 5;
  return SERVICES.map((name) => {
    const start = watch.rssMb(name, { from, to: from + fifth });
    const end = watch.rssMb(name, { from: to - fifth, to });
    const what = `memory of the ${name}, last fifth / first, of ${start.toFixed(0)} MB`;
    return bound(what, [end / start], { most: MOST_GROWTH });
  });
}

type Round = { dataset: string; model: string; prediction: string };
type Parts = { client: Client; gallery: ScaleGallery };

async function oneRound({ client, gallery }: Parts): Promise<Round> {
  const { id: dataset } = await client.call("createDataset", { body: { sources: gallery.lists(PICTURES) } });
  await untilReady(await client.call("datasetEvents", { params: { id: dataset } }), dataset);
  const { id: model } = await client.call("createModel", { body: { dataset, recipe: RECIPE } });
  await untilReady(await client.call("modelEvents", { params: { id: model } }), model);
  const { id: prediction } = await client.call("createPrediction", { body: { model, input: { dataset } } });
  await Promise.all([
    untilReady(await client.call("predictionEvents", { params: { id: prediction } }), prediction),
    classifyAll({ client, gallery }, model),
  ]);
  await (await client.call("getResults", { params: { id: prediction } })).arrayBuffer();
  return { dataset, model, prediction };
}

async function classifyAll({ client, gallery }: Parts, model: string): Promise<void> {
  let left = SINGLE.pictures;
  const line = async () => {
    while (left-- > 0) await client.call("classify", { query: { model }, body: gallery.picture() });
  };
  await Promise.all(Array.from({ length: SINGLE.atOnce }, line));
}

async function remove(client: Client, round: Round | undefined): Promise<void> {
  if (!round) return;
  await client.call("deletePrediction", { params: { id: round.prediction } });
  await client.call("deleteModel", { params: { id: round.model } });
  await client.call("deleteDataset", { params: { id: round.dataset } });
}

function leaks(before: Left, after: Left): Bound[] {
  const more = (what: string, of: (left: Left) => number) =>
    bound(`${what}, more`, [of(after) - of(before)], { most: 0 });
  return [
    ...SERVICES.map((name) => more(`files, sockets and pipes of the ${name}`, ({ open }) => open[name] ?? 0)),
    more("files in work folders", ({ workFiles }) => workFiles),
    more("half-written objects", ({ tornObjects }) => tornObjects),
    bound("objects of records that are deleted", [after.orphans], { most: 0 }),
    more("keys in Redis of no record", ({ fixedKeys }) => fixedKeys),
    bound("keys in Redis of deleted records, that never expire", [after.ownKeys], { most: 0 }),
    bound("keys of ended jobs (kept for an hour, a thousand a queue)", [after.jobKeys]),
  ];
}
