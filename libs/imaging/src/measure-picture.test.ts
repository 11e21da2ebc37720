// Sharpness and brightness, on drawn pictures made worse by known amounts.
import { drawBear } from "@ursa/testing/pictures";
import { expect, test } from "vitest";
import { measurePicture, statisticsOf } from "./measure-picture.ts";
import { varyPicture } from "./vary-picture.ts";

const MAX_PIXELS = 1e7;
const measure = async (bytes: Uint8Array) => measurePicture(bytes, MAX_PIXELS);

test("a blurred picture is less sharp, the more so the more it is blurred; a small copy is not", async () => {
  const bear = await drawBear("grizzly", 3);
  const sharp = await measure(bear);
  const [soft, softer] = [
    await measure(await varyPicture(bear, { blur: 1.5 })),
    await measure(await varyPicture(bear, { blur: 4 })),
  ];
  expect(soft.sharpness).toBeLessThan(sharp.sharpness / 3);
  expect(softer.sharpness).toBeLessThan(soft.sharpness / 2);
});

test("a dark picture has no bright pixels", async () => {
  const bear = await drawBear("teddy", 1);
  const [bright, dark] = [await measure(bear), await measure(await varyPicture(bear, { brightness: 0.2 }))];
  expect(bright.brightest).toBeGreaterThan(0.5);
  expect(dark.brightest).toBeCloseTo(0.2 * bright.brightest, 1);
});

test("known pixels give known numbers", () => {
  const pixels = (values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const flat = statisticsOf({ width: 4, height: 4, pixels: pixels(new Array(16).fill(51)) });
  expect(flat).toEqual({ sharpness: expect.closeTo(0, 4), brightest: 0.2 });
  // One bright pixel in the middle: the Laplacian is -400 there, 100 beside it and 0 else; of nine places the mean is 0.
  const dot = new Array(25).fill(0);
  dot[12] = 100;
  const { sharpness } = statisticsOf({ width: 5, height: 5, pixels: pixels(dot) });
  expect(sharpness).toBeCloseTo((400 ** 2 + 4 * 100 ** 2) / 9, 1);
});
