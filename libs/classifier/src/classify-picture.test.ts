import { expect, test } from "vitest";
import { rank } from "./classify-picture.ts";

test("equal probabilities keep the model's order", () => {
  expect(rank(["b", "a", "c"], Float32Array.of(0.25, 0.25, 0.5))).toEqual([
    ["c", 0.5],
    ["b", 0.25],
    ["a", 0.25],
  ]);
});
