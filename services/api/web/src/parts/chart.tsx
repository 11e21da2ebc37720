// Curves, drawn by uPlot in the page's colours. What they say is also in a table or a sentence: a canvas tells a reader nothing.
import type { Term as TermName } from "@ursa/contracts/glossary";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { rate } from "../wording.ts";
import { Term } from "./term.tsx";

/** Colours for lines of one kind, each of another run. */
export const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"] as const;
export type Series = (typeof SERIES)[number];
export type Line = {
  label: string;
  values: (number | null)[];
  /** A custom property of the page's style, without its dashes. */
  colour: "accent" | "second" | "third" | Series;
  isDashed?: boolean;
  axis?: "right";
};
export type ChartProps = {
  /** What is to be seen, for who does not see it. */
  label: string;
  /** The glossary's word for what it shows. */
  term?: TermName;
  x: number[];
  xLabel: string;
  lines: Line[];
  /** Rates span decades. */
  isLogX?: boolean;
  percentY?: boolean;
  percentX?: boolean;
  marks?: { x: number; label: string }[];
};

const HEIGHT = 260;
const FONT = "12px system-ui, sans-serif";

export function Chart(props: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const scheme = useColourScheme();
  const description = JSON.stringify(props);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn is in the description, its colours in the scheme
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const plot = new uPlot(optionsOf(props, element), [props.x, ...props.lines.map(({ values }) => values)], element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [description, scheme]);
  return (
    <figure className="chart">
      <figcaption>{props.term ? <Term of={props.term}>{props.label}</Term> : props.label}</figcaption>
      <div ref={box} role="img" aria-label={props.label} />
    </figure>
  );
}

function optionsOf(props: ChartProps, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("quiet"),
    font: FONT,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { stroke: colour("line") },
  };
  const { xLabel, isLogX = false, lines, percentX = false, percentY = false } = props;
  const hasRight = lines.some((line) => line.axis === "right");
  return {
    width: element.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false, ...(isLogX ? { distr: 3 } : {}) } },
    series: [
      { label: xLabel, value: (_, value) => (value === null ? "" : isLogX ? rate(value) : String(value)) },
      ...lines.map((line) => seriesOf(line, colour, percentY)),
    ],
    axes: [
      {
        ...axis,
        label: xLabel,
        labelFont: FONT,
        labelSize: 20,
        ...(percentX
          ? { values: (_, splits) => splits.map((value) => `${+(100 * value).toFixed(1)} %`) }
          : isLogX
            ? {
                splits: (...[, , low, high]) => decadesWithin(low, high),
                values: (_, splits) => splits.map(rateOrNone),
              }
            : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] }),
      },
      {
        ...axis,
        size: 60,
        values: (_, splits) => splits.map((value) => (percentY ? `${+(100 * value).toFixed(1)} %` : written(value))),
      },
      ...(hasRight ? [{ ...axis, scale: "right", side: 1 as const, size: 50, grid: { show: false } }] : []),
    ],
    hooks: { draw: [(plot) => drawMarks(plot, props.marks ?? [], colour("accent"))] },
    cursor: { drag: { x: false, y: false } },
  };
}

function seriesOf(line: Line, colour: (name: string) => string, percentY: boolean): uPlot.Series {
  const isSparse = line.values.length < 60;
  return {
    label: line.label,
    stroke: colour(line.colour),
    width: 2,
    ...(line.isDashed ? { dash: [6, 4] } : {}),
    ...(line.axis === "right" ? { scale: "right" } : {}),
    points: { show: isSparse, size: 6 },
    value: (_, value) => (value === null ? "" : percentY ? `${(100 * value).toFixed(1)} %` : written(value)),
  };
}

/** On a logarithmic axis uPlot makes null of what it leaves out for want of room, whatever its types say. */
const rateOrNone = (value: number | null): string => (value === null ? "" : rate(value));

/** A line for each power of ten is enough: uPlot would draw nine. */
function decadesWithin(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-6);
  const last = Math.floor(Math.log10(high) + 1e-6);
  return Array.from({ length: last - first + 1 }, (_, at) => 10 ** (first + at));
}
const written = (value: number) =>
  value !== 0 && Math.abs(value) < 0.01 ? rate(value) : String(+value.toPrecision(4));

function drawMarks(plot: uPlot, marks: { x: number; label: string }[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.textAlign = "left";
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  for (const [at, { x, label }] of marks.entries()) {
    const left = plot.valToPos(x, "x", true);
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(label, left + 4, bbox.top + (14 + 16 * at) * devicePixelRatio);
  }
  ctx.restore();
}

/** Colours are read when a chart is drawn, so it is drawn anew when the reader changes between light and dark. */
function useColourScheme(): string {
  const query = useRef(matchMedia("(prefers-color-scheme: dark)"));
  const [scheme, setScheme] = useState(query.current.matches ? "dark" : "light");
  useEffect(() => {
    const { current } = query;
    const changed = () => setScheme(current.matches ? "dark" : "light");
    current.addEventListener("change", changed);
    return () => current.removeEventListener("change", changed);
  }, []);
  return scheme;
}
