// Mixed batches by hand, the distribution of the shares by its moments, and how a mix fits the loss.
import { describe, expect, test } from "vitest";
import { drawBeta, drawMix, mixRows } from "./mixup.ts";
import { createRandom } from "./random.ts";

describe("a mix", () => {
  // By hand: 0.75 x + 0.25 x[partner].
  const mix = { shares: [0.75, 1, 0.5], partners: [2, 0, 1] };

  test("of targets is linear, and rows that only fill up the batch stay", () => {
    const labels = { dims: [4, 2], data: Float32Array.of(1, 0, 0, 1, 0.5, 0.5, 0, 0) };
    expect(mixRows(labels, mix)).toEqual({ dims: [4, 2], data: Float32Array.of(0.875, 0.125, 0, 1, 0.25, 0.75, 0, 0) });
  });

  test("of pixels is rounded to bytes, and takes partners as they were", () => {
    const pixels = { dims: [3, 1, 1, 2], data: Uint8Array.of(255, 0, 100, 7, 1, 2) };
    expect([...mixRows(pixels, mix).data]).toEqual([192, 1, 100, 7, 51, 5]); // 191.5, 0.5; 100, 7; 50.5, 4.5
    expect([...pixels.data]).toEqual([255, 0, 100, 7, 1, 2]);
  });

  test("with a row that is not there is refused", () => {
    expect(() => mixRows({ dims: [1, 1], data: Float32Array.of(1) }, { shares: [0.5], partners: [1] })).toThrow(
      RangeError,
    );
  });
});

test.each([0.1, 0.4, 1, 2])("Beta(%d, %d) has its moments", (alpha) => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 40_000 }, () => drawBeta(alpha, random));
  const meanOf = (power: number) => drawn.reduce((sum, x) => sum + (x - 0.5) ** power, 0) / drawn.length;
  // About 1/2: 0 by symmetry, the variance 1 / (4 (2a + 1)), the fourth moment 3 / (16 (2a + 1) (2a + 3)).
  expect(meanOf(1)).toBeCloseTo(0, 2);
  expect(meanOf(2)).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
  expect(meanOf(4)).toBeCloseTo(3 / (16 * (2 * alpha + 1) * (2 * alpha + 3)), 2);
  expect(drawn.every((x) => x >= 0 && x <= 1)).toBe(true);
});

test("each picture keeps at least half of itself, and is the partner of one", () => {
  const { shares, partners } = drawMix(16, 0.4, createRandom(2));
  expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.5);
  expect(new Set(shares).size).toBeGreaterThan(10);
  expect(partners.toSorted((a, b) => a - b)).toEqual([...shares.keys()]);
  expect(drawMix(16, 0.4, createRandom(2))).toEqual({ shares, partners });
});

test("an alpha so small that its powers underflow mixes nothing, and is no NaN", () => {
  expect(new Set(drawMix(50, 1e-6, createRandom(3)).shares)).toEqual(new Set([1]));
});
