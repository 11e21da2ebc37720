// Charts as one SVG file. No style sheet and no script; greys and mid-tones, so that it can be read on white and on black.
import type { Chart, Series } from "./chart.ts";
import { createScale, type Scale } from "./scale.ts";

const [WIDTH, HEIGHT] = [720, 360];
const MARGIN = { left: 72, right: 24, top: 64, bottom: 52 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const GREY = "#808080";
// Colours that people who cannot tell red from green can tell apart (Okabe and Ito), and dashes beside them.
const COLOURS = ["#0080c8", "#d55e00", "#009e73"];
const DASHES = ["", "7 4", "2 3"];

/** A complete SVG document, the charts below each other. */
export function drawSvg(charts: readonly Chart[]): string {
  const height = charts.length * HEIGHT;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${GREY}">`;
  const panels = charts.map((chart, i) => `<g transform="translate(0 ${i * HEIGHT})">\n${panel(chart)}\n</g>`);
  return `${[open, ...panels, "</svg>"].join("\n")}\n`;
}

function panel(chart: Chart): string {
  const { title, x, y, series, marks } = chart;
  const points = series.flatMap((one) => one.points);
  const horizontal = createScale(x, [...points.map(([value]) => value), ...marks.map((mark) => mark.x)], 9);
  const vertical = createScale(
    y,
    points.map(([, value]) => value),
    6,
  );
  const lines = series.map((one, index) => curve(one, { horizontal, vertical, index }));
  return [
    text(title, { x: MARGIN.left, y: 24, more: 'font-size="15" font-weight="600"' }),
    legend(chart),
    ...horizontal.ticks.map((tick) => verticalLine(left(tick.at), tick.text)),
    ...vertical.ticks.map((tick) => horizontalLine(top(tick.at), tick.text)),
    `<rect x="${MARGIN.left}" y="${MARGIN.top}" width="${PLOT.width}" height="${PLOT.height}" fill="none" stroke="${GREY}"/>`,
    ...marks.map((mark, i) => markLine(left(horizontal.place(mark.x)), mark.label, i)),
    ...lines,
    text(x.label, { x: MARGIN.left + PLOT.width / 2, y: HEIGHT - 12, more: 'text-anchor="middle"' }),
    text(y.label, {
      ...{ x: 18, y: MARGIN.top + PLOT.height / 2 },
      more: `text-anchor="middle" transform="rotate(-90 18 ${MARGIN.top + PLOT.height / 2})"`,
    }),
  ].join("\n");
}

const left = (place: number): number => round(MARGIN.left + place * PLOT.width);
const top = (place: number): number => round(MARGIN.top + (1 - place) * PLOT.height);
const round = (value: number): number => Math.round(value * 10) / 10;

type Lines = { horizontal: Scale; vertical: Scale; index: number };

function curve({ points, isScatter = false }: Series, { horizontal, vertical, index }: Lines): string {
  const places = points
    .map(([x, y]) => [horizontal.place(x), vertical.place(y)] as const)
    .filter((place) => place.every(Number.isFinite))
    .map(([x, y]) => [left(x), top(y)] as const);
  const line = `<polyline points="${places.map((place) => place.join(",")).join(" ")}" fill="none" ${stroke(index)} stroke-linejoin="round"/>`;
  // Few points are measurements to look at one by one.
  const dots =
    places.length <= 40 || isScatter
      ? places.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3" fill="${colour(index)}"/>`)
      : [];
  return [...(isScatter ? [] : [line]), ...dots].join("\n");
}

const colour = (index: number): string => COLOURS[index % COLOURS.length] ?? GREY;

function stroke(index: number): string {
  const dash = DASHES[index % DASHES.length];
  return `stroke="${colour(index)}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ""}`;
}

/** Samples of the lines, side by side under the title. */
function legend({ series }: Chart): string {
  const entry = PLOT.width / Math.max(3, series.length);
  return series
    .map(({ name }, index) => {
      const x = MARGIN.left + index * entry;
      return `<line x1="${x}" y1="44" x2="${x + 28}" y2="44" ${stroke(index)}/>${text(name, { x: x + 36, y: 48 })}`;
    })
    .join("\n");
}

function verticalLine(x: number, label: string): string {
  const bottom = MARGIN.top + PLOT.height;
  const line = `<line x1="${x}" y1="${MARGIN.top}" x2="${x}" y2="${bottom}" stroke="${GREY}" stroke-opacity="0.25"/>`;
  return line + text(label, { x, y: bottom + 18, more: 'text-anchor="middle"' });
}

function horizontalLine(y: number, label: string): string {
  const right = MARGIN.left + PLOT.width;
  const line = `<line x1="${MARGIN.left}" y1="${y}" x2="${right}" y2="${y}" stroke="${GREY}" stroke-opacity="0.25"/>`;
  return line + text(label, { x: MARGIN.left - 8, y: y + 4, more: 'text-anchor="end"' });
}

/** Labels of neighbours stand below each other, so that they never overlap. */
function markLine(x: number, label: string, index: number): string {
  const isRight = x > MARGIN.left + PLOT.width * 0.7;
  const place = { x: isRight ? x - 6 : x + 6, y: MARGIN.top + 16 + index * 16 };
  const line = `<line x1="${x}" y1="${MARGIN.top}" x2="${x}" y2="${MARGIN.top + PLOT.height}" stroke="${GREY}" stroke-dasharray="4 4"/>`;
  return line + text(label, { ...place, more: isRight ? 'text-anchor="end"' : "" });
}

const text = (words: string, { x, y, more = "" }: { x: number; y: number; more?: string }): string =>
  `<text x="${round(x)}" y="${round(y)}"${more ? ` ${more}` : ""}>${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
