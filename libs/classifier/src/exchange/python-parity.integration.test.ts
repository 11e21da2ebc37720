// One model of stage 2, three answers: Python's ONNX Runtime, the inferer's classifier and the trainer's validation pass agree on 20
// pictures, and the examples for Python do what they say. Needs a Python with onnxruntime, numpy and PIL; says so where there is none.
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { augmentPicture, viewPicture } from "@ursa/imaging/view-picture";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { BEAR_KINDS, drawBear } from "@ursa/testing/pictures";
import { findPython, probabilitiesInPython, runPython } from "@ursa/testing/python";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openActivationCache } from "../activation-cache.ts";
import { DRAWN_RECIPE } from "../drawn-views.fixture.ts";
import { exportModel } from "../export-model.ts";
import { initialHead } from "../head.ts";
import { measureNetwork } from "../measure-network.ts";
import { pixelInput } from "../network-input.ts";
import { loadClassifier } from "../predict.ts";
import { createRandom } from "../random.ts";
import { backboneStart } from "../starting-weights.ts";
import { trainStage2 } from "../train-stage-2.ts";
import { COMPILED } from "../training-engine.ts";
import { DEFAULT_WEIGHTS_DIR } from "../weights-folder.ts";
import { registryEntry } from "../weights-registry.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const PHOTOGRAPHS = join(root, "../shared/data/bears");
const EXAMPLES = join(root, "examples/python");
const SIZE = 128;
const CLASSES = [...BEAR_KINDS];
const MAX_PIXELS = 1e8;

const python = findPython("onnxruntime, numpy, PIL");
const timmPython = findPython("timm, torch, safetensors");
if (!python)
  reportAbsentPart(
    "No Python with onnxruntime, numpy and PIL (URSA_TEST_PYTHON), so exported models were not run outside of Node.",
  );
if (!timmPython)
  reportAbsentPart(
    "No Python with timm and safetensors (URSA_TEST_PYTHON), so exported weights were not loaded in timm.",
  );

type Picture = { path: string; bytes: Uint8Array; label: number; view: Uint8Array };
type World = { folder: string; pictures: Picture[]; validated: number[][]; served: number[][] };
let world: World;
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;

beforeAll(async () => {
  if (!python && !timmPython) return;
  scratch = await createScratchFolder();
  const pictures = await twentyPictures(scratch.path);
  const trained = await train(pictures);
  const info = { modelId: "mdl_01J00000000000000000000000", createdAt: "2026-01-01T00:00:00.000Z" };
  const dataset = { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: "0".repeat(64) };
  const { files } = await exportModel({ ...trained, stage: "stage-2" }, { ...info, dataset });
  const folder = join(scratch.path, "model");
  await mkdir(folder);
  for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
  const validated = await validate(new Map([...trained.body, ...trained.head]), pictures);
  world = { folder, pictures, validated, served: await serve(folder, pictures) };
});
afterAll(() => scratch?.[Symbol.asyncDispose]());

/** Photographs where they are at hand, drawings elsewhere; a third of each class. */
async function twentyPictures(folder: string): Promise<Picture[]> {
  const isThere = existsSync(PHOTOGRAPHS);
  if (!isThere) reportAbsentPart("No photographs of bears were there, so exported models were compared on drawings.");
  return Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const label = i % CLASSES.length;
      const kind = BEAR_KINDS[label] ?? "teddy";
      const bytes = isThere ? await photograph(kind, Math.floor(i / 3)) : await drawBear(kind, i);
      const path = join(folder, `${i}.jpg`);
      await writeFile(path, bytes);
      return { path, bytes, label, view: await viewPicture(bytes, SIZE, MAX_PIXELS) };
    }),
  );
}

async function photograph(kind: string, index: number): Promise<Uint8Array> {
  const names = (await readdir(join(PHOTOGRAPHS, kind))).filter((name) => /\.jpe?g$/i.test(name)).sort();
  return readFile(join(PHOTOGRAPHS, kind, names[index] ?? ""));
}

