// The lesson's SGD as people meet it: the lesson's numbers, rates that are too big or too small, mini-batches, own points, polynomials.
import { type DrawnPoints, LESSON, RATE_PRESETS, type RegressionPoint } from "@ursa/contracts/regression";
import { expect, test } from "vitest";
import { lossOf } from "./gradient-descent.ts";
import { fitPolynomial, parametersIn } from "./least-squares.ts";
import { drawPoints, holdOut, parsePoints } from "./points.ts";
import { type RegressionRequest, runRegression, startOf } from "./run-regression.ts";

const DRAWN: DrawnPoints = { count: 100, coefficients: [3, 2], noise: "uniform", scale: 1, seed: 42 };
const REQUEST: RegressionRequest = {
  ...{ degree: 1, rescale: false, learningRate: LESSON.learningRate, steps: LESSON.steps },
  ...{ start: LESSON.start, seed: 42, drawn: DRAWN },
};
const run = (more: Partial<RegressionRequest> = {}, drawn = DRAWN) =>
  runRegression({ ...REQUEST, drawn, ...more }, drawPoints(drawn));

test("by the lesson's numbers it goes from about 8 down to the floor of its points, and the floor is near 1/12", () => {
  const { steps, outcome, optimum, expected, largestRate, parameters } = run();
  expect(steps).toHaveLength(101);
  expect(steps[0]).toMatchObject({ step: 0, parameters: [-1, 1] });
  expect(steps[0]?.loss).toBeGreaterThan(6);
  expect(steps.every(({ loss }, at) => at === 0 || loss < (steps[at - 1]?.loss ?? 0))).toBe(true);
  expect(outcome).toBe("arrived");
  expect(expected).toEqual({ parameters: [3, 2.5], loss: 1 / 12 });
  expect(optimum.loss).toBeGreaterThan(0.06);
  expect(optimum.loss).toBeLessThan(0.11);
  for (const at of [0, 1]) expect(parameters[at]).toBeCloseTo(optimum.parameters[at] ?? 0, 2);
  // Curvatures of (2, 2/3) in expectation.
  expect(largestRate).toBeGreaterThan(0.9);
  expect(largestRate).toBeLessThan(1.05);
});

test("the mean of many draws is what is expected: (3, 2.5) and 1/12", () => {
  const fits = Array.from({ length: 400 }, (_, seed) => {
    const { points } = drawPoints({ ...DRAWN, seed });
    const parameters = parametersIn(fitPolynomial(points, 1), { shift: 0, factor: 1 });
    return { parameters, loss: lossOf(parameters, points) };
  });
  const mean = (value: (one: (typeof fits)[number]) => number) => fits.reduce((sum, one) => sum + value(one), 0) / 400;
  expect(mean(({ parameters }) => parameters[0] ?? 0)).toBeCloseTo(3, 2);
  expect(mean(({ parameters }) => parameters[1] ?? 0)).toBeCloseTo(2.5, 2);
  // Two parameters take two of a hundred degrees of freedom.
  expect(mean(({ loss }) => loss)).toBeCloseTo((1 / 12) * 0.98, 3);
});

test("a rate above the largest one diverges, one below does not, and a tiny one is still on its way", () => {
  const { largestRate } = run({ steps: 1 });
  const by = (factor: number, steps = 100) => run({ learningRate: factor * largestRate, steps });
  expect(by(RATE_PRESETS.good).outcome).toBe("arrived");
  expect(by(RATE_PRESETS["too-small"]).outcome).toBe("on-its-way");
  const tooBig = by(RATE_PRESETS["too-big"]);
  expect(tooBig.outcome).toBe("diverged");
  expect(tooBig.loss).toBeGreaterThan(1000 * tooBig.firstLoss);
  expect(by(0.99).outcome).not.toBe("diverged");
});

test("where numbers end, the steps end, and all that is told is a number", () => {
  const { outcome, steps, parameters } = run({ learningRate: 50, steps: 500 });
  expect(outcome).toBe("diverged");
  expect(steps.length).toBeLessThan(200);
  expect(JSON.stringify({ steps, parameters })).not.toContain("null");
});

test("so it is whatever overflows first, the loss of a batch, of what is held out, or of all", () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { outcome, steps } = run(
      { seed, batchSize: seed % 2 ? 1 : 8, learningRate: 2, steps: 2000 },
      { ...DRAWN, seed },
    );
    expect(outcome).toBe("diverged");
    expect(JSON.stringify(steps), `seed ${seed}`).not.toContain("null");
  }
});

