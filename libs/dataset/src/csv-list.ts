// The CSV form of a URL list: which columns matter, and its rows. URLs contain commas, so a comma alone makes no CSV.
import { pipeline } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { parse } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";

export type CsvRow = { url: string; line: number; label?: string | undefined; split?: string | undefined };
/** Positions, -1 for a column that is not there. `isHeader`: the line that told is not a row itself. */
export type CsvColumns = { delimiter: string; url: number; label: number; split: number; isHeader: boolean };
type CsvList = { name: string; columns: CsvColumns };
type Line = { text: string; line: number };

// In order of preference, where a header has several.
const URL_COLUMNS = ["url", "image_url", "imageurl", "image url", "image", "link", "src", "urls"];
const LABEL_COLUMNS = ["label", "class", "category"];
const SPLIT_COLUMNS = ["split", "subset"];
const PICTURE_URL = /^https?:\/\/[^ ]+\.(?:jpe?g|png|webp|gif)(?:\?[^ ]*)?$/i;
const PLAIN_WORDS = /^[\p{L}\p{N}][\p{L}\p{N} -]*$/u;
const DELIMITERS = [",", ";", "\t"];
/** Text has no such character. */
const NO_COLUMN = "\0";

/** The columns as the first line tells them, or undefined when the list is no CSV. */
export function csvColumnsOf(firstLine: string): CsvColumns | undefined {
  const readings = DELIMITERS.map((delimiter) => ({ delimiter, fields: fieldsOf(firstLine, delimiter) }));
  // With a wrong delimiter the line falls into fewer fields.
  readings.sort((a, b) => b.fields.length - a.fields.length);
  return readings.map(columnsOfHeader).find(isDefined) ?? readings.map(columnsWithoutHeader).find(isDefined);
}

type Reading = { delimiter: string; fields: string[] };
const isDefined = <T>(value: T | undefined): value is T => value !== undefined;

function columnsOfHeader({ delimiter, fields }: Reading): CsvColumns | undefined {
  const names = fields.map((name) => name.toLowerCase());
  const find = (wanted: string[]) => names.indexOf(wanted.find((name) => names.includes(name)) ?? NO_COLUMN);
  const url = find(URL_COLUMNS);
  if (url < 0) return undefined;
  return { delimiter, url, label: find(LABEL_COLUMNS), split: find(SPLIT_COLUMNS), isHeader: true };
}

/** Two fields, of which one is the URL of a picture and the other a plain word: anything less plain may be one URL. */
function columnsWithoutHeader({ delimiter, fields }: Reading): CsvColumns | undefined {
  if (fields.length !== 2) return undefined;
  const url = fields.findIndex((field) => PICTURE_URL.test(field));
  const label = fields.findIndex((field) => PLAIN_WORDS.test(field));
  return url < 0 || label < 0 ? undefined : { delimiter, url, label, split: -1, isHeader: false };
}

/** Rows of the lines given. A row without a URL is left out; `line` is where a row ends. @throws Problem invalid_request */
export async function* readCsv(lines: AsyncIterable<Line>, { name, columns }: CsvList): AsyncGenerator<CsvRow> {
  const lineNumbers: number[] = [];
  const options = { delimiter: columns.delimiter, info: true, relax_quotes: true, relax_column_count: true } as const;
  const parser = parse(options);
  // An error of the lines or of the parser destroys the parser, so the loop below throws it.
  pipeline(textOf(lines, lineNumbers), parser, () => {});
  try {
    // With `info` the parser gives { record, info }, which its types do not say.
    for await (const { record, info } of parser as AsyncIterable<ParsedRow>) {
      yield* rowOf(record, columns, lineNumbers[info.lines - 1] ?? 0);
    }
  } catch (cause) {
    throw isFaultOfCsv(cause)
      ? new Problem(
          "invalid_request",
          `${name} is no sound CSV: ${cause.message}; mend that line, or save one URL per line`,
          { cause },
        )
      : cause;
  }
}

type ParsedRow = { record: string[]; info: { lines: number } };

function rowOf(record: readonly string[], columns: CsvColumns, line: number): CsvRow[] {
  const field = (column: number) => (column < 0 ? undefined : record[column]?.trim());
  const url = field(columns.url);
  return url ? [{ url, line, label: field(columns.label), split: field(columns.split) }] : [];
}

const isFaultOfCsv = (cause: unknown): cause is Error =>
  cause instanceof Error && "code" in cause && String(cause.code).startsWith("CSV_");

/** Puts each line's number where `at` has the parser's count, which does not know the lines that were left out. */
async function* textOf(lines: AsyncIterable<Line>, at: number[]): AsyncGenerator<string> {
  for await (const { text, line } of lines) {
    at.push(line);
    yield `${text}\n`;
  }
}

/** None where the line opens a quote and does not close it. */
function fieldsOf(line: string, delimiter: string): string[] {
  try {
    // The options ask for records that are arrays of text.
    const records = parseSync(line, { delimiter, relax_quotes: true, relax_column_count: true }) as string[][];
    return (records[0] ?? []).map((field) => field.trim());
  } catch (cause) {
    if (isFaultOfCsv(cause)) return [];
    throw cause;
  }
}
