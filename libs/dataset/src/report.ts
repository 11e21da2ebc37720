// A dataset's report: one CSV row per listed URL, in the order listed.
import type { Readable } from "node:stream";
import type { Item } from "@ursa/contracts/dataset";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import { csvStream } from "./csv-stream.ts";
import { readItems } from "./manifest.ts";

const COLUMNS = [
  "index",
  "class",
  "url",
  "outcome",
  "reason",
  "of",
  "split",
  "source",
  "line",
  "sha256",
  "width",
  "height",
  "format",
  "bytes",
  "attempts",
  "milliseconds",
] as const satisfies (keyof Item)[];

/** @throws ObjectNotFound when there is no manifest; later errors are the stream's */
export async function reportCsv(store: ObjectStore, manifest: string): Promise<Readable> {
  if (!(await store.head(manifest))) throw new ObjectNotFound(`There is no manifest at ${manifest}`);
  return csvStream(COLUMNS, rowsOf(store, manifest));
}

async function* rowsOf(store: ObjectStore, manifest: string) {
  for await (const item of readItems(store, manifest)) yield COLUMNS.map((column) => item[column]);
}