test("mini-batches take every point once an epoch, and end near the same place by a crooked way", () => {
  const { steps, outcome, optimum } = run({ batchSize: 10, steps: 200 });
  expect(outcome).toBe("arrived");
  expect(steps.at(-1)?.loss).toBeLessThan(1.1 * optimum.loss);
  expect(steps.some(({ loss }, at) => at > 0 && loss > (steps[at - 1]?.loss ?? 0))).toBe(true);
  // From one place, the ten batches' losses are the whole loss.
  const still = run({ batchSize: 10, steps: 10, learningRate: Number.MIN_VALUE });
  const mean = still.steps.slice(0, 10).reduce((sum, { batchLoss = 0 }) => sum + batchLoss, 0) / 10;
  expect(mean).toBeCloseTo(still.firstLoss, 10);
  expect(run({ batchSize: 100 }).steps).toEqual(run().steps);
});

test("every point of a contour has the loss that it says", () => {
  const { contours, points, firstLoss, optimum } = run();
  expect(contours.length).toBeGreaterThan(5);
  expect(contours[0]?.loss).toBeCloseTo(firstLoss, 10);
  for (const { loss, points: places } of contours)
    for (const place of places) expect(lossOf(place, points)).toBeCloseTo(loss, 9);
  expect(contours.at(-1)?.loss).toBeGreaterThan(optimum.loss);
});

test("from few points high degrees fit what is there and miss what was held out; a line misses a curve", () => {
  const drawn: DrawnPoints = { ...DRAWN, count: 20, coefficients: [4, 0, -3, 0], noise: "normal", scale: 0.3 };
  const { degrees, grid } = run({ steps: 1 }, drawn);
  const lossesOf = (degree: number) => degrees.find((one) => one.degree === degree);
  expect(degrees).toHaveLength(15);
  expect(degrees.every(({ values }) => values.length === grid.length)).toBe(true);
  for (const [at, { trainLoss }] of degrees.entries())
    expect(trainLoss).toBeLessThanOrEqual((degrees[at - 1]?.trainLoss ?? trainLoss) + 1e-12);
  expect(lossesOf(1)?.heldOutLoss).toBeGreaterThan(2 * (lossesOf(3)?.heldOutLoss ?? 0));
  expect(lossesOf(15)?.heldOutLoss).toBeGreaterThan(5 * (lossesOf(3)?.heldOutLoss ?? 0));
  expect(lossesOf(15)?.trainLoss).toBeLessThan((lossesOf(3)?.trainLoss ?? 0) / 2);
});

test("what is expected of a polynomial is said where its degree can hold the truth", () => {
  expect(run({ degree: 3, start: startOf(3) }).expected).toEqual({ parameters: [0, 0, 3, 2.5], loss: 1 / 12 });
  expect(run({}, { ...DRAWN, coefficients: [1, 0, 0] }).expected).toBeUndefined();
});

test("own points far from 0 need a rate of their own, or to be rescaled", () => {
  const given: RegressionPoint[] = Array.from({ length: 50 }, (_, at) => [1950 + at, 20 + 0.5 * at + (at % 3)]);
  const sets = holdOut(given, { fraction: 0.2, seed: 1 });
  expect([sets.points.length, sets.heldOut.length]).toEqual([40, 10]);
  const by = (more: Partial<RegressionRequest>) => runRegression({ ...REQUEST, drawn: undefined, ...more }, sets);
  expect(by({}).outcome).toBe("diverged");
  const rescaled = by({ rescale: true });
  expect(rescaled.outcome).toBe("arrived");
  const { parameters } = rescaled.optimum;
  // The same line, whatever its parameters are of.
  const [slope = 0, intercept = 0] = by({}).optimum.parameters;
  const { shift, factor } = rescaled.xScale;
  expect((parameters[0] ?? 0) / factor).toBeCloseTo(slope, 8);
  expect((parameters[1] ?? 0) - ((parameters[0] ?? 0) * shift) / factor).toBeCloseTo(intercept, 5);
});

test("points come as CSV, as people write it", () => {
  const points = [
    [1, 2.5],
    [-3, 4e2],
  ];
  for (const csv of [
    "x,y\n1,2.5\n-3,4e2\n",
    "\uFEFF1;2.5\r\n-3; 4e2",
    "# mine\nx\ty\n1\t2.5\n\n-3\t400",
    "1 2.5\n-3 400",
  ])
    expect(parsePoints(csv), JSON.stringify(csv)).toEqual(points);
  for (const csv of [
    "",
    "1,2",
    "x,y\n1,2\n3",
    "1,2\n3,four",
    "1,2\n3,4,5",
    "1,2\n3,Infinity",
    "1,2\n3,1e10",
    "1,2\n,3",
  ])
    expect(() => parsePoints(csv), JSON.stringify(csv)).toThrow(/csv: (line \d|expected)/);
});
