// A chart drawn with braille: each character has 2 by 4 dots. Lines differ in their dashes and, where there is colour, in that too.
import type { Chart, Mark, Point, Series } from "./chart.ts";
import { createScale, type Scale, type Tick } from "./scale.ts";

export type TerminalOptions = {
  /** Characters in a line, at most. */
  columns: number;
  /** Of the drawing, without axis and legend. */
  rows: number;
  hasColour: boolean;
};

const MIN_COLUMNS = 24;
/** Dots drawn and dots left out, in turn. */
const DASHES = [
  [1, 0],
  [4, 3],
  [1, 2],
] as const;
const SAMPLES = ["⠒⠒⠒", "⠒ ⠒", "⠐⠐⠐"];
/** ANSI: cyan, yellow, magenta. They are readable on dark and on light. */
const COLOURS = [36, 33, 35];
const dashOf = (index: number) => DASHES[index % DASHES.length] ?? DASHES[0];

/** Lines of text, none longer than `columns`, without a line break at the end. */
export function drawChart(chart: Chart, options: TerminalOptions): string {
  const { x, y, series, marks } = chart;
  const { rows, hasColour } = options;
  const points = series.flatMap((one) => one.points);
  const vertical = createScale(
    y,
    points.map(([, value]) => value),
    Math.max(2, rows / 3),
  );
  const margin = Math.max(...vertical.ticks.map(({ text }) => text.length), 0) + 2;
  const width = Math.max(MIN_COLUMNS, options.columns) - margin;
  const horizontal = createScale(x, [...points.map(([value]) => value), ...marks.map((mark) => mark.x)], width / 12);
  const canvas = createCanvas(width, rows);
  for (const [index, one] of series.entries())
    drawSeries(canvas, one, { index, place: ([a, b]) => [horizontal.place(a), vertical.place(b)] });
  const lines = canvas.lines({ hasColour, bars: marks.map((mark) => cellAt(horizontal.place(mark.x), width)) });
  const indent = " ".repeat(margin - 1);
  return [
    `${indent} ${chart.title}`,
    `${indent} ${legend(series, hasColour)}`,
    ...marks.map((mark) => `${indent} ${markLine(mark, horizontal, width)}`),
    ...lines.map((line, row) => `${axisText(vertical.ticks, row, rows).padStart(margin - 2)} ┤${line}`),
    `${indent}└${"─".repeat(width)}`,
    `${indent} ${tickLine(horizontal.ticks, width)}`,
    `${indent} ${`${y.label}, by ${x.label}`}`,
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

const paint = (text: string, index: number, hasColour: boolean): string =>
  hasColour ? `\u001b[${COLOURS[index % COLOURS.length]}m${text}\u001b[39m` : text;

const legend = (series: readonly Series[], hasColour: boolean): string =>
  series.map(({ name }, i) => `${paint(SAMPLES[i % SAMPLES.length] ?? "", i, hasColour)} ${name}`).join("   ");

const cellAt = (place: number, cells: number): number => Math.min(cells - 1, Math.max(0, Math.floor(place * cells)));

const axisText = (ticks: readonly Tick[], row: number, rows: number): string =>
  ticks.find(({ at }) => rows - 1 - cellAt(at, rows) === row)?.text ?? "";

/** Texts at their places; one that would touch the one before is left out. */
function textLine(texts: readonly { cell: number; text: string }[], width: number): string {
  return texts
    .toSorted((a, b) => a.cell - b.cell)
    .reduce((line, { cell, text }) => {
      const start = Math.max(0, Math.min(width - text.length, cell - Math.floor(text.length / 2)));
      return start < line.length + (line ? 1 : 0) ? line : line.padEnd(start) + text;
    }, "");
}

const tickLine = (ticks: readonly Tick[], width: number): string =>
  textLine(
    ticks.map(({ at, text }) => ({ cell: cellAt(at, width), text })),
    width,
  );

/** Each in a line of its own: suggestions of one finder often lie close to each other. */
const markLine = ({ x, label }: Mark, { place }: Scale, width: number): string =>
  textLine([{ cell: cellAt(place(x), width), text: label }], width);

type Canvas = {
  /** A dot, from the lower left corner (0, 0) to (2 columns - 1, 4 rows - 1). */
  dot(x: number, y: number, index: number): void;
  size: [width: number, height: number];
  lines(options: { hasColour: boolean; bars: readonly number[] }): string[];
};

/** The bit of each dot in a braille character, by row from the top and column. */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
];

function createCanvas(columns: number, rows: number): Canvas {
  const bits = new Uint8Array(columns * rows);
  const owners = new Uint8Array(columns * rows);
  return {
    size: [columns * 2, rows * 4],
    dot(x, y, index) {
      const fromTop = rows * 4 - 1 - y;
      const cell = Math.floor(fromTop / 4) * columns + Math.floor(x / 2);
      bits[cell] = (bits[cell] ?? 0) | (BITS[fromTop % 4]?.[x % 2] ?? 0);
      owners[cell] = index;
    },
    lines({ hasColour, bars }) {
      const glyph = (cell: number) => {
        if (bits[cell]) return paint(String.fromCharCode(0x2800 + bits[cell]), owners[cell] ?? 0, hasColour);
        return bars.includes(cell % columns) ? "┊" : " ";
      };
      return Array.from({ length: rows }, (_, row) =>
        Array.from({ length: columns }, (_, column) => glyph(row * columns + column)).join(""),
      );
    },
  };
}

type Drawn = { index: number; place(point: Point): [number, number] };

function drawSeries({ dot, size: [width, height] }: Canvas, series: Series, { index, place }: Drawn): void {
  const { points, isScatter = false } = series;
  const [on, off] = isScatter ? [1, 0] : dashOf(index);
  const dots = points.map(place).filter((at) => at.every(Number.isFinite));
  const pixels = dots.map(([x, y]) => [Math.round(x * (width - 1)), Math.round(y * (height - 1))] as const);
  const path = isScatter ? pixels : pixels.flatMap((to, i) => segment(pixels[i - 1] ?? to, to));
  for (const [i, [x, y]] of path.entries()) if (i % (on + off) < on) dot(x, y, index);
  // The measured points themselves, so that dashes hide none where they are few.
  if (pixels.length <= width / 8) for (const [x, y] of pixels) dot(x, y, index);
}

/** The dots on the way from one to another, without the first. A way to itself is that one dot. */
function segment([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number]): [number, number][] {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  if (steps === 0) return [[x1, y1]];
  return Array.from({ length: steps }, (_, i) => {
    const part = (i + 1) / steps;
    return [Math.round(x0 + (x1 - x0) * part), Math.round(y0 + (y1 - y0) * part)];
  });
}
