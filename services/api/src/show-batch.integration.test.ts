// A batch as a person sees it is what a training run saw: the real stages are trained on a dataset, and every view that they were
// given is looked for on the sheet.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openActivationCache } from "@ursa/classifier/activation-cache";
import type { Stage1Recipe, ViewSource } from "@ursa/classifier/stage-1-types";
import { backboneStart } from "@ursa/classifier/starting-weights";
import { trainStage1 } from "@ursa/classifier/train-stage-1";
import { trainStage2 } from "@ursa/classifier/train-stage-2";
import { COMPILED } from "@ursa/classifier/training-engine";
import { DEFAULT_WEIGHTS_DIR } from "@ursa/classifier/weights-folder";
import type { ArgumentsOf } from "@ursa/contracts/client";
import type { Dataset, Item } from "@ursa/contracts/dataset";
import { readTrainingSet, type TrainingItem } from "@ursa/dataset/training-set";
import { createViewSource } from "@ursa/dataset/view-source";
import { placeOnSheet } from "@ursa/imaging/contact-sheet";
import { decodePicture } from "@ursa/imaging/decode-picture";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { ITEMS, seedDataset, sha256Of } from "./seed-records.fixture.ts";

// A whole network is made into a graph here, which takes seconds.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const [SIZE, EPOCHS, SEED] = [64, 3, 7];
const TRANSFORMS = {
  ...{ augment: true, flip: true, flipVertical: true, maxRotate: 25, maxZoom: 1.3, maxLighting: 0.3, maxWarp: 0.3 },
  ...{ pAffine: 0.9, pLighting: 0.9 },
};
const SHOWN = { size: SIZE, seed: SEED, ...TRANSFORMS };
const RECIPE: Stage1Recipe = {
  ...{ ...SHOWN, backbone: "efficientnet_lite0", epochs: EPOCHS, learningRate: 3e-3, batchSize: 4, weightDecay: 0.01 },
  ...{ dropout: 0.5, mixup: 0, labelSmoothing: 0, classWeights: "none", oversample: false, keepBest: false },
  pretrained: true,
};

let world: World;
let dataset: Dataset & { manifest: { key: string } };
let workDir: string;

beforeAll(async () => {
  world = await startWorld();
  workDir = await mkdtemp(join(tmpdir(), "ursa-batch-"));
  const items = await Promise.all(ITEMS.map((item) => (item.outcome === "ok" ? stored(item) : item)));
  const made = await seedDataset(world, { items });
  if (!made.manifest) throw new Error("A dataset with a manifest was asked for.");
  dataset = { ...made, manifest: made.manifest };
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await rm(workDir, { recursive: true });
});

/** As a downloader leaves it: the original, and what training reads in a shard. */
async function stored(item: Item): Promise<Item> {
  const bytes = await drawBear(item.class === "black" ? "black" : "teddy", item.index);
  const seen = await world.decoders().inspect(bytes, { preparedShortSide: 288 });
  if (!seen.ok || !seen.prepared) throw new Error("A drawn bear is a picture.");
  const [sha256, shard] = [sha256Of(bytes), `shard-${item.key}.tar`];
  await world.store.put(keys.image("default", sha256), bytes);
  await world.store.put(shard, seen.prepared);
  return { ...item, sha256, prepared: { shard, start: 0, end: seen.prepared.length } };
}

/** The dataset as a run takes it, with the views that each training picture was given, in the order of the epochs. */
async function trainingSet() {
  const { store, decoders } = world;
  const set = await readTrainingSet({ store, manifest: dataset.manifest.key, classes: dataset.classes });
  const source = createViewSource({ store, namespace: "default", decoders: decoders() });
  const given = new Map(set.train.map(({ key }) => [key, [] as Buffer[]]));
  const itemOf = ({ key }: { key: string }) =>
    [...set.train, ...set.valid].find((item) => item.key === key) as TrainingItem; // Only these are asked for.
  const views: ViewSource = {
    async trainViews(item, augmentations, signal) {
      const views = await source.trainViews(itemOf(item), { size: SIZE, augmentations }, signal);
      const before = given.get(item.key) ?? [];
      // A stage looks at a view again to measure how well it does.
      for (const view of views.map((each) => Buffer.from(each)))
        if (!before.some((one) => one.equals(view))) before.push(view);
      return views;
    },
    validView: (item, signal) => source.validView(itemOf(item), SIZE, signal),
  };
  return { ...set, views, given, source };
}

const run = () => ({
  ...{ classes: ["black", "teddy"], engine: COMPILED, threads: 2, signal: new AbortController().signal },
  ...{ onProgress() {}, async onLog() {}, async onEpoch() {}, async onCheckpoint() {} },
});

type Query = NonNullable<ArgumentsOf<"showBatch">["query"]>;
const show = (query: Query, id = dataset.id) => world.client.call("showBatch", { params: { id }, query });

/** The views on a sheet. */
async function viewsOn(query: Query & { rows: number; columns: number }): Promise<Buffer[]> {
  const { rows, columns } = query;
  const png = Buffer.from(await (await show({ ...SHOWN, ...query })).arrayBuffer());
  const sheet = await decodePicture(png, { side: "short", pixels: 1e5, mayEnlarge: false }, 1e8);
  return Array.from({ length: rows * columns }, (_, index) => {
    const { left, top } = placeOnSheet(index, { size: SIZE, columns });
    const line = (row: number) => ((top + row) * sheet.width + left) * 3;
    return Buffer.concat(
      Array.from({ length: SIZE }, (_, row) => sheet.pixels.subarray(line(row), line(row) + SIZE * 3)),
    );
  });
}

