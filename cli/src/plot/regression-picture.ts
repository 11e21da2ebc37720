// A regression as a picture: the points with the fit beside the loss, which is a surface seen from above for a line, and a curve for
// more parameters. Once as an SVG that moves by itself, once as frames. No style sheet and no script; mid-tones on a light ground.
import { predictedAt, type RegressionResult, type RegressionStep } from "@ursa/contracts/regression";
import type { Axis } from "./chart.ts";
import { createScale, type Scale } from "./scale.ts";

const [WIDTH, HEIGHT] = [960, 420];
const PANEL = { width: 392, height: 316, top: 56 };
const LEFTS = [56, 536] as const;
const [INK, GREY, ACCENT, SECOND] = ["#30302e", "#77756f", "#d55e00", "#0080c8"];
/** More frames than this are only bytes. */
const MOST_FRAMES = 61;
const SECONDS_PER_FRAME = 0.1;
/** Coordinates of what has left the picture: far outside, and still a number that any renderer takes. */
const FAR = 1e5;

type Place = readonly [x: number, y: number];
type Panel = { left: number; at(place: Place): string; frame: string };

/** One SVG document that moves (SMIL), without end. */
export function animateRegression(result: RegressionResult): string {
  const view = viewOf(result);
  const chosen = pick(result.steps);
  const timing = `dur="${(chosen.length * SECONDS_PER_FRAME + 2).toFixed(2)}s" repeatCount="indefinite" calcMode="discrete"`;
  // The last frame is held for two seconds.
  const end = chosen.length * SECONDS_PER_FRAME + 2;
  const times = chosen.map((_, at) => ((at * SECONDS_PER_FRAME) / end).toFixed(4)).join(";");
  const moving = (attribute: string, values: string[]) =>
    `<animate attributeName="${attribute}" values="${values.join(";")}" keyTimes="${times}" ${timing}/>`;
  const curves = chosen.map((step) => view.curve(step));
  const dots = chosen.map((step) => view.dot(step).split(","));
  const fit = `<polyline points="${curves.at(-1)}" ${STROKE}>${moving("points", curves)}</polyline>`;
  const [x = "", y = ""] = dots.at(-1) ?? [];
  const dot = [
    moving(
      "cx",
      dots.map(([cx = ""]) => cx),
    ),
    moving(
      "cy",
      dots.map(([, cy = ""]) => cy),
    ),
  ].join("");
  return view.document({
    fit,
    path: `<polyline points="${result.steps.map(view.dot).join(" ")}" ${PATH}/><circle cx="${x}" cy="${y}" r="5" fill="${ACCENT}">${dot}</circle>`,
    caption: captionOf(result, result.steps.at(-1)),
  });
}

/** One SVG document for each frame. */
export function framesOf(result: RegressionResult): string[] {
  const view = viewOf(result);
  return pick(result.steps).map((row) => {
    const before = result.steps.filter(({ step }) => step <= row.step);
    const [x = "", y = ""] = view.dot(row).split(",");
    return view.document({
      fit: `<polyline points="${view.curve(row)}" ${STROKE}/>`,
      path: `<polyline points="${before.map(view.dot).join(" ")}" ${PATH}/><circle cx="${x}" cy="${y}" r="5" fill="${ACCENT}"/>`,
      caption: captionOf(result, row),
    });
  });
}

const STROKE = `fill="none" stroke="${ACCENT}" stroke-width="3"`;
const PATH = `fill="none" stroke="${ACCENT}" stroke-width="1.5" stroke-linejoin="round"`;

function captionOf({ learningRate, degree }: RegressionResult, row: RegressionStep | undefined): string {
  const digits = (value: number) => String(Number(value.toPrecision(4)));
  const parameters = degree === 1 ? `, (${row?.parameters.map(digits).join(", ")})` : "";
  return `step ${row?.step}: loss ${digits(row?.loss ?? 0)}${parameters}, rate ${digits(learningRate)}`;
}

/** Evenly, the first and the last among them. */
function pick(steps: readonly RegressionStep[]): RegressionStep[] {
  const count = Math.min(MOST_FRAMES, steps.length);
  const places = Array.from({ length: count }, (_, at) =>
    Math.round((at * (steps.length - 1)) / Math.max(count - 1, 1)),
  );
  return places.flatMap((at) => steps.slice(at, at + 1));
}

type Parts = { fit: string; path: string; caption: string };

