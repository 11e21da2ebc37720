// Against cleanlab (joint, thresholds, ranking) and SciPy (the fit out of fold, its temperature, Fisher's exact test), on data that is
// a formula. Fixture: tools/make-oracles/confident_learning.py.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { confidenceThresholds, confidentJoint, findLabelSuspects } from "./confident-learning.ts";
import { findDirectionalNoise, fisherUpperTail } from "./directional-noise.ts";
import { standardise } from "./feature-rows.ts";
import { outOfFold } from "./out-of-fold.ts";

type Fixture = Record<"probabilities" | "thresholds" | "order" | "qualities", number[]> & {
  joint: number[][];
  fisher: { table: [[number, number], [number, number]]; pValue: number }[];
};
const oracle: Fixture = JSON.parse(
  readFileSync(new URL("../fixtures/confident-learning.json", import.meta.url), "utf8"),
);

const [COUNT, WIDTH, CLASSES, FOLDS] = [90, 12, 3, 5];
const labels = Array.from({ length: COUNT }, (_, i) => (i % 9 === 4 ? i + 1 : i) % CLASSES);
const given = { labels, probabilities: Float32Array.from(oracle.probabilities), classes: CLASSES };

const noise = (i: number, j: number) => {
  const wave = Math.sin(127.1 * i + 311.7 * j) * 43758.5453;
  return wave - Math.floor(wave);
};
const features = {
  count: COUNT,
  width: WIDTH,
  data: Float32Array.from({ length: COUNT * WIDTH }, (_, at) => {
    const [i, j] = [Math.floor(at / WIDTH), at % WIDTH];
    return noise(i, j) + (j % CLASSES === i % CLASSES ? 0.35 : 0);
  }),
};

test("the out-of-fold probabilities are those of an independent fit", async () => {
  const foldOf = Uint8Array.from({ length: COUNT }, (_, i) => Math.floor(i / CLASSES) % FOLDS);
  const signal = new AbortController().signal;
  const fit = { features: standardise(features), labels, classes: CLASSES, foldOf, folds: FOLDS, threads: 1, signal };
  const exact = await outOfFold({ ...fit, tolerance: 1e-5 });
  const differences = (found: Float32Array) =>
    oracle.probabilities.map((wanted, i) => Math.abs(wanted - (found[i] ?? 0)));
  expect(Math.max(...differences(exact))).toBeLessThan(2e-3);
  // And where the fit stops by itself, as near as a ranking needs.
  expect(Math.max(...differences(await outOfFold(fit)))).toBeLessThan(2e-2);
});

test("thresholds and confident joint are cleanlab's", () => {
  expect(confidenceThresholds(given)).toEqual(oracle.thresholds.map((each) => expect.closeTo(each, 5)));
  expect(confidentJoint(given)).toEqual(oracle.joint);
});

test("suspects come in the order of cleanlab's normalised margin, and look like another class than their label", () => {
  const suspects = findLabelSuspects(given);
  expect(suspects.length).toBeGreaterThan(8);
  expect(suspects.map(({ index }) => index)).toEqual(oracle.order.slice(0, suspects.length));
  for (const { index, margin, looksLike } of suspects) {
    expect((margin + 1) / 2).toBeCloseTo(oracle.qualities[index] ?? Number.NaN, 5);
    expect(looksLike).not.toBe(labels[index]);
  }
});

test("Fisher's exact test is SciPy's", () => {
  for (const { table, pValue } of oracle.fisher) {
    const [[a, b], [c, d]] = table;
    const found = fisherUpperTail({ count: a, of: a + b }, { count: c, of: c + d });
    expect(Math.abs(found / pValue - 1), `${table}`).toBeLessThan(1e-6);
  }
});

test("noise in one direction is named, and noise in all directions is not", () => {
  const oneWay = [
    [95, 15, 0],
    [0, 47, 1],
    [1, 0, 65],
  ];
  expect(findDirectionalNoise(oneWay)).toMatchObject([{ actual: 1, given: 0, count: 15, of: 62 }]);
  const allWays = [
    [71, 17, 13],
    [13, 57, 15],
    [10, 12, 56],
  ];
  expect(findDirectionalNoise(allWays)).toEqual([]);
  expect(findDirectionalNoise([[90, 0], [0, 80]])).toEqual([]); // biome-ignore format: a matrix
});
