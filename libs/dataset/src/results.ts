// A prediction's results as CSV: one row per input, and one column per class with its probability.
import type { Readable } from "node:stream";
import { predictionRowSchema } from "@ursa/contracts/prediction";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import { type CsvRow, csvStream } from "./csv-stream.ts";
import { streamJsonLines } from "./json-lines.ts";

const COLUMNS = ["index", "input", "outcome", "reason", "class", "probability"] as const;

/** @param classes in label order. @throws ObjectNotFound when there are no results; later errors are the stream's */
export async function resultsCsv(store: ObjectStore, key: string, classes: readonly string[]): Promise<Readable> {
  if (!(await store.head(key))) throw new ObjectNotFound(`There are no results at ${key}`);
  return csvStream([...COLUMNS, ...classes], rowsOf(store, key, classes));
}

async function* rowsOf(store: ObjectStore, key: string, classes: readonly string[]): AsyncGenerator<CsvRow> {
  for await (const { row } of streamJsonLines(store, { key, schema: predictionRowSchema })) {
    const probabilities = new Map(row.predictions);
    yield [...COLUMNS.map((column) => row[column]), ...classes.map((name) => probabilities.get(name))];
  }
}
