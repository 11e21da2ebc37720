// The CSV form of a URL list: which columns matter, and its rows. Only a header makes a list CSV, since URLs contain commas.
import { pipeline } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { type CsvError, parse } from "csv-parse";
import { parse as parseSync } from "csv-parse/sync";

export type CsvRow = { url: string; line: number; label?: string | undefined; split?: string | undefined };
export type CsvColumns = { delimiter: string; url: number; label: number; split: number };
type CsvList = { name: string; columns: CsvColumns; headerLine: number };
type Line = { text: string; line: number };

// In order of preference, where a header has several.
const URL_COLUMNS = ["url", "image_url", "imageurl", "image url", "image", "link", "src", "urls"];
const LABEL_COLUMNS = ["label", "class", "category"];
const SPLIT_COLUMNS = ["split", "subset"];
const DELIMITERS = [",", ";", "\t"];
/** Text has no such character. */
const NO_COLUMN = "\0";

/** The columns a header line names, or undefined when the line is no header (or one without a URL column). */
export function csvColumnsOf(header: string): CsvColumns | undefined {
  const readings = DELIMITERS.map((delimiter) => ({ delimiter, names: namesOf(header, delimiter) }));
  // With a wrong delimiter the header falls into fewer columns.
  readings.sort((a, b) => b.names.length - a.names.length);
  for (const { delimiter, names } of readings) {
    const find = (wanted: string[]) => names.indexOf(wanted.find((name) => names.includes(name)) ?? NO_COLUMN);
    const url = find(URL_COLUMNS);
    if (url >= 0) return { delimiter, url, label: find(LABEL_COLUMNS), split: find(SPLIT_COLUMNS) };
  }
  return undefined;
}

/** Rows after the header. A row without a URL is left out; `line` is where a row ends. @throws Problem invalid_request */
export async function* readCsv(lines: AsyncIterable<Line>, list: CsvList): AsyncGenerator<CsvRow> {
  const { columns } = list;
  const at: number[] = [];
  const parser = parse({ delimiter: columns.delimiter, info: true, relax_quotes: true, relax_column_count: true });
  // An error of the lines or of the parser destroys the parser, so the loop below throws it.
  pipeline(textOf(lines, at), parser, () => {});
  try {
    // With `info` the parser gives { record, info }, which its types do not say.
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const field = (column: number) => (column < 0 ? undefined : record[column]?.trim());
      const url = field(columns.url);
      if (url)
        yield {
          url,
          line: at[info.lines - 1] ?? list.headerLine,
          label: field(columns.label),
          split: field(columns.split),
        };
    }
  } catch (cause) {
    // csv-parse marks its own faults with a code that starts so; everything else passes as it is.
    if (!String((cause as Partial<CsvError>).code).startsWith("CSV_")) throw cause;
    throw new Problem("invalid_request", `${list.name} is not well-formed CSV: ${(cause as Error).message}`, { cause });
  }
}

/** Puts each line's number where `at` has the parser's count, which does not know the lines that were left out. */
async function* textOf(lines: AsyncIterable<Line>, at: number[]): AsyncGenerator<string> {
  for await (const { text, line } of lines) {
    at.push(line);
    yield `${text}\n`;
  }
}

function namesOf(header: string, delimiter: string): string[] {
  // The options ask for records that are arrays of text.
  const records = parseSync(header, { delimiter, relax_quotes: true, relax_column_count: true }) as string[][];
  return (records[0] ?? []).map((name) => name.trim().toLowerCase());
}
