// The pure parts of the recipe: schedule, batches, random numbers, metrics.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { cutBatches, resolveBatchSize } from "./batches.ts";
import { bestEpoch, hasStalled } from "./best-epoch.ts";
import { evaluateLogits, logSoftmax, wilsonInterval } from "./metrics.ts";
import { oneCycle } from "./one-cycle.ts";
import { createRandom, restoreRandom } from "./random.ts";

// Made by tools/make-oracles/head_step.py: fastai's scheduler stepped batch by batch, and SciPy's interval.
const fixture: { oneCycle: Record<string, [number, number][]>; wilson: [number, number, number, number][] } =
  JSON.parse(readFileSync(new URL("fixtures/head-step.json", import.meta.url), "utf8"));

describe("one-cycle", () => {
  for (const [total, points] of Object.entries(fixture.oneCycle)) {
    test(`${total} steps are those of fastai`, () => {
      for (const [step, [rate, momentum]] of points.entries()) {
        const point = oneCycle(step, Number(total), 0.003);
        expect(point.learningRate / rate, `rate of step ${step}`).toBeCloseTo(1, 9);
        expect(point.momentum, `momentum of step ${step}`).toBeCloseTo(momentum, 12);
      }
    });
  }

  test("starts at a 25th, peaks at the maximum with the lowest momentum", () => {
    const points = Array.from({ length: 32 }, (_, step) => oneCycle(step, 32, 0.003));
    expect(points[0]?.learningRate).toBeCloseTo(0.003 / 25, 12);
    expect(points[0]?.momentum).toBeCloseTo(0.95, 12);
    expect(points[9]?.learningRate).toBeCloseTo(0.003, 12);
    expect(points[9]?.momentum).toBeCloseTo(0.85, 12);
  });
});

describe("batches", () => {
  test("an epoch sees every picture once, in batches that differ by at most one", () => {
    for (const [count, size] of [
      [226, 32],
      [65, 64],
      [64, 64],
      [5, 64],
      [473, 64],
    ] as const) {
      const order = createRandom(1).permutation(count);
      const batches = cutBatches(order, size);
      expect(batches.flat()).toEqual(order);
      const sizes = batches.map((batch) => batch.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(size);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      expect(batches.length).toBe(Math.ceil(count / size));
    }
  });

  test("few pictures get smaller batches unless told otherwise", () => {
    expect(resolveBatchSize("auto", 319)).toBe(32);
    expect(resolveBatchSize("auto", 320)).toBe(64);
    expect(resolveBatchSize(16, 5000)).toBe(16);
  });
});

describe("random numbers", () => {
  test("go on from a saved state as if never interrupted", () => {
    const random = createRandom(7, 3);
    random.permutation(100);
    const resumed = restoreRandom(JSON.parse(JSON.stringify(random.state())));
    expect(Array.from({ length: 50 }, () => resumed.uniform())).toEqual(
      Array.from({ length: 50 }, () => random.uniform()),
    );
  });

  test("differ between seeds and streams, are even, and normal ones have unit variance", () => {
    const firsts = [
      createRandom(1),
      createRandom(2),
      createRandom(1, 1),
      createRandom(1, 1, 0),
      createRandom(1 + 2 ** 32),
    ];
    expect(new Set(firsts.map((random) => random.uniform())).size).toBe(firsts.length);
    const random = createRandom(11);
    const counts = new Uint32Array(10);
    const drawn = Array.from({ length: 20_000 }, () => Math.floor(random.uniform() * 10));
    for (const digit of drawn) counts[digit] = (counts[digit] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(1800);
    const normals = Array.from({ length: 20_000 }, () => random.normal());
    const mean = normals.reduce((sum, x) => sum + x, 0) / normals.length;
    const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });
});

describe("metrics", () => {
  for (const [wrong, count, low, high] of fixture.wilson) {
    test(`the interval of ${wrong} in ${count}`, () => {
      const interval = wilsonInterval(wrong, count);
      expect(interval.low).toBeCloseTo(low, 9);
      expect(interval.high).toBeCloseTo(high, 9);
    });
  }

  test("cross-entropy is in natural logarithms, and large logits do not overflow", () => {
    const { loss, wrong, count } = evaluateLogits(new Float32Array([0, 0, 1000, 0]), [0, 1]);
    expect(loss).toBeCloseTo((Math.LN2 + 1000) / 2, 6);
    expect([wrong, count]).toEqual([1, 2]);
    expect(logSoftmax([-1000, -1000])).toEqual([-Math.LN2, -Math.LN2]);
  });

  test("mistakes are counted by the true class, and the loss has the standard error of a mean", () => {
    // Losses of 0, 0, 3 and 5: a mean of 2, a sample variance of (4 + 4 + 1 + 9) / 3 = 6.
    const logits = new Float32Array([
      50,
      0,
      0,
      50,
      3 + Math.log(1 - Math.exp(-3)),
      0,
      5 + Math.log(1 - Math.exp(-5)),
      0,
    ]);
    const { loss, lossError, wrong, wrongByClass } = evaluateLogits(logits, [0, 1, 1, 1]);
    expect([loss, lossError]).toEqual([expect.closeTo(2, 6), expect.closeTo(Math.sqrt(6 / 4), 6)]);
    expect([wrong, wrongByClass]).toEqual([2, [0, 2]]);
  });
});

describe("the best epoch", () => {
  const history = (...losses: (number | null)[]) => losses.map((validLoss) => ({ validLoss }));

  test("has the lowest validation loss, the first of equals", () => {
    expect(bestEpoch(history(0.5, 0.3, 0.4, 0.3))).toBe(2);
    expect(bestEpoch(history(null, 0.3))).toBe(2);
    expect(bestEpoch(history(null, null))).toBe(2);
  });

  test("training has stalled when it is as many epochs old as the patience", () => {
    expect(hasStalled(history(0.5, 0.3, 0.4), 2)).toBe(false);
    expect(hasStalled(history(0.5, 0.3, 0.4, 0.3), 2)).toBe(true);
    expect(hasStalled(history(0.5, 0.3, 0.4, 0.3), undefined)).toBe(false);
    expect(hasStalled([], 1)).toBe(false);
  });
});
