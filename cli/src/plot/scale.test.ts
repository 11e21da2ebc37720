// Ticks are numbers a person would have chosen, and places are what they say.
import { expect, test } from "vitest";
import { createScale } from "./scale.ts";

const textsOf = (scale: ReturnType<typeof createScale>) => scale.ticks.map(({ text }) => text);

test("a linear axis has round ticks inside of its ends", () => {
  const scale = createScale({ label: "loss", scale: "linear" }, [0.13, 0.97], 5);
  expect(textsOf(scale)).toEqual(["0.2", "0.4", "0.6", "0.8"]);
  expect(scale.place(0.55)).toBeCloseTo(0.5, 9);
});

test("an axis of epochs has whole ticks only, however few epochs there are", () => {
  expect(textsOf(createScale({ label: "epoch", scale: "linear", isWhole: true }, [1, 2, 3], 9))).toEqual([
    "1",
    "2",
    "3",
  ]);
});

test("a log axis ticks decades, thinned where they are many, and 2 and 5 where they are few", () => {
  const axis = { label: "rate", scale: "log" } as const;
  const wide = createScale(axis, [1e-7, 10], 4);
  expect(textsOf(wide)).toEqual(["1e-6", "1e-4", "1e-2", "1e0"]);
  expect(wide.place(1e-3)).toBeCloseTo(0.5, 9);
  expect(textsOf(createScale(axis, [1e-3, 3e-2], 4))).toEqual(["1e-3", "2e-3", "5e-3", "1e-2", "2e-2"]);
});

test("rates below a thousandth are written so that they can be read", () => {
  expect(textsOf(createScale({ label: "rate", scale: "linear" }, [0, 3e-4], 3))).toEqual(["0", "1e-4", "2e-4", "3e-4"]);
});

test("what cannot be drawn does not stretch the axis, and a single value has room", () => {
  const scale = createScale({ label: "rate", scale: "log" }, [0, Number.NaN, 1, 100], 4);
  expect([scale.place(1), scale.place(100)]).toEqual([0, 1]);
  expect(createScale({ label: "loss", scale: "linear" }, [2], 4).place(2)).toBe(0.5);
  expect(textsOf(createScale({ label: "errors", scale: "linear", hasZero: true }, [0, 0], 2))).toEqual([
    "0",
    "0.5",
    "1.0",
  ]);
  expect(createScale({ label: "loss", scale: "linear" }, [], 4).ticks).toEqual([]);
});