/** Every picture of the training side has a row of its own with its views in the order of the epochs. */
async function expectSheetOf(given: ReadonlyMap<string, Buffer[]>, stage: "stage-1" | "stage-2", epochs: number) {
  const shown = await viewsOn({ rows: given.size, columns: epochs, views: epochs, stage });
  const rows = Array.from({ length: given.size }, (_, row) => shown.slice(row * epochs, (row + 1) * epochs));
  const keysOf = rows.map((row) => [...given].find(([, views]) => views[0]?.equals(row[0] ?? Buffer.alloc(0)))?.[0]);
  expect(new Set(keysOf)).toEqual(new Set(given.keys()));
  for (const [at, row] of rows.entries()) {
    const taken = given.get(keysOf[at] ?? "") ?? [];
    expect(taken.length).toBe(epochs);
    expect(row.map((view, epoch) => taken[epoch]?.equals(view))).toEqual(row.map(() => true));
  }
}

test("what is shown of an epoch is bit for bit what stage 1, and stage 2, were given in it", async () => {
  const start = await backboneStart(RECIPE, DEFAULT_WEIGHTS_DIR);
  const first = await trainingSet();
  const head = await trainStage1({
    ...{ ...run(), ...first, recipe: RECIPE, start, workDir, maxActivationBytes: 2 ** 30 },
  });
  expect(first.given.size).toBe(8);
  await expectSheetOf(first.given, "stage-1", EPOCHS);
  const second = await trainingSet();
  await using activations = await openActivationCache({ path: join(workDir, "kept"), maxBytes: 2 ** 30 });
  const recipe = {
    epochs: 2,
    rates: { lower: 1e-4, upper: 1e-3 },
    batchSize: 4,
    trainBn: false,
    trainFrom: "body-low",
  };
  await trainStage2({ ...run(), ...second, start: { ...start, head: head.head }, shared: RECIPE, recipe, activations });
  await expectSheetOf(second.given, "stage-2", 2);
  expect(second.given.get("0")?.[0]?.equals(first.given.get("0")?.[0] ?? Buffer.alloc(0))).toBe(false);
});

test("the validation side is shown as validation sees it", async () => {
  const { valid, source } = await trainingSet();
  const shown = await viewsOn({ rows: 1, columns: 2, split: "valid" });
  const wanted = await Promise.all(valid.map(async (item) => Buffer.from(await source.validView(item, SIZE))));
  expect(shown.sort(Buffer.compare)).toEqual(wanted.sort(Buffer.compare));
});

test("the same request gives the same bytes; another page, other pictures, until all were shown", async () => {
  const bytesOf = async (query: Query) => Buffer.from(await (await show({ size: 64, ...query })).arrayBuffer());
  const response = await show({ size: 64, rows: 1, columns: 1 });
  expect(response.headers.get("content-type")).toBe("image/png");
  expect(response.headers.get("cache-control")).toContain("private");
  const sheets = await Promise.all([1, 1, 2, 3, 4, 5].map((page) => bytesOf({ rows: 1, columns: 2, page })));
  const [one, again, two, three, four, five] = sheets.map(sha256Of);
  expect([again, five]).toEqual([one, one]);
  expect(new Set([one, two, three, four]).size).toBe(4);
  // A transform is seen, and off is off; another seed, other pictures.
  const others: Query[] = [{}, { maxRotate: 40 }, { augment: false }, { seed: 1 }, { class: "teddy" }];
  const different = await Promise.all(others.map((query) => bytesOf({ rows: 1, columns: 2, ...query })));
  expect(new Set(different.map(sha256Of)).size).toBe(others.length);
});

test.each<[Record<string, string | number>, string, RegExp]>([
  [{ rows: 9, columns: 8 }, "rows", /more than the 64 pictures/],
  [{ rows: 5, columns: 5, size: 512 }, "rows", /more than the 16 pictures of 512 pixels/],
  [{ columns: 3, views: 2 }, "columns", /no multiple of views/],
  [{ columns: 2, views: 2, split: "valid" }, "views", /all the same/],
  [{ size: 65 }, "size", /multiple of 32/],
  [{ maxRotate: 200 }, "maxRotate", /180/],
  [{ maxRotate: "much" }, "maxRotate", /number/],
  [{ augment: "perhaps" }, "augment", /true or false/],
])("%j is refused", async (query, field, text) => {
  const asked = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
  );
  const answer = await fetch(`${world.url}/v1/datasets/${dataset.id}/batch.png?${asked}`);
  const refused = [{ path: field, message: expect.stringMatching(text) }];
  expect(await answer.json()).toMatchObject({ code: "invalid_request", errors: refused });
});

test("a class without pictures, a picture that is lost, a dataset that is not there yet", async () => {
  expect(await refusalOf(show({ class: "panda" }))).toMatchObject({
    code: "not_found",
    message: "There is no usable train picture of panda.",
  });
  const lost = await seedDataset(world, { items: ITEMS.slice(0, 1) });
  expect(await refusalOf(show({}, lost.id))).toMatchObject({
    code: "not_found",
    message: expect.stringContaining("Item 0"),
  });
  const { id } = await seedDataset(world, { state: "running" });
  expect(await refusalOf(show({}, id))).toMatchObject({ code: "dataset_not_ready" });
});
