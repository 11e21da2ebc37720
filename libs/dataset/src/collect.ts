// Merges a prediction's answers into its results: one row per input, in input order.
import type { Outcome } from "@ursa/contracts/outcomes";
import type { Prediction, PredictionRow } from "@ursa/contracts/prediction";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { closeAnswers } from "./answers.ts";
import { readAhead } from "./read-ahead.ts";
import { writeJsonLines } from "./write-json-lines.ts";

export type CollectedPrediction = {
  counts: NonNullable<Prediction["counts"]>;
  results: NonNullable<Prediction["results"]>;
};

/** The same answers give the same results, whoever collects and however often. `record` is as taken: its fence names them. */
export async function collectPrediction(options: {
  store: ObjectStore;
  record: Prediction;
  signal: AbortSignal;
  /** In shards. */
  onProgress?: (done: number, total: number) => void;
}): Promise<CollectedPrediction> {
  const { store, record, signal, onProgress } = options;
  const counts = createCounts(record.classes);
  let done = 0;
  const counted = async function* (): AsyncGenerator<PredictionRow[]> {
    for await (const rows of readAhead(record.shards, (shard) => closeAnswers(store, record, shard), signal)) {
      for (const row of rows) counts.add(row);
      yield rows;
      done += 1;
      onProgress?.(done, record.shards);
    }
  };
  const results = await writeJsonLines(store, keys.prediction.results(record, record.fence), counted());
  return { counts: counts.result, results: { ...results, rows: record.inputs } };
}

function createCounts(names: readonly string[]) {
  const outcomes: Partial<Record<Outcome, number>> = {};
  const classes = Object.fromEntries(names.map((name) => [name, 0]));
  return {
    result: { outcomes, classes },
    add({ outcome, class: name }: PredictionRow): void {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (name !== undefined) classes[name] = (classes[name] ?? 0) + 1;
    },
  };
}