function viewOf(result: RegressionResult) {
  const { points, heldOut, grid } = result;
  const all = [...points, ...heldOut];
  const left = panelOf(LEFTS[0], [linear("x"), linear("y")], all);
  const right = result.contours.length > 0 ? surfaceOf(result) : lossesOf(result);
  const ground = [
    `<g clip-path="url(#left)">${heldOut.map((point) => mark(left.at(point), `fill="none" stroke="${GREY}"`)).join("")}`,
    `${points.map((point) => mark(left.at(point), `fill="${SECOND}"`)).join("")}</g>`,
  ].join("");
  return {
    curve: ({ parameters }: RegressionStep) =>
      grid.map((x) => left.at([x, predictedAt(result, parameters, x)])).join(" "),
    dot: right.dot,
    document: ({ fit, path, caption }: Parts) =>
      [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="${GREY}">`,
        `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fffdf9"/>`,
        `<text x="${LEFTS[0]}" y="32" font-size="16" fill="${INK}">${caption}</text>`,
        `<defs>${clip("left", LEFTS[0])}${clip("right", LEFTS[1])}</defs>`,
        ...[left.frame, right.panel.frame, ground, `<g clip-path="url(#left)">${fit}</g>`],
        `<g clip-path="url(#right)">${right.ground}${path}</g>`,
        "</svg>\n",
      ].join("\n"),
  };
}

const linear = (label: string): Axis => ({ label, scale: "linear" });

/** Slope to the right, intercept up; contours of equal loss, and the optimum as a cross. */
function surfaceOf({ contours, optimum }: RegressionResult) {
  const panel = panelOf(
    LEFTS[1],
    [linear("slope"), linear("intercept")],
    contours.flatMap(({ points }) => points),
  );
  const lines = contours.map(
    ({ points }) =>
      `<polygon points="${points.map(panel.at).join(" ")}" fill="${SECOND}" fill-opacity="0.06" stroke="${SECOND}" stroke-opacity="0.5"/>`,
  );
  const [x = "", y = ""] = panel.at([optimum.parameters[0] ?? 0, optimum.parameters[1] ?? 0]).split(",");
  const cross = `<path d="M${x} ${y}m-6 0h12m-6-6v12" stroke="${INK}" stroke-width="2"/>`;
  const dot = ({ parameters: [slope = 0, intercept = 0] }: RegressionStep) => panel.at([slope, intercept]);
  return { panel, ground: [...lines, cross].join(""), dot };
}

function lossesOf({ steps }: RegressionResult) {
  const axes: [Axis, Axis] = [
    { ...linear("step"), isWhole: true },
    { label: "loss", scale: "log" },
  ];
  const panel = panelOf(
    LEFTS[1],
    axes,
    steps.map(({ step, loss }): Place => [step, loss]),
  );
  return { panel, ground: "", dot: ({ step, loss }: RegressionStep) => panel.at([step, loss]) };
}

function panelOf(left: number, [x, y]: readonly [Axis, Axis], places: readonly Place[]): Panel {
  const horizontal = createScale(
    x,
    places.map(([value]) => value),
    6,
  );
  const vertical = createScale(
    y,
    places.map(([, value]) => value),
    6,
  );
  // A margin, so that nothing lies on the frame.
  const within = (place: number) => (Number.isFinite(place) ? Math.max(-FAR, Math.min(FAR, 0.03 + 0.94 * place)) : 0);
  const rightOf = (place: number) => (left + within(place) * PANEL.width).toFixed(1);
  const downOf = (place: number) => (PANEL.top + (1 - within(place)) * PANEL.height).toFixed(1);
  return {
    left,
    at: ([a, b]) => `${rightOf(horizontal.place(a))},${downOf(vertical.place(b))}`,
    frame: frameOf(left, { horizontal, vertical, rightOf, downOf, labels: [x.label, y.label] }),
  };
}

type Framed = {
  horizontal: Scale;
  vertical: Scale;
  rightOf(place: number): string;
  downOf(place: number): string;
  labels: readonly [string, string];
};

function frameOf(left: number, { horizontal, vertical, rightOf, downOf, labels }: Framed): string {
  const bottom = PANEL.top + PANEL.height;
  const [middle, centre] = [left + PANEL.width / 2, PANEL.top + PANEL.height / 2];
  return [
    `<rect x="${left}" y="${PANEL.top}" width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="${GREY}"/>`,
    ...horizontal.ticks.map(
      ({ at, text }) => `<text x="${rightOf(at)}" y="${bottom + 16}" text-anchor="middle">${text}</text>`,
    ),
    ...vertical.ticks.map(
      ({ at, text }) => `<text x="${left - 6}" y="${downOf(at)}" dy="4" text-anchor="end">${text}</text>`,
    ),
    `<text x="${middle}" y="${bottom + 34}" text-anchor="middle">${labels[0]}</text>`,
    `<text x="${left - 40}" y="${centre}" text-anchor="middle" transform="rotate(-90 ${left - 40} ${centre})">${labels[1]}</text>`,
  ].join("\n");
}

function mark(place: string, paint: string): string {
  const [x = "", y = ""] = place.split(",");
  return `<circle cx="${x}" cy="${y}" r="3" fill-opacity="0.6" ${paint}/>`;
}

const clip = (id: string, left: number): string =>
  `<clipPath id="${id}"><rect x="${left}" y="${PANEL.top}" width="${PANEL.width}" height="${PANEL.height}"/></clipPath>`;
