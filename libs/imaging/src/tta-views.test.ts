import { readFileSync } from "node:fs";
import { drawBear } from "@ursa/testing/pictures";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { augmentPixels } from "./augment-pixels.ts";
import { ImageRefused } from "./image-refused.ts";
import { MAX_PIXELS } from "./max-pixels.ts";
import { TTA_AUGMENTATIONS, ttaViews } from "./tta-views.ts";
import { viewPicture } from "./view-picture.ts";

type Oracle = { width: number; height: number; pixels: string; size: number; views: string[] };

describe("against fastai's loop over corners and flips in numpy", () => {
  // Written by tools/make-oracles/tta.py.
  const oracle: Oracle = JSON.parse(readFileSync(new URL("./fixtures/tta.json", import.meta.url), "utf8"));
  const { width, height, size, views } = oracle;
  const source = { width, height, pixels: Buffer.from(oracle.pixels, "base64") };

  test.each(views.map((expected, pass) => ({ expected, pass })))("pass $pass", ({ expected, pass }) => {
    const augmentation = TTA_AUGMENTATIONS[pass];
    if (!augmentation) return expect.unreachable("there are eight passes");
    const [view, wanted] = [augmentPixels(source, size, augmentation), Buffer.from(expected, "base64")];
    expect(view.length).toBe(wanted.length);
    const differences = view.map((value, at) => Math.abs(value - (wanted[at] ?? 0)));
    // One level where rounding to a sixteenth and then to a whole crosses a half.
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
  });
});

test("the first view is the plain one, to the byte; the others differ from it and from each other, and are the same every time", async () => {
  const bytes = await drawBear("grizzly", 5);
  const views = await ttaViews(bytes, 96, MAX_PIXELS);
  expect(views).toHaveLength(9);
  expect(views[0]).toEqual(await viewPicture(bytes, 96, MAX_PIXELS));
  expect(new Set(views.map((view) => Buffer.from(view).toString("base64"))).size).toBe(9);
  expect(views.every((view) => view.length === 96 * 96 * 3)).toBe(true);
  expect(await ttaViews(bytes, 96, MAX_PIXELS)).toEqual(views);
});

test("each corner view shows its own corner", async () => {
  const colours = { red: [0, 0], lime: [200, 0], blue: [0, 200], white: [200, 200] } as const;
  const parts = Object.entries(colours).map(
    ([fill, [x, y]]) => `<rect x="${x}" y="${y}" width="200" height="200" fill="${fill}"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">${parts.join("")}</svg>`;
  const views = await ttaViews(await sharp(Buffer.from(svg)).png().toBuffer(), 100, MAX_PIXELS);
  // The middle is 200 - 400 / 1.35 / 2 = 52 of 400 pixels from the boundary between the colours, inside the corner's own.
  const middles = views.slice(1).map((view) => [...view.subarray((50 * 100 + 50) * 3, (50 * 100 + 50) * 3 + 3)]);
  const [red, lime, blue, white] = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  expect(middles).toEqual([red, blue, lime, white, red, blue, lime, white]);
});

test("a picture that is cut short is refused", async () => {
  const bytes = await drawBear("black", 2);
  await expect(ttaViews(bytes.subarray(0, bytes.length / 2), 96, MAX_PIXELS)).rejects.toBeInstanceOf(ImageRefused);
});
