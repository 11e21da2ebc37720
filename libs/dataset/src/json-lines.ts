// JSON lines in the object store: written as text, read as parsed rows, one line in memory at a time.

import type { ByteRange, ObjectStore } from "@ursa/store/object-store";
import type { z } from "zod";

/** `end` is the byte offset behind the row's line, counted from the start of the object. */
export type PlacedRow<T> = { row: T; end: number };

export type PlacedLine = { line: Buffer; end: number };

export const toJsonLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** The rows of a small object. @throws ObjectNotFound; SyntaxError or ZodError when it is not what was written */
export async function readJsonLines<S extends z.ZodType>(
  store: ObjectStore,
  key: string,
  schema: S,
): Promise<z.output<S>[]> {
  const { body } = await store.get(key);
  const lines = body.toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => schema.parse(JSON.parse(line)));
}

/** The rows of an object of any size, or of the whole lines in a range of it. Leaving the loop ends the read. */
export async function* streamJsonLines<S extends z.ZodType>(
  store: ObjectStore,
  { key, range, schema }: { key: string; range?: ByteRange; schema: S },
): AsyncGenerator<PlacedRow<z.output<S>>> {
  for await (const { line, end } of streamLines(store, key, range)) {
    if (line.length > 0) yield { row: schema.parse(JSON.parse(line.toString("utf8"))), end };
  }
}

/** Lines without their newline; `end` is the byte behind it. A range may begin within a line. @throws ObjectNotFound */
export async function* streamLines(store: ObjectStore, key: string, range?: ByteRange): AsyncGenerator<PlacedLine> {
  const { body } = await store.stream(key, range);
  yield* linesOf(body, range?.start ?? 0);
}

// Not node:readline: it also ends lines at U+2028, which JSON leaves unescaped, and does not pass on errors of the stream.
async function* linesOf(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<PlacedLine> {
  let pending: Buffer[] = [];
  let end = start;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...pending, chunk.subarray(from, at)]);
      pending = [];
      from = at + 1;
      end += line.length + 1;
      yield { line, end };
    }
    pending.push(chunk.subarray(from));
  }
  const line = Buffer.concat(pending);
  if (line.length > 0) yield { line, end: end + line.length };
}
