// Views of real pixels: small ones from the prepared picture, large ones from the original, the same picture either way.
import { createHash } from "node:crypto";
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import { inspectPicture } from "@ursa/imaging/inspect-picture";
import { MAX_PIXELS } from "@ursa/imaging/max-pixels";
import { rasterise } from "@ursa/imaging/rasterise";
import { augmentPicture, viewPicture } from "@ursa/imaging/view-picture";
import { keys } from "@ursa/store/keys";
import { drawPhotograph } from "@ursa/testing/pictures";
import { expect, test } from "vitest";
import { openScratchStore } from "./dataset.fixture.ts";
import type { TrainingItem } from "./training-set.ts";
import { createViewSource } from "./view-source.ts";

const NOTHING: AugmentationParameters = {
  ...{ flip: false, flipVertical: false, transpose: false },
  ...{ rotateDegrees: 0, zoom: 1, zoomRow: 0.5, zoomColumn: 0.5, warp: [0, 0, 0, 0] },
  ...{ brightness: 0, contrast: 1, cropRow: 0.5, cropColumn: 0.5 },
};
const EVERYTHING: AugmentationParameters = {
  ...{ flip: true, flipVertical: false, transpose: true },
  ...{ rotateDegrees: 8, zoom: 1.1, zoomRow: 0.3, zoomColumn: 0.8, warp: [0.1, -0.1, 0.05, 0.15] },
  ...{ brightness: 0.3, contrast: 1.1, cropRow: 0.2, cropColumn: 0.9 },
};

/** Black and white lines, as fine as 384 pixels can show and finer than the 288 of a prepared picture can. */
const finePattern = () =>
  rasterise(
    `<svg xmlns="http://www.w3.org/2000/svg" width="1152" height="1152"><pattern id="lines" width="7" height="7" patternUnits="userSpaceOnUse"><rect width="3.5" height="7"/></pattern><rect width="100%" height="100%" fill="#fff"/><rect width="100%" height="100%" fill="url(#lines)"/></svg>`,
    { quality: 92 },
  );

/** One picture, stored as a dataset stores it. */
async function stored(bytes: Uint8Array) {
  const store = await openScratchStore();
  const { prepared } = await inspectPicture(bytes, 288, MAX_PIXELS);
  if (!prepared) throw new Error("A prepared picture was asked for.");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await store.put(keys.image("default", sha256), bytes);
  await store.put("shard.tar", prepared);
  const item: TrainingItem = {
    ...{ index: 0, key: "0", class: "a", label: 0, url: "http://e.org/", outcome: "ok", source: "a", line: 0 },
    ...{ sha256, split: "train", prepared: { shard: "shard.tar", start: 0, end: prepared.byteLength } },
  };
  let [decoding, most] = [0, 0];
  const augment = async (bytes: Uint8Array, size: number, augmentations: readonly AugmentationParameters[]) => {
    decoding += 1;
    most = Math.max(most, decoding);
    const views = await augmentPicture(bytes, size, { augmentations, maxPixels: MAX_PIXELS });
    decoding -= 1;
    return views;
  };
  let views = 0;
  const view = (bytes: Uint8Array, size: number) => {
    views += 1;
    return viewPicture(bytes, size, MAX_PIXELS);
  };
  const source = createViewSource({ store, namespace: "default", decoders: { augment, view } });
  const trainView = async (size: number, augmentation = NOTHING) =>
    onlyOne(await source.trainViews(item, { size, augmentations: [augmentation] }));
  const decodedAtOnce = () => most;
  const validView = (size: number) => source.validView(item, size);
  const validDecoded = () => views;
  return {
    prepared,
    trainView,
    validView,
    validDecoded,
    decodedAtOnce,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

test("above 256 pixels a view has the detail that only the original has", async () => {
  const bytes = await finePattern();
  await using made = await stored(bytes);
  const large = await made.trainView(384);
  expect(Buffer.compare(large, await augmented(bytes, 384))).toBe(0);
  const blown = await viewPicture(made.prepared, 384, MAX_PIXELS);
  expect(detailOf(large, 384)).toBeGreaterThan(2 * detailOf(blown, 384));
  const fromPrepared = await augmented(made.prepared, 256);
  expect(Buffer.compare(await made.trainView(256), fromPrepared)).toBe(0);
});

test("an augmentation does to the original what it does to the prepared picture", async () => {
  await using made = await stored(await drawPhotograph(3));
  const [large, small] = [await made.trainView(320, EVERYTHING), await made.trainView(160, EVERYTHING)];
  expect(meanDifference(halved(large, 320), small)).toBeLessThan(4);
  expect(meanDifference(halved(await made.trainView(320), 320), small)).toBeGreaterThan(12);
});

test("a validation view is made once for each size", async () => {
  const bytes = await drawPhotograph(3);
  await using made = await stored(bytes);
  for (const size of [96, 96, 128, 96])
    expect(await made.validView(size)).toEqual(await viewPicture(bytes, size, MAX_PIXELS));
  expect(made.validDecoded()).toBe(2);
});

test("of a whole batch only a few originals are in memory at once", async () => {
  await using made = await stored(await drawPhotograph(3));
  await Promise.all(Array.from({ length: 24 }, () => made.trainView(288)));
  expect(made.decodedAtOnce()).toBe(8);
});

const augmented = async (bytes: Uint8Array, size: number) =>
  onlyOne(await augmentPicture(bytes, size, { augmentations: [NOTHING], maxPixels: MAX_PIXELS }));

function onlyOne([view]: Uint8Array[]): Uint8Array {
  return view ?? expect.unreachable("one view was asked for");
}

/** Mean step from a pixel to its right neighbour. */
function detailOf(view: Uint8Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < view.length - 3; i += 1) sum += Math.abs((view[i] ?? 0) - (view[i + 3] ?? 0));
  return sum / (size * size * 3);
}

/** Means of two by two pixels. */
function halved(view: Uint8Array, size: number): Float32Array {
  const [half, row] = [size / 2, size * 3];
  return Float32Array.from({ length: half * half * 3 }, (_, i) => {
    const [y, x, c] = [Math.floor(i / (half * 3)), Math.floor(i / 3) % half, i % 3];
    const at = 2 * y * row + 6 * x + c;
    return [at, at + 3, at + row, at + row + 3].reduce((sum, j) => sum + (view[j] ?? 0), 0) / 4;
  });
}

const meanDifference = (a: Float32Array, b: Uint8Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
