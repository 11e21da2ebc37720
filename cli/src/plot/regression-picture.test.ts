// A regression on paper: each step where it is, and nothing that is no number, however far it went.
import type { RegressionResult } from "@ursa/contracts/regression";
import { expect, test } from "vitest";
import { describeRegression } from "../describe-regression.ts";
import { drawGif } from "../local/gif/draw-gif.ts";
import { regressionCharts } from "./regression-charts.ts";
import { animateRegression, framesOf } from "./regression-picture.ts";
import { drawChart } from "./terminal-chart.ts";

/** y = 2x through three points, and a walk from (0, 0) that halves the way at each step. */
function resultOf(more: Partial<RegressionResult> = {}): RegressionResult {
  const steps = Array.from({ length: 5 }, (_, step) => {
    const slope = 2 - 2 * 0.5 ** step;
    return { step, parameters: [slope, 0], loss: (2 / 3) * (2 - slope) ** 2, heldOutLoss: 1 };
  });
  return {
    ...{ format: 1, regressionId: `reg_${"0".repeat(26)}`, degree: 1, rescale: false, learningRate: 0.5, seed: 42 },
    ...{ start: [0, 0], outcome: "on-its-way", steps, parameters: [1.875, 0], firstLoss: 8 / 3, loss: 0.01 },
    points: [
      [-1, -2],
      [0, 0],
      [1, 2],
    ],
    heldOut: [[0.5, 1]],
    ...{ optimum: { parameters: [2, 0], loss: 0 }, largestRate: 1, xScale: { shift: 0, factor: 1 } },
    contours: [
      {
        loss: 1,
        points: [
          [0, -1],
          [4, -1],
          [4, 1],
          [0, 1],
        ],
      },
    ],
    ...{ grid: [-1, 0, 1], degrees: [{ degree: 1, trainLoss: 0, heldOutLoss: 0, values: [-2, 0, 2] }] },
    ...more,
  };
}

const diverged = resultOf({
  outcome: "diverged",
  learningRate: 9,
  steps: [0, 1, 2].map((step) => ({ step, parameters: [-(10 ** (100 * step)), 1], loss: 10 ** (100 * step) })),
});

test("each frame has the line of its step, the way to it, and says its loss", () => {
  const frames = framesOf(resultOf());
  expect(frames).toHaveLength(5);
  expect(frames[1]).toContain("step 1: loss 0.6667, (1, 0), rate 0.5");
  // The fit's two ends: a line that rises goes up in the picture, where y counts down.
  const endsOf = (svg = "") =>
    [...(/<polyline points="([^"]+)"/.exec(svg)?.[1] ?? "").matchAll(/,([\d.]+)/g)].map(([, y]) => Number(y));
  expect(new Set(endsOf(frames[0])).size).toBe(1);
  const [from = 0, , to = 0] = endsOf(frames[4]);
  expect(to).toBeLessThan(from);
  for (const [at, frame] of frames.entries())
    expect(frame.match(/<polyline points="([^"]+)"/g)?.[1]?.split(" ").length, `frame ${at}`).toBe(at + 2);
});

test("the moving drawing has as many values as times, one for each step", () => {
  const svg = animateRegression(resultOf());
  const moves = [...svg.matchAll(/values="([^"]+)" keyTimes="([^"]+)"/g)];
  expect(moves).toHaveLength(3);
  for (const [, values = "", times = ""] of moves) {
    expect(values.split(";")).toHaveLength(5);
    expect(times.split(";")).toHaveLength(5);
    expect(times).toMatch(/^0\.0000;/);
  }
});

test.each([
  ["a line that diverged", diverged],
  ["a polynomial", resultOf({ degree: 2, contours: [], parameters: [0, 2, 0] })],
])("%s is drawn and written without anything that is no number", (_name, result) => {
  const drawn = regressionCharts(result).map((chart) => drawChart(chart, { columns: 60, rows: 8, hasColour: false }));
  const text = describeRegression(result, { every: 1, degrees: true });
  for (const one of [animateRegression(result), ...framesOf(result), ...drawn, text])
    expect(one).not.toMatch(/NaN|Infinity|undefined/);
});

test("points are dots and no line, on the terminal too", () => {
  const [fit] = regressionCharts({
    ...diverged,
    points: [
      [0, 0],
      [1, 1],
    ],
  });
  const drawn = fit && drawChart(fit, { columns: 60, rows: 8, hasColour: false });
  expect([...(drawn ?? "").matchAll(/[⠁-⣿]/g)].length).toBeLessThan(8);
});

test("the GIF has a frame for each drawing", async () => {
  const bytes = await drawGif(framesOf(resultOf()));
  expect(Buffer.from(bytes).subarray(0, 6).toString()).toBe("GIF89a");
  // Graphic control extensions, one before each frame.
  expect(Buffer.from(bytes).toString("latin1").split("\x21\xf9\x04").length - 1).toBe(5);
});

test("for people: the first step, every second one and the last, and what the closed form says", () => {
  const text = describeRegression(resultOf(), { every: 3, degrees: false });
  expect(text.match(/^ +[034] /gm)).toHaveLength(3);
  expect(text).toContain("Of these points the least loss is 0.0000 at (2.0000, 0.0000), in closed form.");
  expect(text).toContain("It is still on its way");
  expect(describeRegression(diverged, { every: 1, degrees: false })).toContain("is 1.0000, and this one is above it.");
});
