import { exifRotatedJpeg } from "@ursa/testing/hostile-pictures";
import { drawBear } from "@ursa/testing/pictures";
import sharp from "sharp";
import { expect, test } from "vitest";

import { augmentPixels } from "./augment-pixels.ts";
import { decodeAtScales, decodePicture } from "./decode-picture.ts";
import { inspectPicture } from "./inspect-picture.ts";
import { MAX_PIXELS } from "./max-pixels.ts";
import { augmentPicture, viewPicture } from "./view-picture.ts";

const NOTHING = {
  ...{ flip: false, flipVertical: false, transpose: false },
  ...{
    rotateDegrees: 0,
    zoom: 1,
    zoomRow: 0.5,
    zoomColumn: 0.5,
    warp: [0, 0, 0, 0] as [number, number, number, number],
  },
  ...{ brightness: 0, contrast: 1, cropRow: 0.5, cropColumn: 0.5 },
};

test("is the centre square of the picture with its short side at that size", async () => {
  const bytes = await drawBear("black", 4);
  const { data, info } = await sharp(bytes)
    .resize({ height: 128, kernel: "cubic" })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const view = await viewPicture(bytes, 128, MAX_PIXELS);
  const left = Math.floor((info.width - 128 + 1) / 2);
  for (const row of [0, 64, 127]) {
    const from = (row * info.width + left) * 3;
    expect(meanDifference(view.subarray(row * 384, (row + 1) * 384), data.subarray(from, from + 384))).toBeLessThan(2);
  }
});

test("is the same every time, and enlarges what is too small", async () => {
  const bytes = await exifRotatedJpeg();
  const view = await viewPicture(bytes, 260, MAX_PIXELS);
  expect(view.length).toBe(260 * 260 * 3);
  expect(await viewPicture(bytes, 260, MAX_PIXELS)).toEqual(view);
});

test("of a picture of its size equals an augmentation that does nothing, to the byte", async () => {
  const { prepared } = await inspectPicture(await drawBear("grizzly", 5), 224, MAX_PIXELS);
  if (!prepared) return expect.unreachable("a prepared picture was asked for");
  const [view] = await augmentPicture(prepared, 224, { augmentations: [NOTHING], maxPixels: MAX_PIXELS });
  expect(view).toEqual(await viewPicture(prepared, 224, MAX_PIXELS));
});

test("of a picture up to half as large again is sampled from it, unscaled; of a larger one, from one that is scaled", async () => {
  const { prepared } = await inspectPicture(await drawBear("grizzly", 5), 288, MAX_PIXELS);
  if (!prepared) return expect.unreachable("a prepared picture was asked for");
  for (const [size, isScaled] of [
    [224, false],
    [128, true],
  ] as const) {
    const scale = { side: "short", pixels: isScaled ? size : 288, mayEnlarge: false } as const;
    const picture = await decodePicture(prepared, scale);
    const [view] = await augmentPicture(prepared, size, { augmentations: [NOTHING], maxPixels: MAX_PIXELS });
    expect(Buffer.compare(view ?? new Uint8Array(), augmentPixels(picture, size, NOTHING))).toBe(0);
    expect(meanDifference(view, await viewPicture(prepared, size, MAX_PIXELS))).toBeLessThan(2);
  }
});

test.each([96, 224])("of %i pixels, several at once are what each is alone", async (size) => {
  const bytes = await drawBear("grizzly", 5);
  const augmentations = [1, 1.04, 1.1, 1].map((zoom, i) => ({ ...NOTHING, zoom, flip: i === 3 }));
  const together = await augmentPicture(bytes, size, { augmentations, maxPixels: MAX_PIXELS });
  expect(together).toHaveLength(4);
  for (const [i, augmentation] of augmentations.entries()) {
    const [alone] = await augmentPicture(bytes, size, { augmentations: [augmentation], maxPixels: MAX_PIXELS });
    expect(Buffer.compare(together[i] ?? new Uint8Array(), alone ?? new Uint8Array())).toBe(0);
  }
});

test("at several scales a picture is decoded once for each size that comes of them", async () => {
  const { prepared } = await inspectPicture(await drawBear("grizzly", 5), 288, MAX_PIXELS);
  if (!prepared) return expect.unreachable("a prepared picture was asked for");
  const scale = { side: "short", mayEnlarge: false, leftUpTo: 1.5 } as const;
  const scales = [224, 240, 100].map((pixels) => ({ ...scale, pixels }));
  const [first, second, third] = await decodeAtScales(prepared, scales);
  expect(second).toBe(first);
  expect(first?.height).toBeGreaterThan(240);
  expect(third?.height).toBe(100);
  expect(third).toEqual(await decodePicture(prepared, { ...scale, pixels: 100 }));
});

test("of the original and of the prepared picture differ by little", async () => {
  const bytes = await drawBear("grizzly", 6);
  const { prepared } = await inspectPicture(bytes, 288, MAX_PIXELS);
  const [original, again] = await Promise.all([bytes, prepared ?? bytes].map((b) => viewPicture(b, 224, MAX_PIXELS)));
  expect(meanDifference(original, again)).toBeLessThan(3);
});

function meanDifference(a: Uint8Array = new Uint8Array(), b: Uint8Array = new Uint8Array()): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}
