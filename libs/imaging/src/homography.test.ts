import { expect, test } from "vitest";

import { compose, type Homography, homographyBetween, type Point } from "./homography.ts";

const SQUARE: Point[] = [
  [-1, -1],
  [-1, 1],
  [1, -1],
  [1, 1],
];

test("takes each corner to its target", () => {
  const targets: Point[] = [
    [-1.2, -0.9],
    [-0.8, 1.1],
    [1, -1],
    [1.3, 0.7],
  ];
  const map = homographyBetween(SQUARE, targets);
  for (const [i, corner] of SQUARE.entries()) expectPoint(apply(map, corner), targets[i]);
});

test("composes so that the last map is applied first", () => {
  const double: Homography = [2, 0, 0, 0, 2, 0, 0, 0, 1];
  const shift: Homography = [1, 0, 5, 0, 1, 7, 0, 0, 1];
  expectPoint(apply(compose(double, shift), [1, 1]), [12, 16]);
});

test("refuses corners on one line", () => {
  const line: Point[] = [
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
  ];
  expect(() => homographyBetween(line, SQUARE)).toThrow("do not span a quadrangle");
});

function apply(m: Homography, [x, y]: Point): Point {
  const z = m[6] * x + m[7] * y + m[8];
  return [(m[0] * x + m[1] * y + m[2]) / z, (m[3] * x + m[4] * y + m[5]) / z];
}

function expectPoint([x, y]: Point, target: Point | undefined): void {
  expect(x).toBeCloseTo(target?.[0] ?? Number.NaN, 10);
  expect(y).toBeCloseTo(target?.[1] ?? Number.NaN, 10);
}
