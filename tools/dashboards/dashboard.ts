// Grafana's dashboard JSON from the little that differs between ours: rows that ask a question, and panels that answer it.

/** Grafana's names: seconds, bytes, a share of 1, per second. */
export type Unit = "s" | "bytes" | "Bps" | "percentunit" | "reqps" | "ops" | "short" | "none" | "dtdurations";
export type Query = { expr: string; legend?: string };
export type Panel = {
  title: string;
  unit: Unit;
  queries: Query[];
  /** One number instead of a curve. */
  isStat?: boolean;
  /** Series on top of each other: what sums to a whole. */
  isStacked?: boolean;
  /** What the reader could not guess. */
  description?: string;
};
export type Row = { question: string; panels: Panel[] };
export type Dashboard = { uid: string; title: string; rows: Row[] };

/** The uid in deploy/grafana/provisioning/datasources. */
const DATASOURCE = { type: "prometheus", uid: "ursa-prometheus" };
/** From each dashboard to the others, over the same time. */
const LINK = {
  ...{ type: "dashboards", title: "Ursa", tags: ["ursa"], icon: "external link", tooltip: "", url: "" },
  ...{ asDropdown: false, keepTime: true, includeVars: false, targetBlank: false },
};
/** Of Grafana's grid. */
const WIDTH = 24;
const PANEL_HEIGHT = 8;
/** Of Grafana 10, the oldest that reads this unchanged. */
const SCHEMA_VERSION = 38;

export function renderDashboard({ uid, title, rows }: Dashboard) {
  let id = 0;
  let y = 0;
  const panels = rows.flatMap(({ question, panels: inRow }) => {
    id += 1;
    const row = {
      id,
      type: "row",
      title: question,
      collapsed: false,
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
      panels: [],
    };
    const w = WIDTH / inRow.length;
    const below = inRow.map((panel, index) => {
      id += 1;
      return renderPanel(panel, id, { x: index * w, y: y + 1, w, h: PANEL_HEIGHT });
    });
    y += 1 + PANEL_HEIGHT;
    return [row, ...below];
  });
  return {
    ...{ id: null, uid, title, tags: ["ursa"], schemaVersion: SCHEMA_VERSION, version: 1, editable: false },
    ...{ timezone: "browser", refresh: "15s", time: { from: "now-1h", to: "now" }, graphTooltip: 1 },
    templating: { list: [] },
    annotations: { list: [] },
    links: [LINK],
    panels,
  };
}

type Place = { x: number; y: number; w: number; h: number };

function renderPanel({ title, unit, queries, isStat, isStacked, description }: Panel, id: number, gridPos: Place) {
  const custom = {
    fillOpacity: isStacked ? 40 : 10,
    stacking: { mode: isStacked ? "normal" : "none" },
    spanNulls: false,
  };
  return {
    ...{ id, title, gridPos, datasource: DATASOURCE, type: isStat ? "stat" : "timeseries" },
    ...(description ? { description } : {}),
    fieldConfig: { defaults: { unit, min: 0, ...(isStat ? {} : { custom }) }, overrides: [] },
    options: isStat
      ? { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }, colorMode: "none", graphMode: "area" }
      : {
          legend: { displayMode: "list", placement: "bottom", showLegend: true },
          tooltip: { mode: "multi", sort: "desc" },
        },
    targets: queries.map(({ expr, legend = "" }, index) => ({
      ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, expr, legendFormat: legend || "__auto" },
      ...(isStat ? { instant: true, range: false } : { instant: false, range: true }),
    })),
  };
}

/** A quantile of one of our histograms over the scrapes that a point stands for. */
export function quantile(q: number, histogram: string, { by = "", where = "" } = {}): string {
  const labels = by ? `le, ${by}` : "le";
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${histogram}_bucket${where}[$__rate_interval])))`;
}

export function perSecond(counter: string, { by = "", where = "" } = {}): string {
  return `sum${by ? ` by (${by})` : ""} (rate(${counter}${where}[$__rate_interval]))`;
}
