import {
  alphaPng,
  animatedGif,
  cmykJpeg,
  exifRotatedJpeg,
  greyPng,
  halves,
  jpegWithZip,
  pixelBombPng,
  sixteenBitPng,
  truncatedJpeg,
  wideGamutJpeg,
} from "@ursa/testing/hostile-pictures";
import { describe, expect, test } from "vitest";

import { type DecodedPicture, decodePicture, type Scale } from "./decode-picture.ts";
import { ImageRefused } from "./image-refused.ts";
import { rasterise, rasteriseFlat } from "./rasterise.ts";
import { restrictSharp } from "./restrict-sharp.ts";

const AT_100: Scale = { side: "short", pixels: 100, mayEnlarge: true };
const RED = [208, 32, 32];
const BLUE = [32, 48, 192];
const WHITE = [255, 255, 255];

describe("whatever the file holds, upright sRGB comes out", () => {
  test.each([
    ["a plain JPEG", () => rasterise(halves(), { quality: 95 }), RED, BLUE, 3],
    ["a progressive JPEG", () => rasterise(halves(), { quality: 95, interlaced: true }), RED, BLUE, 3],
    ["a PNG", () => rasterise(halves(), { format: "png" }), RED, BLUE, 0],
    ["an interlaced PNG", () => rasterise(halves(), { format: "png", interlaced: true }), RED, BLUE, 0],
    ["a PNG of 16 bits", sixteenBitPng, RED, BLUE, 0],
    ["a WebP", () => rasterise(halves(), { format: "webp", quality: 95 }), RED, BLUE, 5],
    ["the first frame of a GIF", animatedGif, RED, BLUE, 3],
    ["Display P3, by its profile", wideGamutJpeg, RED, BLUE, 4],
    ["CMYK, as near as ink comes", cmykJpeg, RED, BLUE, 80],
    ["transparency, on white", alphaPng, WHITE, BLUE, 0],
    ["grey, as three equal channels", greyPng, [106, 106, 106], [71, 71, 71], 2],
    ["a JPEG with an archive behind it", jpegWithZip, RED, BLUE, 3],
  ] as const)("%s", async (_what, make, left, right, tolerance) => {
    const picture = await decodePicture(await make(), AT_100);
    expect(picture.original).toEqual({ width: 320, height: 200 });
    expect([picture.width, picture.height]).toEqual([160, 100]);
    expectColour(picture, { x: 20, y: 60 }, left, tolerance);
    expectColour(picture, { x: 140, y: 60 }, right, tolerance);
  });

  test("a photograph that lies on its side is set upright", async () => {
    const picture = await decodePicture(await exifRotatedJpeg(), AT_100);
    expect(picture.original).toEqual({ width: 200, height: 320 });
    expectColour(picture, { x: 40, y: 20 }, RED, 3);
    expectColour(picture, { x: 40, y: 140 }, BLUE, 3);
    expectColour(picture, { x: 97, y: 80 }, WHITE, 3);
  });
});

describe("a truncated file is found, however little is missing", () => {
  test.each([0.05, 0.3, 0.6, 0.9, 0.99, 0.999])("a JPEG cut at %f", async (share) => {
    await expectRefusal(await truncatedJpeg(share), "corrupt_image");
  });

  test.each(["png", "webp", "gif"] as const)("a %s cut in half", async (format) => {
    const whole = await rasterise(halves(), { format });
    await expectRefusal(whole.subarray(0, whole.length / 2), "corrupt_image");
  });

  test("a view for which the decoder may skip most of the detail still reads to the end", async () => {
    const whole = await rasteriseFlat(4000, 3000, "jpeg");
    await expectRefusal(whole.subarray(0, whole.length - 100), "corrupt_image");
  });
});

describe("limits", () => {
  test("a pixel bomb is refused by its header", async () => {
    const bomb = pixelBombPng();
    expect(bomb.length).toBeLessThan(40_000);
    const started = performance.now();
    await expectRefusal(bomb, "too_many_pixels");
    expect(performance.now() - started).toBeLessThan(500);
  });

  test("a long strip within the pixel limit is refused by its longest side", async () => {
    await expectRefusal(await rasteriseFlat(16_385, 40), "too_many_pixels");
  });

  test("an icon is too small", async () => {
    await expectRefusal(await rasteriseFlat(200, 31), "too_small");
  });

  test("a picture is not enlarged unless that is asked for", async () => {
    const picture = await decodePicture(await rasterise(halves()), { side: "short", pixels: 288, mayEnlarge: false });
    expect([picture.width, picture.height]).toEqual([320, 200]);
  });
});

describe("damage in the picture is told from rubbish beside it", () => {
  const SCAN = Buffer.from([0xff, 0xda]);

  test("a few stray bytes between two segments are not worth losing a photograph", async () => {
    const bytes = await rasterise(halves(), { quality: 95 });
    const at = bytes.indexOf(SCAN);
    const stray = Buffer.concat([bytes.subarray(0, at), Buffer.from([1, 2, 3]), bytes.subarray(at)]);
    await expect(decodePicture(stray, AT_100)).resolves.toMatchObject({ format: "jpeg" });
  });

  test("overwritten coefficients are", async () => {
    const bytes = await rasterise(halves(), { quality: 95 });
    bytes.fill(0x5a, bytes.indexOf(SCAN) + 200, bytes.indexOf(SCAN) + 240);
    await expectRefusal(bytes, "corrupt_image");
  });

  test("and so is an end that somebody put behind half a picture", async () => {
    await expectRefusal(Buffer.concat([await truncatedJpeg(0.6), Buffer.from([0xff, 0xd9])]), "corrupt_image");
  });
});

test("a decoder that bytes have fooled still has no loader but four", async () => {
  restrictSharp();
  const { default: sharp } = await import("sharp");
  await expect(sharp(Buffer.from(halves())).metadata()).rejects.toThrow(/unsupported image format|blocked/);
  await expect(sharp(import.meta.filename).metadata()).rejects.toThrow();
});

function expectColour(
  picture: DecodedPicture,
  at: { x: number; y: number },
  colour: readonly number[],
  tolerance: number,
) {
  const start = (at.y * picture.width + at.x) * 3;
  for (const [channel, value] of colour.entries()) {
    const actual = picture.pixels[start + channel] ?? Number.NaN;
    expect(Math.abs(actual - value), `channel ${channel}: ${actual}, expected ${value}`).toBeLessThanOrEqual(tolerance);
  }
}

async function expectRefusal(bytes: Uint8Array, outcome: string): Promise<void> {
  const error = await decodePicture(bytes, AT_100).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ImageRefused);
  expect(error).toMatchObject({ outcome });
}
