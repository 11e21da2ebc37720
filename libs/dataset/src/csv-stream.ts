// A CSV download made as it is read: rows in, bytes out, one row in memory.
import { pipeline, Readable } from "node:stream";
import { stringify } from "csv-stringify";

export type CsvRecord = Record<string, string | number | undefined>;

/**
 * A cell that a spreadsheet would run as a formula gets a leading apostrophe: class names and URLs are foreign text.
 * An error of the rows is an error of the stream.
 */
export function csvStream(columns: readonly string[], rows: AsyncIterable<CsvRecord>): Readable {
  const csv = stringify({ header: true, columns: [...columns], escape_formulas: true });
  // pipeline destroys each side when the other fails or is left; the error itself is the reader's to meet.
  pipeline(Readable.from(rows), csv, () => {});
  return csv;
}
