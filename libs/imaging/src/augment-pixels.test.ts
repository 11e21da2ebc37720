import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { type AugmentationParameters, augmentPixels } from "./augment-pixels.ts";
import type { RgbPicture } from "./decode-picture.ts";
import { cropOffset } from "./resize-rule.ts";

const NONE: AugmentationParameters = {
  ...{ flip: false, flipVertical: false, transpose: false },
  ...{ rotateDegrees: 0, zoom: 1, zoomRow: 0.5, zoomColumn: 0.5, warp: [0, 0, 0, 0] },
  ...{ brightness: 0, contrast: 1, cropRow: 0.5, cropColumn: 0.5 },
};

type Oracle = {
  augment: {
    width: number;
    height: number;
    pixels: string;
    size: number;
    cases: { name: string; augmentation: AugmentationParameters; expected: string }[];
  };
};

describe("against fastai's order of steps in numpy and scipy", () => {
  // Written by tools/make-oracles/augment.py.
  const oracle: Oracle = JSON.parse(readFileSync(new URL("./fixtures/augment.json", import.meta.url), "utf8"));
  const { width, height, size, cases } = oracle.augment;
  const source = { width, height, pixels: Buffer.from(oracle.augment.pixels, "base64") };

  test.each(cases)("$name", ({ augmentation, expected }) => {
    const difference = compare(augmentPixels(source, size, augmentation), Buffer.from(expected, "base64"));
    // One level where rounding to a sixteenth and then to a whole crosses a half: a few values in a hundred.
    expect(difference.most).toBeLessThanOrEqual(1);
    expect(difference.mean).toBeLessThan(0.05);
  });
});

test("nothing but a crop returns the pixels of the crop", () => {
  const source = noise(300, 224);
  const view = augmentPixels(source, 224, { ...NONE, cropColumn: 1 });
  const left = cropOffset(300, 224, 1);
  expect(left).toBe(76);
  for (const row of [0, 100, 223]) {
    const from = (row * 300 + left) * 3;
    expect(view.subarray(row * 224 * 3, (row + 1) * 224 * 3)).toEqual(source.pixels.subarray(from, from + 224 * 3));
  }
});

test("a flip is its own inverse for a square picture", () => {
  const source = noise(64, 64);
  const once = augmentPixels(source, 64, { ...NONE, flip: true });
  expect(once).not.toEqual(source.pixels);
  expect(augmentPixels({ ...source, pixels: once }, 64, { ...NONE, flip: true })).toEqual(source.pixels);
});

test("the eight ways to lay a square are eight, and each has the same pixels", () => {
  const source = noise(8, 8);
  const laid = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => {
    const ways = { flip: (k & 1) !== 0, flipVertical: (k & 2) !== 0, transpose: (k & 4) !== 0 };
    return augmentPixels(source, 8, { ...NONE, ...ways });
  });
  expect(new Set(laid.map((pixels) => pixels.join())).size).toBe(8);
  for (const pixels of laid) expect(pixels.toSorted()).toEqual(source.pixels.toSorted());
});

test("a tilted picture shows reflections and no black corners", () => {
  const white = { width: 90, height: 64, pixels: new Uint8Array(90 * 64 * 3).fill(200) };
  const tilted = augmentPixels(white, 64, { ...NONE, rotateDegrees: 10, warp: [-0.2, -0.2, -0.2, -0.2] });
  expect(new Set(tilted)).toEqual(new Set([200]));
});

test("brighter is brighter everywhere but at the ends of the scale", () => {
  const grey = { width: 3, height: 1, pixels: new Uint8Array([0, 0, 0, 128, 128, 128, 255, 255, 255]) };
  const source = { width: 3, height: 3, pixels: Buffer.concat([grey.pixels, grey.pixels, grey.pixels]) };
  const [black, middle, white] = [0, 3, 6].map((at) => augmentPixels(source, 3, { ...NONE, brightness: 0.4 })[at]);
  expect([black, white]).toEqual([0, 255]);
  // 255 * sigmoid(logit(128 / 255) + 0.4)
  expect(middle).toBe(153);
});

test("a 224-pixel view takes milliseconds", () => {
  const source = noise(330, 246);
  const all = { ...NONE, rotateDegrees: 7, zoom: 1.1, warp: [0.1, -0.1, 0.1, 0.2], brightness: 0.2 } as const;
  const best = Math.min(
    ...Array.from({ length: 20 }, () =>
      millisecondsFor(() => augmentPixels(source, 224, { ...all, warp: [0.1, -0.1, 0.1, 0.2] })),
    ),
  );
  // 2 ms on the machine this was written on; four times that is a mistake in the inner loop and not a slow machine.
  expect(best).toBeLessThan(8);
});

function millisecondsFor(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function noise(width: number, height: number): RgbPicture {
  return {
    width,
    height,
    pixels: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2_654_435_761) >>> 24),
  };
}

function compare(actual: Uint8Array, expected: Uint8Array): { most: number; mean: number } {
  expect(actual.length).toBe(expected.length);
  const differences = Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? Number.NaN)));
  return {
    most: Math.max(...differences),
    mean: differences.reduce((sum, value) => sum + value, 0) / differences.length,
  };
}
