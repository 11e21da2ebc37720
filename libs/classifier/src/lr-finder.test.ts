// The rates of stage 2: layer groups, the finder's curve and what is read off it. Fixture: tools/make-oracles/lr_finder.py.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { addFinderLoss, EMPTY_CURVE, type FinderPoint, finderRate } from "./lr-finder.ts";
import { steepest, suggestLearningRates, valley } from "./lr-suggestions.ts";
import { sliceRates } from "./slice-rates.ts";
import { stage2Rates } from "./stage-2-rates.ts";

type CurveOracle = {
  /** null stands for a loss that is not a number. */
  losses: (number | null)[];
  learningRates: number[];
  smoothed: (number | null)[];
  valley: number;
  steepest: number;
};
const fixture: {
  curves: Record<string, CurveOracle>;
  slices: { groups: number; lower: number | null; upper: number; rates: number[] }[];
} = JSON.parse(readFileSync(new URL("fixtures/lr-finder.json", import.meta.url), "utf8"));

const MANY = Array.from({ length: 200 }, () => 1);

function run(losses: readonly (number | null)[]) {
  let curve = EMPTY_CURVE;
  for (const loss of losses) {
    if (curve.isOver) break;
    curve = addFinderLoss(curve, loss ?? Number.NaN);
  }
  return curve;
}

const expectNear = (actual: number, expected: number, what: string) =>
  expect(Math.abs(actual / expected - 1), what).toBeLessThan(1e-9);

describe("the learning-rate finder against fastai, where the first ten steps do not burst", () => {
  test.each(Object.entries(fixture.curves))("%s", (_name, oracle) => {
    // Losses that would follow are not asked for. None of these curves bursts within the first ten steps, which end no run of ours, so
    // each ends where fastai's does.
    const curve = run([...oracle.losses, ...MANY]);
    expect(curve.isOver).toBe(true);
    expect(curve.points).toHaveLength(oracle.losses.length);
    for (const [i, { learningRate, smoothedLoss }] of curve.points.entries()) {
      expectNear(learningRate, oracle.learningRates[i] ?? 0, `rate of step ${i}`);
      const expected = oracle.smoothed[i] ?? null;
      if (expected === null) expect(smoothedLoss).toBeNaN();
      else expectNear(smoothedLoss, expected, `smoothed loss of step ${i}`);
    }
    const suggestions = suggestLearningRates(curve.points);
    expectNear(suggestions?.valley ?? 0, oracle.valley, "valley");
    expectNear(suggestions?.steepest ?? 0, oracle.steepest, "steepest");
  });

  test("goes from 1e-7 to 10 along an exponential", () => {
    expect(finderRate(0)).toBe(1e-7);
    expectNear(finderRate(50), 1e-3, "middle");
    expectNear(finderRate(100), 10, "end");
  });

  test("the first smoothed loss is the first loss: the average's start at 0 is corrected", () => {
    expect(run([1.1]).points[0]?.smoothedLoss).toBeCloseTo(1.1, 12);
  });

  test("a loss that stays is never a burst, and one five times as large is soon", () => {
    expect(run(MANY).points).toHaveLength(100);
    const burst = run([...MANY.slice(0, 20), ...MANY.map((loss) => loss * 50)]);
    expect(burst.points.length).toBeLessThan(30);
    expect(burst.points.at(-1)?.smoothedLoss).toBeGreaterThan(4);
    expect(burst.points.at(-2)?.smoothedLoss).toBeLessThan(4);
  });

  test("in the first ten steps a loss four times another ends nothing, where fastai would stop", () => {
    // The batches of a network that is nearly right.
    const lucky = [0.01, 0.3, 0.02, 0.2, 0.01, 0.4, 0.02, 0.2, 0.1, 0.02];
    expect(run([...lucky, ...MANY.map(() => 0.1)]).points).toHaveLength(100);
  });

  test("a run that ended at once suggests nothing", () => {
    expect(suggestLearningRates(run([1, 1, null]).points)).toBeUndefined();
    expect(suggestLearningRates([])).toBeUndefined();
  });

  test("two falling points suggest the first of them, where fastai wraps round to the last", () => {
    const points = [1, 2, 1.5].map(
      (smoothedLoss, i): FinderPoint => ({ learningRate: 10 ** i, loss: 0, smoothedLoss }),
    );
    expect(valley(points.slice(1))).toBe(10);
    expect(steepest(points)).toBe(10);
  });
});

describe("rates of layer groups", () => {
  test.each(fixture.slices)("slice($lower, $upper) over $groups", ({ groups, lower, upper, rates }) => {
    const actual = sliceRates({ lower: lower ?? undefined, upper }, groups);
    expect(actual).toHaveLength(groups);
    for (const [i, rate] of rates.entries()) expectNear(actual[i] ?? 0, rate, `group ${i}`);
  });

  test("a number is everyone's rate", () => {
    expect(sliceRates(3e-3, 3)).toEqual([3e-3, 3e-3, 3e-3]);
  });

  test("a rate of 0 has no geometric spread and is refused", () => {
    expect(() => sliceRates({ lower: 0, upper: 1e-3 }, 3)).toThrow("above 0");
    expect(() => sliceRates(1e-3, 0)).toThrow("at least one");
  });
});

const suggesting = (valley: number) => ({ suggestions: { valley, steepest: 1e-2 } });

describe("the lesson's rule for stage 2", () => {
  test("the upper rate is a tenth of stage 1's and the lower is the finder's", () => {
    const { rates, log } = stage2Rates({ stage1Rate: 3e-3, found: suggesting(3e-5) });
    expect(rates.lower).toBe(3e-5);
    expect(rates.upper).toBeCloseTo(3e-4, 12);
    expect(log).toBeUndefined();
  });

  test("a suggestion above a third of the upper rate is cut to it, and the log says so", () => {
    const { rates, log } = stage2Rates({ stage1Rate: 3e-3, found: suggesting(2.5e-4) });
    expect(rates.lower).toBeCloseTo(1e-4, 12);
    expect(log).toBe(
      "The learning-rate finder suggests 2.5e-4 for the lowest layers, more than a third of the upper rate 3e-4: they use 1e-4.",
    );
  });

  test("without a suggestion the lower rate is a third of the upper, and the log says so", () => {
    const { rates, log } = stage2Rates({ stage1Rate: 3e-3, found: {} });
    expect(rates.lower).toBeCloseTo(1e-4, 12);
    expect(log).toContain("too early to suggest a rate");
  });

  test("without a finder it is slice(x): all groups but the head have a tenth of its rate", () => {
    const { rates, log } = stage2Rates({ stage1Rate: 3e-3, found: undefined });
    const lower = expect.closeTo(3e-5, 12);
    expect(sliceRates(rates, 3)).toEqual([lower, lower, expect.closeTo(3e-4, 12)]);
    expect(log).toBeUndefined();
  });

  test("given rates win over the finder", () => {
    const given = { lower: 1e-6, upper: 1e-2 };
    expect(stage2Rates({ stage1Rate: 3e-3, found: suggesting(3e-5), given })).toEqual({ rates: given });
    const { rates } = stage2Rates({ stage1Rate: 3e-3, found: suggesting(3e-5), given: { upper: 1e-3 } });
    expect(sliceRates(rates, 3), "slice(x) spreads nothing").toEqual([1e-4, 1e-4, 1e-3]);
  });
});
