// A ResNet-18 that was taught nothing before: does training alone fit pictures, and learn what holds for others? On weights that
// know everything already, a step that hardly trains the body would not be noticed.
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { augmentPicture, viewPicture } from "@ursa/imaging/view-picture";
import { drawGeometry, GEOMETRY_KINDS } from "@ursa/testing/drawn-geometry";
import { afterAll, expect, test, vi } from "vitest";
import { openActivationCache } from "./activation-cache.ts";
import { DRAWN_RECIPE } from "./drawn-views.fixture.ts";
import { initialHead } from "./head.ts";
import { createRandom, STREAM } from "./random.ts";
import { headSizeOf } from "./stage-1-features.ts";
import type { Stage1Recipe, TrainingItem, ViewSource } from "./stage-1-types.ts";
import { backboneStart } from "./starting-weights.ts";
import { trainStage2 } from "./train-stage-2.ts";
import { COMPILED } from "./training-engine.ts";

const SIZE = 64;
/** Leaves a tenth to zoom and to move the crop. */
const PICTURE_SIDE = 72;
const MAX_PIXELS = SIZE * SIZE * 4;
const CLASSES = [...GEOMETRY_KINDS];
const SHARED: Stage1Recipe = {
  ...DRAWN_RECIPE,
  ...{ backbone: "resnet18", size: SIZE, pretrained: false, dropout: 0 },
};

const workDir = mkdtempSync(join(tmpdir(), "ursa-from-scratch-"));
const activations = await openActivationCache({ path: join(workDir, "none"), maxBytes: 0 });
afterAll(async () => {
  await activations[Symbol.asyncDispose]();
  await rm(workDir, { recursive: true });
});

// 40 steps and 20 times measuring, or 188 steps: six minutes where six programs wait for each core.
vi.setConfig({ testTimeout: 900_000 });

/** Items of alternating classes; each number is another picture. */
const shapes = (count: number, from: number): TrainingItem[] =>
  Array.from({ length: count }, (_, i) => ({ key: String(from + i), label: i % CLASSES.length }));

const pictureOf = ({ key, label }: TrainingItem) =>
  drawGeometry(GEOMETRY_KINDS[label] ?? "circle", Number(key), PICTURE_SIDE);
const plainView = async (item: TrainingItem) => viewPicture(await pictureOf(item), SIZE, MAX_PIXELS);

const views: ViewSource = {
  trainViews: async (item, augmentations) =>
    augmentPicture(await pictureOf(item), SIZE, { augmentations, maxPixels: MAX_PIXELS }),
  validView: plainView,
};

test("32 pictures are fitted within 200 steps", async () => {
  const pictures = shapes(32, 0);
  // Without augmentation: what is asked is whether the network can learn these very pixels.
  const { steps, last } = await trainFromScratch({
    ...{ train: pictures, valid: pictures, epochs: 20, batchSize: 16, rate: 1e-3 },
    views: { trainViews: async (item) => [await plainView(item)], validView: plainView },
  });
  expect(steps).toBeLessThanOrEqual(200);
  expect(last).toMatchObject({ wrong: 0, validCount: 32 });
  expect(last?.validLoss).toBeLessThan(0.01);
});

test("shapes are told apart in 120 pictures that it never saw, with an error of at most 5 %", async () => {
  const { last } = await trainFromScratch({
    ...{ train: shapes(1500, 0), valid: shapes(120, 10_000), epochs: 4, batchSize: 32, rate: 2e-3, views },
  });
  expect(last?.validCount).toBe(120);
  expect(last?.errorRate).toBeLessThanOrEqual(0.05);
});

type Asked = {
  train: TrainingItem[];
  valid: TrainingItem[];
  epochs: number;
  batchSize: number;
  /** Of all layers. */
  rate: number;
  views: ViewSource;
};

/** Stage 2 alone, from a random body under a random head. */
async function trainFromScratch({ train, valid, epochs, batchSize, rate, views }: Asked) {
  let steps = 0;
  const { history } = await trainStage2({
    ...{ train, valid, views, classes: CLASSES, shared: SHARED, activations, engine: COMPILED, threads: 2 },
    start: {
      ...(await backboneStart(SHARED, workDir)),
      head: initialHead(headSizeOf(SHARED, CLASSES), createRandom(SHARED.seed, STREAM.head)),
    },
    recipe: { epochs, batchSize, rates: { lower: rate, upper: rate }, trainBn: true, trainFrom: "body-low" },
    onProgress({ phase, done }) {
      if (phase === "train") steps = done;
    },
    onLog: async () => {},
    onEpoch: async () => {},
    onCheckpoint: async () => {},
    signal: new AbortController().signal,
  });
  return { steps, last: history.at(-1) };
}
