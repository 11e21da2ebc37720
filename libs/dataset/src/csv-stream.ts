// A CSV download made as it is read: rows in, bytes out, one row in memory.
import { pipeline, Readable } from "node:stream";
import { stringify } from "csv-stringify";

export type CsvRow = readonly (string | number | undefined)[];

/**
 * A cell that a spreadsheet would run as a formula gets a leading apostrophe: class names and URLs are foreign text. The header
 * is a row like any other, since it may name classes. An error of the rows is an error of the stream.
 */
export function csvStream(header: readonly string[], rows: AsyncIterable<CsvRow>): Readable {
  const csv = stringify({ escape_formulas: true });
  // pipeline destroys each side when the other fails or is left; the error itself is the reader's to meet.
  pipeline(Readable.from(withHeader(header, rows)), csv, () => {});
  return csv;
}

async function* withHeader(header: readonly string[], rows: AsyncIterable<CsvRow>): AsyncGenerator<CsvRow> {
  yield header;
  yield* rows;
}
