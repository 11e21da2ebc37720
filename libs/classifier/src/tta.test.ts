import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { blend, predictPictures } from "./tta.ts";

// Written by tools/make-oracles/tta.py.
const ORACLE: { answers: number[][]; blended: number[] } = JSON.parse(
  readFileSync(new URL("../../imaging/src/fixtures/tta.json", import.meta.url), "utf8"),
);

test("nine answers become 0.4 of the plain one and 0.6 of the mean of the others, as in numpy", () => {
  const blended = blend(ORACLE.answers.map((row) => Float32Array.from(row)));
  for (const [index, expected] of ORACLE.blended.entries()) expect(blended[index]).toBeCloseTo(expected, 6);
  expect(blended.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6);
});

test("the plain view alone is answered as it is, and each picture gets the answers of its own views", async () => {
  const seen: number[] = [];
  const classifier = {
    async predict(views: Uint8Array[]) {
      seen.push(...views.map(([byte = 0]) => byte));
      return views.map(([byte = 0]) => Float32Array.of(byte / 100, 1 - byte / 100));
    },
  };
  const pictures = [[10], [20, 40, 60], [30]].map((views) => views.map((byte) => Uint8Array.of(byte)));
  const [first, second, third] = await predictPictures(classifier, pictures);
  expect(seen).toEqual([10, 20, 40, 60, 30]);
  expect([first, third]).toEqual([Float32Array.of(0.1, 0.9), Float32Array.of(0.3, 0.7)]);
  expect(second?.[0]).toBeCloseTo(0.4 * 0.2 + 0.6 * 0.5, 6);
});

test("a picture without any view is a mistake of the caller", () => {
  expect(() => blend([])).toThrow(RangeError);
});
