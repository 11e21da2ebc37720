// What is drawn for a view: fastai's get_transforms() and each of its arguments.
import type { AugmentationParameters } from "@ursa/imaging/augment-pixels";
import { describe, expect, test } from "vitest";
import { drawAugmentation, NO_AUGMENTATION, type Transforms } from "./augment-plan.ts";
import { createRandom } from "./random.ts";

const LESSON: Transforms = {
  ...{ augment: true, flip: true, flipVertical: false, maxRotate: 10, maxZoom: 1.1, maxLighting: 0.2, maxWarp: 0.2 },
  ...{ pAffine: 0.75, pLighting: 0.75 },
};

describe("augmentation plan", () => {
  const draws = Array.from({ length: 4000 }, (_, i) => drawAugmentation(createRandom(1, i), LESSON));
  const share = (claim: (draw: (typeof draws)[number]) => boolean) => draws.filter(claim).length / draws.length;

  test("each transform comes with its own probability", () => {
    expect(share((draw) => draw.flip)).toBeCloseTo(0.5, 1);
    for (const claim of [
      (draw: (typeof draws)[number]) => draw.rotateDegrees !== 0,
      (draw: (typeof draws)[number]) => draw.zoom !== 1,
      (draw: (typeof draws)[number]) => draw.warp.some((magnitude) => magnitude !== 0),
      (draw: (typeof draws)[number]) => draw.brightness !== 0,
      (draw: (typeof draws)[number]) => draw.contrast !== 1,
    ]) {
      expect(Math.abs(share(claim) - 0.75)).toBeLessThan(0.03);
    }
    expect(Math.abs(share((draw) => draw.rotateDegrees !== 0 && draw.zoom !== 1) - 0.5625)).toBeLessThan(0.03);
  });

  test("magnitudes stay within those of get_transforms and reach towards their ends", () => {
    const range = (of: (draw: (typeof draws)[number]) => number) => [
      Math.min(...draws.map(of)),
      Math.max(...draws.map(of)),
    ];
    const expectRange = (of: (draw: (typeof draws)[number]) => number, low: number, high: number) => {
      const [least = 0, most = 0] = range(of);
      expect(least).toBeGreaterThanOrEqual(low);
      expect(most).toBeLessThanOrEqual(high);
      expect(most - least).toBeGreaterThan((high - low) * 0.98);
    };
    expectRange((draw) => draw.rotateDegrees, -10, 10);
    expectRange((draw) => draw.zoom, 1, 1.1);
    expectRange((draw) => draw.warp[2], -0.2, 0.2);
    expectRange((draw) => draw.brightness, Math.log(0.4 / 0.6), Math.log(0.6 / 0.4));
    expectRange((draw) => draw.contrast, 0.8, 1.25);
    expectRange((draw) => draw.cropColumn, 0, 1);
  });

  test("with augmentation off only the crop moves", () => {
    const { cropRow, cropColumn, ...rest } = drawAugmentation(createRandom(3), { ...LESSON, augment: false });
    const { cropRow: _row, cropColumn: _column, ...none } = NO_AUGMENTATION;
    expect(rest).toEqual(none);
    expect([cropRow, cropColumn]).not.toEqual([0.5, 0.5]);
  });

  const manyOf = (changes: Partial<Transforms>) =>
    Array.from({ length: 400 }, (_, i) => drawAugmentation(createRandom(1, i), { ...LESSON, ...changes }));

  test.each([
    ["flip", { flip: false }, ["flip"]],
    ["flipVertical", { flipVertical: true }, ["flipVertical", "transpose"]],
    ["maxRotate", { maxRotate: 45 }, ["rotateDegrees"]],
    ["maxZoom", { maxZoom: 2 }, ["zoom"]],
    ["maxWarp", { maxWarp: 0.1 }, ["warp"]],
    ["maxLighting", { maxLighting: 0.4 }, ["brightness", "contrast"]],
    ["pAffine", { pAffine: 0.1 }, ["warp", "rotateDegrees", "zoom", "zoomRow", "zoomColumn"]],
    ["pLighting", { pLighting: 0 }, ["brightness", "contrast"]],
  ] as const)("%s changes its own part of a view and no other", (_name, changes, parts) => {
    const [before, after] = [manyOf({}), manyOf(changes)];
    const changed = Object.keys(NO_AUGMENTATION).filter(
      (part) => JSON.stringify(before.map(partOf(part))) !== JSON.stringify(after.map(partOf(part))),
    );
    expect(changed.toSorted()).toEqual([...parts].toSorted());
  });

  test("magnitudes of none are none: a picture of text or sound can be left as it is", () => {
    const still = manyOf({ flip: false, maxRotate: 0, maxZoom: 1, maxWarp: 0, maxLighting: 0 });
    for (const { cropRow: _row, cropColumn: _column, zoomRow: _y, zoomColumn: _x, ...rest } of still) {
      const { cropRow, cropColumn, zoomRow, zoomColumn, ...none } = NO_AUGMENTATION;
      expect(rest).toEqual(none);
    }
  });

  test("with flipVertical each of the eight ways to lay a square comes as often", () => {
    const counts = Map.groupBy(manyOf({ flipVertical: true }), (view) =>
      [view.flip, view.flipVertical, view.transpose].join(),
    );
    expect(counts.size).toBe(8);
    for (const [way, { length }] of counts) expect(Math.abs(length - 50), way).toBeLessThan(25);
    expect(manyOf({ flip: false, flipVertical: true }).every((view) => !view.flipVertical && !view.transpose)).toBe(
      true,
    );
  });
});

// `part` is one of the keys of NO_AUGMENTATION.
const partOf = (part: string) => (view: AugmentationParameters) => view[part as keyof AugmentationParameters];
