// The lab journal, read off the records of training runs: the error of each, and what was changed since the run before it.
import type { Dataset } from "@ursa/contracts/dataset";
import type { JournalRow, RunChange } from "@ursa/contracts/journal";
import type { Model } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";

/** Datasets by id, as far as they are still there. */
type Datasets = ReadonlyMap<string, Pick<Dataset, "parent">>;

/** @param models newest first @returns a row for each, in the same order */
export function tabulateRuns(models: readonly Model[], datasets: Datasets): JournalRow[] {
  return models.map((model, at) => rowOf(model, parentOf(model, models.slice(at + 1), datasets)));
}

/** The lowest error first; the same errors, and runs without one, stay as they were. */
export function byError<T>(runs: readonly T[], errorOf: (run: T) => number | undefined): T[] {
  return runs.toSorted((a, b) => (errorOf(a) ?? Infinity) - (errorOf(b) ?? Infinity) || 0);
}

/** Of the weights that were kept at the end; while it trains, of the last epoch. A run that ended without a stage has none. */
export function errorOf({ state, stages, epochs }: Pick<Model, "state" | "stages" | "epochs">): JournalRow["error"] {
  const stage = stages.at(-1);
  const last = isFinal(state) ? undefined : epochs.at(-1);
  const [name, errorRate] = last ? [last.stage, last.errorRate] : [stage?.name, stage?.errorRate];
  if (name === undefined || errorRate === undefined) return undefined;
  const row = epochs.findLast((each) => each.stage === name && each.errorRate === errorRate);
  const interval = row && {
    ...{ low: row.errorRateLow, high: row.errorRateHigh, wrong: row.wrong, validCount: row.validCount },
  };
  return { stage: name, errorRate, ...interval };
}

function rowOf(model: Model, parent: Model | undefined): JournalRow {
  const { id, name, note, state, createdAt, dataset, sweep, from, epochs } = model;
  const error = errorOf(model);
  return {
    ...{ model: id, ...(name ? { name } : {}), ...(note ? { note } : {}), state, createdAt },
    ...{
      dataset: { id: dataset.id, version: dataset.version },
      ...(sweep ? { sweep } : {}),
      ...(error ? { error } : {}),
    },
    ...{ epochs: epochs.length, ...(from ? { from: { model: from.model, stage: from.stage } } : {}) },
    ...(parent ? { parent: parent.id, changes: changesBetween(parent, model) } : { changes: [] }),
  };
}

/**
 * The run that it starts from; else the newest earlier one of the same dataset, or of one that this was made of. Runs of one sweep are
 * brothers and sisters: none of them was changed into another.
 */
function parentOf(model: Model, earlier: readonly Model[], datasets: Datasets): Model | undefined {
  const start = model.from && earlier.find(({ id }) => id === model.from?.model);
  if (start) return start;
  const line = lineOf(model.dataset.id, datasets);
  return earlier.find(
    ({ dataset, sweep, state }) =>
      line.has(dataset.id) && state !== "cancelled" && (sweep === undefined || sweep !== model.sweep),
  );
}

/** A dataset and all that it was made of. */
function lineOf(id: string, datasets: Datasets): Set<string> {
  const line = new Set<string>();
  for (let next: string | undefined = id; next !== undefined && !line.has(next); next = datasets.get(next)?.parent?.id)
    line.add(next);
  return line;
}

/** Fields in the order of the recipe, after the dataset and the start. What a stage that neither trains would do is no change. */
export function changesBetween(before: Model, after: Model): RunChange[] {
  const [was, is] = [settingsOf(before), settingsOf(after)];
  return [...new Set([...is.keys(), ...was.keys()])].flatMap((field) => {
    const [from, to] = [was.get(field), is.get(field)];
    if (from === to) return [];
    return [{ field, ...(from === undefined ? {} : { before: from }), ...(to === undefined ? {} : { after: to }) }];
  });
}

function settingsOf({ dataset, from, recipe, classes }: Model): Map<string, string> {
  const { allowUnusual: _, ...settings } = recipe;
  const trained = Object.entries(leavesOf(settings)).filter(
    ([path, text]) => text !== "undefined" && (!path.startsWith("stage2.") || recipe.phases.includes("stage-2")),
  );
  return new Map([
    ["dataset", `${dataset.id} version ${dataset.version}`],
    ["classes", classes.join(", ")],
    ...(from ? [["from", `${from.model}@${from.stage}`] as const] : []),
    ...trained,
  ]);
}

/** `{ stage1: { epochs: 4 } }` as `{ "stage1.epochs": "4" }`. Only stages have fields of their own; what else is an object is one value. */
function leavesOf(value: object, prefix = ""): Record<string, string> {
  const leaves = Object.entries(value).map(([name, inner]: [string, unknown]) => {
    const path = prefix + name;
    const isBranch = path.startsWith("stage") && typeof inner === "object" && inner !== null;
    return isBranch ? leavesOf(inner, `${path}.`) : { [path]: written(inner) };
  });
  return Object.assign({}, ...leaves);
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map((pair) => pair.join("="))
    .join(", ");
}