async function train(pictures: readonly Picture[]) {
  const head = initialHead({ features: 2560, classes: CLASSES.length }, createRandom(5));
  // Smoothed, so that no answer is sure of itself: near 0 and 1 all softmaxes agree.
  const recipe = { ...DRAWN_RECIPE, size: SIZE, dropout: 0.1, labelSmoothing: 0.3 };
  const counts = { batchSize: 8, trainCount: pictures.length, validCount: pictures.length };
  const start = await backboneStart(recipe, DEFAULT_WEIGHTS_DIR);
  await using activations = await openActivationCache({ path: join(scratch.path, "activations"), maxBytes: 2 ** 30 });
  const items = pictures.map(({ label }, i) => ({ key: String(i), label }));
  const of = ({ key }: { key: string }): Picture => {
    const picture = pictures[Number(key)];
    if (!picture) throw new Error(`There is no picture ${key}.`);
    return picture;
  };
  const trained = await trainStage2({
    ...{ train: items, valid: items, classes: CLASSES, start: { ...start, head }, shared: recipe, threads: 2 },
    recipe: { epochs: 6, rates: { lower: 1e-6, upper: 1e-3 }, batchSize: 10, trainBn: false, trainFrom: "body-low" },
    ...{ engine: COMPILED, activations },
    views: {
      trainViews: (item, augmentations) =>
        augmentPicture(of(item).bytes, SIZE, { augmentations, maxPixels: MAX_PIXELS }),
      validView: async (item) => of(item).view,
    },
    onProgress: () => {},
    onLog: async () => {},
    onEpoch: async () => {},
    onCheckpoint: async () => {},
    signal: new AbortController().signal,
  });
  return { ...counts, ...trained, recipe, classes: CLASSES, origin: start.origin };
}

/** The validation pass measures losses: that of a single picture under each label is -log of that class's probability. */
async function validate(
  tensors: Parameters<typeof measureNetwork>[0],
  pictures: readonly Picture[],
): Promise<number[][]> {
  const sets = pictures.flatMap(({ path, view }) =>
    CLASSES.map((_, label) => ({ labels: [label], indices: [0], views: { key: path, load: async () => view } })),
  );
  const { backbone, statistics } = registryEntry("efficientnet_lite0");
  const whole = { trainFrom: "body-low", input: pixelInput(SIZE) };
  const options = { ...whole, backbone, statistics, size: SIZE, threads: 2, signal: new AbortController().signal };
  const measured = await measureNetwork(tensors, sets, options);
  return pictures.map((_, i) =>
    CLASSES.map((__, label) => Math.exp(-(measured[i * CLASSES.length + label]?.loss ?? Number.NaN))),
  );
}

async function serve(folder: string, pictures: readonly Picture[]): Promise<number[][]> {
  const [modelJson, modelOnnx] = await Promise.all(
    ["model.json", "model.onnx"].map((name) => readFile(join(folder, name))),
  );
  if (!modelJson || !modelOnnx) throw new Error("Both files were written.");
  const classifier = await loadClassifier({ modelJson, modelOnnx }, { threads: 1 });
  const answers = await classifier.predict(pictures.map(({ view }) => view));
  await classifier.close();
  return answers.map((answer) => [...answer]);
}

const farthest = (a: number[][], b: number[][]) =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - (b[i]?.[j] ?? Number.NaN)))));

const unsureOf = (answers: number[][]) => answers.filter((row) => Math.max(...row) < 0.95);

test.skipIf(!python)(
  "the same pixels get the same probabilities in Python, in the inferer and in validation",
  async () => {
    const { folder, pictures, validated, served } = world;
    const views = pictures.map(({ view }) => view);
    const inPython = await probabilitiesInPython(python ?? "", { folder, size: SIZE }, views);
    expect(inPython).toHaveLength(20);
    // The network has learnt something: with answers that are all alike nothing would be proven.
    expect(
      farthest(
        served,
        served.map(() => served[0] ?? []),
      ),
    ).toBeGreaterThan(0.2);
    expect(unsureOf(served).length).toBeGreaterThanOrEqual(10);
    expect(farthest(inPython, served)).toBeLessThan(1e-4);
    expect(farthest(validated, served)).toBeLessThan(1e-4);
  },
);

test.skipIf(!python)(
  "examples/python/classify.py, which decodes with PIL, gives the same answers, within 0.05 where they are sure",
  () => {
    const { folder, pictures, served } = world;
    const lines = runPython(python ?? "", [join(EXAMPLES, "classify.py"), folder, ...pictures.map(({ path }) => path)]);
    const rows: Record<string, number>[] = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const answers = rows.map((row) => CLASSES.map((name) => row[name] ?? Number.NaN));
    // Its pixels are a little different ones: Ursa lets the decoder of JPEGs do a part of the scaling. Between two classes that moves more.
    const isSure = (_: unknown, i: number) => Math.max(...(served[i] ?? [])) > 0.9;
    expect(served.filter(isSure).length).toBeGreaterThanOrEqual(5);
    expect(farthest(answers.filter(isSure), served.filter(isSure))).toBeLessThan(0.05);
    expect(farthest(answers, served)).toBeLessThan(0.2);
  },
);

test.skipIf(!timmPython)("examples/python/load_in_timm.py finds every tensor of timm's network", () => {
  const found = JSON.parse(runPython(timmPython ?? "", [join(EXAMPLES, "load_in_timm.py"), world.folder]));
  expect(found).toEqual({ backbone: "efficientnet_lite0", tensors: expect.any(Number), features: [1, 1280, 7, 7] });
});
