// A chart as text: what is where, how wide it is, and that nothing depends on colour.
import { expect, test } from "vitest";
import type { Chart } from "./chart.ts";
import { drawChart } from "./terminal-chart.ts";

const chart: Chart = {
  title: "Losses",
  x: { label: "epoch", scale: "linear", isWhole: true },
  y: { label: "loss", scale: "linear" },
  series: [
    {
      name: "train",
      points: [
        [1, 4],
        [5, 0],
      ],
    },
    {
      name: "valid",
      points: [
        [1, 0],
        [5, 4],
      ],
    },
  ],
  marks: [{ x: 3, label: "stage-2" }],
};

test("a falling line goes from the upper left to the lower right, its axes and legend around it", () => {
  const lines = drawChart({ ...chart, series: chart.series.slice(0, 1) }, { columns: 40, rows: 5, hasColour: false });
  expect(lines).toBe(
    [
      "   Losses",
      "   ⠒⠒⠒ train",
      "                  stage-2",
      "4 ┤⠉⠒⠒⠤⠤⣀⣀           ┊",
      "  ┤       ⠉⠉⠒⠒⠤⢄⣀⡀   ┊",
      "2 ┤              ⠈⠉⠑⠒⠢⠤⢄⣀⡀",
      "  ┤                  ┊   ⠈⠉⠑⠒⠤⠤⣀⣀",
      "0 ┤                  ┊           ⠉⠉⠒⠒⠤⠤⣀",
      `  └${"─".repeat(37)}`,
      "            2                 4",
      "   loss, by epoch",
    ].join("\n"),
  );
});

test("no line is longer than there is room, and no colour means no escape codes", () => {
  for (const columns of [30, 57, 100]) {
    const text = drawChart(chart, { columns, rows: 8, hasColour: false });
    expect(Math.max(...text.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    expect(text).not.toContain("\u001b");
  }
});

test("marks that lie close to each other are both named", () => {
  const marks = ["valley", "steepest"].map((label, i) => ({ x: 3 + i / 100, label }));
  const text = drawChart({ ...chart, marks }, { columns: 40, rows: 4, hasColour: false });
  expect(text).toContain("valley");
  expect(text).toContain("steepest");
});

test("two lines can be told apart without colour, and with it each has its own", () => {
  // The same line twice, solid and dashed: where the two differ, only the first has dots.
  const [solid] = chart.series;
  const dotsOf = (series: Chart["series"]) =>
    [...drawChart({ ...chart, series }, { columns: 60, rows: 8, hasColour: false })].reduce(
      (sum, x) => sum + bits(x),
      0,
    );
  const rising = [{ name: "train", points: [] }, ...chart.series.slice(1)];
  expect(dotsOf(rising) / dotsOf(solid ? [solid] : [])).toBeLessThan(0.7);
  expect(drawChart(chart, { columns: 60, rows: 8, hasColour: false })).toContain("⠒⠒⠒ train   ⠒ ⠒ valid");
  const coloured = drawChart(chart, { columns: 60, rows: 8, hasColour: true });
  expect(coloured).toContain("\u001b[36m⠒⠒⠒\u001b[39m train");
  expect(coloured).toContain("\u001b[33m⠒ ⠒\u001b[39m valid");
});

/** Dots of a braille character. */
const bits = (glyph: string): number => {
  const code = (glyph.codePointAt(0) ?? 0) - 0x2800;
  return code > 0 && code < 256 ? [...code.toString(2)].filter((bit) => bit === "1").length : 0;
};
