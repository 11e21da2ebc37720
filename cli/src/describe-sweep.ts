// A sweep for people: one line per combination, the best marked, and how much to believe it.
import type { Spread, SweepRun, SweepTable, SweepView } from "@ursa/contracts/sweep";
import { cellTitle, shortRate, shortSlice } from "@ursa/contracts/sweep-cell";
import { explainProblem } from "./failure.ts";
import { percent, seconds, table } from "./print.ts";
import { progressDetails } from "./progress-details.ts";

type Row = SweepTable["rows"][number];
type Best = NonNullable<SweepTable["best"]>;

export function describeSweep(view: SweepView): string {
  const { id, state, dataset, recipe, from, error, progress } = view;
  const start = from ? `, from ${from.model}@${from.stage}` : "";
  const head = `${id}  ${state}  ${recipe.backbone} at ${recipe.size} px on ${dataset.id}, ${recipe.phases.join(", ")}${start}`;
  return [
    head,
    ...(error ? [explainProblem(error)] : []),
    ...(progress ? [`${progress.done} of ${progress.total} runs ended · ${progressDetails(progress)}`] : []),
    "",
    tableOf(view),
    "",
    ...verdict(view),
  ].join("\n");
}

/** A column is there where something was swept over, or where the numbers differ. */
function tableOf({ table: { rows, best }, repeats }: SweepView): string {
  const has = { rate: rows.some((row) => row.learningRate), slice: rows.some((row) => row.slice) };
  const isRepeated = repeats > 1;
  const head = [
    ...["", ...(has.rate ? ["lr"] : []), ...(has.slice ? ["slice"] : []), "epochs"],
    ...["error rate", ...(isRepeated ? ["min to max"] : []), "valid loss", ...(isRepeated ? ["min to max"] : [])],
    ...["time", "runs"],
  ];
  const lines = rows.map((row, at) => [
    at === best?.row ? "★" : "",
    ...(has.rate ? [row.learningRate === undefined ? "" : shortRate(row.learningRate)] : []),
    ...(has.slice ? [row.slice ? shortSlice(row.slice) : ""] : []),
    String(row.epochs),
    ...spread(row.errorRate, percent, isRepeated),
    ...spread(row.validLoss, (loss) => loss.toFixed(4), isRepeated),
    row.seconds === undefined ? "" : seconds(row.seconds),
    statesOf(row.runs),
  ]);
  return table(head, lines);
}

function spread(values: Spread | undefined, show: (value: number) => string, isRepeated: boolean): string[] {
  if (!values) return isRepeated ? ["", ""] : [""];
  const { mean, min, max } = values;
  return [show(mean), ...(isRepeated ? [`${show(min)} to ${show(max)}`] : [])];
}

/** `2 ready, 1 training_diverged, 1 at a smaller batch` */
function statesOf(runs: readonly SweepRun[]): string {
  const counts = new Map<string, number>();
  for (const { state, error } of runs) {
    const word = state === "failed" ? (error ?? state) : state;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const limited = runs.filter(({ batchLimits }) => batchLimits).length;
  if (limited > 0) counts.set("at a smaller batch", limited);
  return [...counts].map(([word, count]) => (runs.length === 1 ? word : `${count} ${word}`)).join(", ");
}

function verdict({ table: { rows, best }, repeats, progress }: SweepView): string[] {
  const row = best && rows[best.row];
  if (!best || !row) return [`No best${progress ? " yet" : ""}: none of the combinations has all of its runs ready.`];
  return [
    `★ ${cellTitle(row)}: ${REASONS[best.by](best.tied.length)}. Its best run is ${best.model}.`,
    ...doubts(rows, best, repeats),
  ];
}

const REASONS: Record<Best["by"], (tied: number) => string> = {
  error: () => "the lowest mean error rate",
  loss: (tied) => `the lowest mean error rate, like ${others(tied)}, and the lowest mean valid loss of them`,
  order: (tied) =>
    `the lowest mean error rate, like ${others(tied)}, one with the same mean valid loss: the first listed`,
};

const others = (count: number) => (count === 1 ? "one other" : `${count} others`);

function doubts(rows: readonly Row[], best: Best, repeats: number): string[] {
  const rated = rows[best.row]?.errorRate;
  if (repeats === 1 && rows.length > 1)
    return ["One run each: another seed may give another order; --repeats 3 shows by how much."];
  // Those of the same mean are spoken of already.
  const within = rows.filter(
    ({ errorRate: other }, at) =>
      other && rated && at !== best.row && !best.tied.includes(at) && other.min <= rated.max,
  );
  if (within.length === 0) return [];
  return [`The spread of ${others(within.length)} reaches into its own: the difference may be the seeds'.`];
}
