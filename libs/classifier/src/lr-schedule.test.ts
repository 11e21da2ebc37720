// What a reader is shown of a schedule is what the steps were made with.
import { expect, test } from "vitest";
import { scheduledSteps } from "./lr-schedule.ts";

test("every step of a short stage has the rate that one-cycle gave it, for the head and for the lowest layers", () => {
  const steps = scheduledSteps({ taken: 10, total: 10, rates: [1e-5, 1e-4, 1e-3] }, 100);
  expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  // By hand: 3 of 10 steps warm up, from the top / 25 to the top, while the momentum falls from 0.95 to 0.85.
  const [rate, lowest] = [expect.closeTo(4e-5, 12), expect.closeTo(4e-7, 12)];
  expect(steps[0]).toEqual({ step: 1, learningRate: rate, lowestRate: lowest, momentum: 0.95 });
  expect(steps[3]).toMatchObject({ step: 4, learningRate: 1e-3, momentum: expect.closeTo(0.85, 9) });
  expect(steps[9]?.learningRate).toBeLessThan(1e-4);
});

test("a stage that stopped early shows the steps it took of a schedule made for more", () => {
  const steps = scheduledSteps({ taken: 4, total: 100, rates: [3e-3] }, 100);
  expect(steps).toHaveLength(4);
  expect(steps[3]?.learningRate).toBeLessThan(3e-4);
  expect(steps[0]).not.toHaveProperty("lowestRate");
});

test("a long stage is thinned evenly and keeps its first and last step", () => {
  const steps = scheduledSteps({ taken: 1_000_000, total: 1_000_000, rates: [3e-3] }, 5).map(({ step }) => step);
  expect(steps).toEqual([1, 250_001, 500_001, 750_000, 1_000_000]);
});
