// A dataset for people.
import type { Dataset } from "@ursa/contracts/dataset";
import { OUTCOMES } from "@ursa/contracts/outcomes";
import { explainProblem } from "./failure.ts";
import { percent, table } from "./print.ts";

/** Counts per class as columns people compare: what was listed, what is usable, on which side, and why the rest is not. */
export function describeDataset(dataset: Dataset): string {
  const { id, state, listed, name, counts } = dataset;
  const head = [id, state, `${listed} URLs`, name, lineageOf(dataset)].filter((part) => part !== undefined).join("  ");
  const note = dataset.note ? `\n${dataset.note}` : "";
  const error = dataset.error ? `\n${explainProblem(dataset.error)}` : "";
  if (!counts) return `${head}${note}${error}\nclasses: ${dataset.classes.join(", ")}`;
  const seen = OUTCOMES.filter((outcome) => outcome !== "ok" && (counts.outcomes[outcome] ?? 0) > 0);
  const rows = counts.classes.map((each, index) => [
    String(index),
    each.class,
    ...[each.listed, each.outcomes.ok ?? 0, each.train, each.valid, each.test].map(String),
    percent(each.validFraction),
    ...seen.map((outcome) => String(each.outcomes[outcome] ?? 0)),
  ]);
  return `${head}${note}${error}\n\n${table(["#", "class", "listed", "ok", "train", "valid", "test", "valid %", ...seen], rows)}`;
}

const lineageOf = ({ version, parent }: Dataset): string | undefined =>
  parent && `version ${version}, made of ${parent.id}`;
