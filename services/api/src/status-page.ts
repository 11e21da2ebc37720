// The status page: what there is and what is going on, as plain HTML without scripts. It refreshes itself only while something
// is under way: a refresh throws away the file that a person has just chosen.
import type { Alias } from "@ursa/contracts/alias";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Evaluation } from "@ursa/contracts/evaluation";
import type { Inspection } from "@ursa/contracts/inspection";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { isFinal } from "@ursa/contracts/record";
import type { Regression } from "@ursa/contracts/regression";
import type { Sweep } from "@ursa/contracts/sweep";

type Status = {
  version: string;
  datasets: Dataset[];
  models: Model[];
  sweeps: Sweep[];
  predictions: Prediction[];
  evaluations: Evaluation[];
  inspections: Inspection[];
  regressions: Regression[];
  aliases: Alias[];
  /** Jobs by queue and state, of all namespaces; undefined where that is not for the reader to see. */
  queues: Record<string, Record<string, number>> | "away" | undefined;
  /** A browser posts no key. */
  takesUploads: boolean;
};

export function statusPage(status: Status): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
${isUnderWay(status) ? REFRESH : ""}<title>Ursa</title><style>${STYLE}</style></head><body>
<header><h1>Ursa</h1><p>${escapeHtml(status.version)} · <a href="/docs">API</a> · <a href="/metrics">metrics</a> · <a href="/readyz">readiness</a></p></header>
${status.aliases.some((alias) => alias.default) ? tryIt(status) : ""}
${section("Datasets", ["id", "name", "state", "classes", "listed", "ok", "made"], status.datasets.map(datasetRow))}
${section("Models", ["id", "name", "state", "dataset", "error rate", "epochs", "made"], status.models.map(modelRow))}
${section("Sweeps", ["id", "name", "state", "dataset", "combinations", "runs", "made"], status.sweeps.map(sweepRow))}
${section("Aliases", ["alias", "model", "", "changed"], status.aliases.map(aliasRow))}
${section("Predictions", ["id", "state", "model", "inputs", "ok", "made"], status.predictions.map(predictionRow))}
${section("Evaluations", ["id", "state", "model", "split", "error rate", "made"], status.evaluations.map(evaluationRow))}
${section("Inspections", ["id", "state", "dataset", "worth a look", "made"], status.inspections.map(inspectionRow))}
${section("Regressions", ["id", "state", "degree", "rate", "loss", "made"], status.regressions.map(regressionRow))}
${queues(status)}
</body></html>`;
}

const STYLE = `:root{color-scheme:light dark;--line:#8884;--dim:#888}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
header{display:flex;align-items:baseline;gap:1rem}h1{margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:500;color:var(--dim)}td,th{padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
td:first-child{font-family:ui-monospace,monospace;font-size:.85rem}.ready{color:#2a8a3e}.failed,.bad{color:#c0392b}.running,.queued{color:#b7791f}.empty{color:var(--dim)}`;

const REFRESH = `<meta http-equiv="refresh" content="10">`;
const isUnderWay = ({ datasets, models, sweeps, predictions, evaluations, inspections, regressions }: Status) =>
  [...datasets, ...models, ...sweeps, ...predictions, ...evaluations, ...inspections, ...regressions].some(
    (record) => !isFinal(record.state),
  );

type Cell = string | { html: string };

function section(title: string, head: string[], rows: Cell[][]): string {
  if (rows.length === 0) return `<section><h2>${title}</h2><p class="empty">none yet</p></section>`;
  const body = rows.map(
    (cells) =>
      `<tr>${cells.map((cell) => `<td>${typeof cell === "string" ? escapeHtml(cell) : cell.html}</td>`).join("")}</tr>`,
  );
  return `<section><h2>${title}</h2><table><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr>${body.join("")}</table></section>`;
}

const FORM =
  '<form method="post" action="/v1/classify" enctype="multipart/form-data"><input type="file" name="file" accept="image/*" required> <button>Classify</button></form>';
const URL_FORM =
  '<form action="/classify-url"><input type="url" name="url" placeholder="https://…/picture.jpg" size="50" required> <button>Classify</button></form>';

const tryIt = ({ takesUploads }: Status) => `<section><h2>Try it</h2>${takesUploads ? FORM : ""}${URL_FORM}</section>`;

function queues({ queues: counts }: Status): string {
  if (counts === undefined) return "";
  if (counts === "away") return '<section><h2>Queues</h2><p class="bad">Redis cannot be reached.</p></section>';
  const table = section(
    "Queues",
    ["queue", "waiting", "active", "delayed", "failed"],
    Object.entries(counts).map(queueRow),
  );
  return `${table}<p><a href="/operations/queues">The jobs in them</a></p>`;
}

const datasetRow = (dataset: Dataset): Cell[] => [
  link(`/v1/datasets/${dataset.id}`, dataset.id),
  dataset.name ?? "",
  state(dataset),
  shortened(dataset.classes),
  String(dataset.listed),
  String(dataset.counts?.outcomes.ok ?? ""),
  when(dataset.createdAt),
];

function modelRow(model: Model): Cell[] {
  const last = model.epochs.at(-1);
  const error = last ? `${(100 * last.errorRate).toFixed(1)} % (${last.wrong} of ${last.validCount})` : "";
  const epochs = `${model.epochs.length} of ${epochsOf(model.recipe)}`;
  return [
    link(`/v1/models/${model.id}`, model.id),
    model.name ?? "",
    state(model),
    model.dataset.id,
    error,
    epochs,
    when(model.createdAt),
  ];
}

const epochsOf = ({ phases, stage1, stage2 }: Model["recipe"]) =>
  (phases.includes("stage-1") ? stage1.epochs : 0) + (phases.includes("stage-2") ? stage2.epochs : 0);

const sweepRow = (sweep: Sweep): Cell[] => [
  link(`/v1/sweeps/${sweep.id}`, sweep.id),
  sweep.name ?? "",
  state(sweep),
  sweep.dataset.id,
  String(sweep.cells.length),
  String(sweep.runs.length),
  when(sweep.createdAt),
];

const aliasRow = (alias: Alias): Cell[] => [
  alias.name,
  link(`/v1/models/${alias.model}`, alias.model),
  [alias.default ? "default" : "", alias.public ? "public" : ""].filter(Boolean).join(", "),
  when(alias.updatedAt),
];

const evaluationRow = (evaluation: Evaluation): Cell[] => [
  link(`/v1/evaluations/${evaluation.id}`, evaluation.id),
  state(evaluation),
  evaluation.alias ?? evaluation.model,
  evaluation.split,
  evaluation.summary ? `${(100 * evaluation.summary.errorRate).toFixed(1)} %` : "",
  when(evaluation.createdAt),
];

const inspectionRow = (inspection: Inspection): Cell[] => [
  link(`/v1/inspections/${inspection.id}`, inspection.id),
  state(inspection),
  inspection.dataset.id,
  inspection.summary ? `${inspection.summary.suspects} of ${inspection.summary.count}` : "",
  when(inspection.createdAt),
];

const regressionRow = (regression: Regression): Cell[] => [
  link(`/v1/regressions/${regression.id}`, regression.id),
  state(regression),
  String(regression.degree),
  String(Number(regression.learningRate.toPrecision(3))),
  regression.summary?.loss.toPrecision(4) ?? "",
  when(regression.createdAt),
];

const predictionRow = (prediction: Prediction): Cell[] => [
  link(`/v1/predictions/${prediction.id}`, prediction.id),
  state(prediction),
  prediction.alias ?? prediction.model,
  String(prediction.inputs),
  String(prediction.counts?.outcomes.ok ?? ""),
  when(prediction.createdAt),
];

const queueRow = ([name, counts]: [string, Record<string, number>]): Cell[] => [
  name,
  String((counts.waiting ?? 0) + (counts.prioritized ?? 0)),
  String(counts.active ?? 0),
  String(counts.delayed ?? 0),
  String(counts.failed ?? 0),
];

const link = (href: string, text: string): Cell => ({ html: `<a href="${href}">${escapeHtml(text)}</a>` });
const state = (record: { state: string; error?: { message: string } | undefined }): Cell => ({
  html: `<span class="${record.state}"${record.error ? ` title="${escapeHtml(record.error.message)}"` : ""}>${record.state}</span>`,
});
/** A dataset may have hundreds of classes. */
const CLASSES_SHOWN = 6;
const shortened = (names: readonly string[]) =>
  [
    ...names.slice(0, CLASSES_SHOWN),
    ...(names.length > CLASSES_SHOWN ? [`${names.length - CLASSES_SHOWN} more`] : []),
  ].join(", ");
const when = (iso: string) => iso.slice(0, 19).replace("T", " ");

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
