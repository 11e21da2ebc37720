// An evaluation for people: the error with its interval, who was taken for whom, and the pictures the model was most wrong about.
import type { EvaluatedItem, Evaluation, EvaluationResult, EvaluationSummary } from "@ursa/contracts/evaluation";
import { explainProblem } from "./failure.ts";
import { padded, percent, table } from "./print.ts";

/** Wider confusion tables wrap on a terminal; the pairs that were confused say what matters. */
const MOST_COLUMNS = 16;
const MOST_PAIRS = 20;

/** @param options.top how many of the highest losses are listed; `url` is where the API is */
export function describeResult(result: EvaluationResult, { top, url }: { top: number; url: string }): string {
  const { classes, confusion, mostConfused, topLosses, unreadItems, dataset } = result;
  const picture = `${url.replace(/\/+$/, "")}/v1/datasets/${dataset.id}/items/ITEM/image`;
  return [
    headOf({ ...result, id: result.evaluationId }),
    errorOf(result),
    "",
    ...(classes.length > MOST_COLUMNS ? [] : [confusionTable(classes, confusion), ""]),
    ...(mostConfused.length > 0 ? [confusedPairs(result), ""] : []),
    perClass(result),
    ...(top > 0 ? ["", lossTable(topLosses.slice(0, top)), `See a picture at ${picture}`] : []),
    ...(unreadItems.length > 0 ? ["", unreadTable(unreadItems.slice(0, Math.max(top, 1)))] : []),
  ].join("\n");
}

/** What the record says without its result. */
export function describeEvaluation(evaluation: Evaluation): string {
  const { state, error, progress, summary } = evaluation;
  return [
    headOf(evaluation),
    state,
    ...(error ? [explainProblem(error)] : []),
    ...(progress ? [`${progress.phase} ${progress.done}/${progress.total}`] : []),
    ...(summary ? [errorOf(summary)] : []),
  ].join("\n");
}

type Head = Pick<Evaluation, "id" | "model" | "stage" | "dataset" | "split" | "tta">;

const headOf = ({ id, model, stage, dataset, split, tta }: Head) =>
  `${id}  ${model} ${stage}${tta ? " with test-time augmentation" : ""} on ${split} of ${dataset.id}`;

function errorOf(summary: EvaluationSummary): string {
  const { wrong, count, errorRate, errorRateLow, errorRateHigh, loss, unread } = summary;
  const lost = Object.entries(unread).map(([outcome, pictures]) => `${pictures} ${outcome}`);
  const interval = `95 %: ${percent(errorRateLow)} to ${percent(errorRateHigh)}`;
  const sentence = `error ${percent(errorRate)} (${wrong} of ${count} wrong; ${interval}), loss ${loss.toFixed(4)}`;
  return lost.length > 0 ? `${sentence}; not read: ${lost.join(", ")}` : sentence;
}

/** Rows are the true classes, columns the predicted ones; what is right stands in brackets and a zero is a dot. */
export function confusionTable(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const cells = confusion.map((row, at) => row.map((count, column) => cellOf(count, at === column)));
  const all = [["true \\ predicted", ...classes], ...cells.map((row, at) => [classes[at] ?? "", ...row])];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => [...(row[column] ?? "")].length)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0, column > 0))
      .join("  ")
      .trimEnd();
  return all.map(line).join("\n");
}

function cellOf(count: number, isRight: boolean): string {
  if (isRight) return `[${count}]`;
  // A space where the bracket would be keeps the digits in line.
  return `${count === 0 ? "·" : count} `;
}

function confusedPairs({ mostConfused }: EvaluationResult): string {
  const rows = mostConfused
    .slice(0, MOST_PAIRS)
    .map(({ actual, predicted, count }) => [actual, predicted, String(count)]);
  return table(["most confused: true", "predicted", "pictures"], rows);
}

function perClass(result: EvaluationResult): string {
  const share = (fraction: number | undefined) => (fraction === undefined ? "–" : percent(fraction));
  const rows = result.perClass.map((each) => [
    each.class,
    String(each.count),
    share(each.precision),
    share(each.recall),
    share(each.f1),
  ]);
  return table(["class", "pictures", "precision", "recall", "F1"], rows);
}

function lossTable(items: readonly EvaluatedItem[]): string {
  const rows = items.map(({ key, class: actual, url, predicted = "", probability = 0, loss = 0 }) => [
    loss.toFixed(2),
    actual,
    predicted,
    percent(probability),
    key,
    url,
  ]);
  return table(["loss", "true", "predicted", "of true", "item", "url"], rows);
}

function unreadTable(items: readonly EvaluatedItem[]): string {
  const rows = items.map(({ key, outcome, reason = "", url }) => [key, outcome, reason, url]);
  return table(["not read: item", "outcome", "reason", "url"], rows);
}
