// URL lists as people have them. Every line that is neither blank nor a comment is an answer's worth: odd ones are yielded too.

import type { ArchiveEntry } from "@ursa/contracts/archive";
import { classOfList } from "@ursa/contracts/class-of-list";
import { type Split, splitSchema } from "@ursa/contracts/dataset";
import { classNameSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { type CsvRow, csvColumnsOf, readCsv } from "./csv-list.ts";
import { type TextSource, textLines } from "./text-lines.ts";

/**
 * `line` counts from 1; the lines within a `data:` address count as if they stood there unescaped. `url` is as listed, without
 * surrounding quotes; whether it is one is judged later. Of a picture in an archive, `entry` is where it lies.
 */
export type ListedUrl = { class: string; url: string; line: number; split?: Split; entry?: ArchiveEntry };
/**
 * `name` is what errors and rows call the list. A `class` or `split` given here wins over a column of the list; the class ""
 * is for lists that are not about classes.
 */
export type ListDescription = { name: string; class?: string | undefined; split?: Split | undefined };

type Line = { text: string; line: number };

const HTML = /^<(?!https?:)[!?a-z]/i;
const BROWSER_OUTPUT = /^\s*data:text\/[a-z]+[^,]*,/i;
const QUOTED = /^(?:"([^"]*)"|'([^']*)'|“([^”]*)”|<(https?:[^>]*)>)[,;]?$/;

/**
 * One URL per line; or CSV (comma, semicolon, tab) whose header names a URL column and perhaps a label and a split column,
 * or that has no header but plainly a URL and a label; or the lesson's browser snippet, saved as shown or still escaped as a `data:` address.
 * @throws Problem list_is_html, list_is_empty, invalid_request; each names the list
 */
export async function* parseUrlList(source: TextSource, list: ListDescription): AsyncGenerator<ListedUrl> {
  let count = 0;
  let last: { label: string | undefined; class: string } | undefined;
  for await (const row of rowsOf(source, list.name)) {
    count += 1;
    // A label is mostly that of the row before, and judging a name takes as long as all else of a row.
    if (last === undefined || last.label !== row.label) last = { label: row.label, class: classOf(row, list) };
    yield toListed(row, list, last.class);
  }
  if (count > 0) return;
  const [expected, got] = ["one per line, or a CSV with a column url", "only blank lines, comments or a header"];
  throw new Problem(
    "list_is_empty",
    `${list.name} has no URLs: expected ${expected}, got ${got}; add some and try again`,
  );
}

/** Looks at the beginning of a list before all of it is there. @throws Problem list_is_html */
export function assertIsList(beginning: string, name: string): void {
  const lines = beginning.split(/[\r\n]+/).map((line) => line.replace(/^\uFEFF/, "").trim());
  refuseHtml(lines.find((line) => line !== "" && !line.startsWith("#")) ?? "", name);
}

function refuseHtml(firstLine: string, name: string): void {
  if (!HTML.test(firstLine.trim())) return;
  const beginning = JSON.stringify(firstLine.trim().slice(0, 40));
  const remedy = "instead of the page, save the addresses, one per line";
  throw new Problem(
    "list_is_html",
    `${name} is a web page, not a list of URLs: it begins with ${beginning}; ${remedy}`,
  );
}

async function* rowsOf(source: TextSource, name: string): AsyncGenerator<CsvRow> {
  const lines = significantLines(shownLines(textLines(source, name), name));
  const { value: first, done } = await lines.next();
  if (done) return;
  refuseHtml(first.text, name);
  const columns = csvColumnsOf(first.text);
  if (columns) return yield* readCsv(columns.isHeader ? lines : startingWith(first, lines), { name, columns });
  yield { url: unquoted(first.text), line: first.line };
  for await (const { text, line } of lines) yield { url: unquoted(text), line };
}

/** Each `data:` address, of which several pages' may be in one file, as the lines it holds. */
async function* shownLines(lines: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  for await (const text of lines) {
    const [prefix] = BROWSER_OUTPUT.exec(text) ?? [];
    if (prefix === undefined) yield text;
    else yield* textLines(unescaped(text.slice(prefix.length)), name);
  }
}

async function* startingWith<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

/** Untrimmed: in a tab-separated line the blanks are columns. */
async function* significantLines(lines: AsyncIterable<string>): AsyncGenerator<Line, undefined> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const trimmed = text.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) yield { text, line };
  }
}

function toListed(row: CsvRow, list: ListDescription, name: string): ListedUrl {
  const split = list.split ?? splitOf(row, list.name);
  return { class: name, url: row.url, line: row.line, ...(split ? { split } : {}) };
}

function classOf({ label, line }: CsvRow, list: ListDescription): string {
  if (list.class === "") return "";
  // The list has labels, so its name is no class: a guess would train on a class that nobody meant.
  if (list.class === undefined && label === "") {
    const remedy = "fill it in, or name the class of the whole list";
    throw new Problem("invalid_request", `${list.name} line ${line} has a URL but no label; ${remedy}.`);
  }
  const parsed = classNameSchema.safeParse(list.class ?? (label || classOfList(list.name)));
  if (parsed.success) return parsed.data;
  throw new Problem("invalid_request", `${list.name} line ${line}: ${parsed.error.issues[0]?.message}`);
}

const SPLIT_WORDS: Record<string, Split> = { training: "train", val: "valid", validation: "valid", testing: "test" };

/** The side that a word of a list, or a folder, names. */
export function splitNamed(text: string): Split | undefined {
  const word = text.toLowerCase();
  return splitSchema.safeParse(SPLIT_WORDS[word] ?? word).data;
}

function splitOf({ split, line }: CsvRow, name: string): Split | undefined {
  if (!split) return undefined;
  const side = splitNamed(split);
  if (side) return side;
  throw new Problem("invalid_request", `${name} line ${line}: expected split train, valid or test, got ${split}`);
}

function unquoted(line: string): string {
  const text = line.trim();
  const match = QUOTED.exec(text);
  return match ? (match.slice(1).find((inner) => inner !== undefined) ?? "").trim() : text;
}

/** Undoes the snippet's `escape()`, or encodeURIComponent where that was used. */
function unescaped(text: string): string {
  if (!/%u[0-9a-f]{4}/i.test(text)) {
    try {
      return decodeURIComponent(text);
    } catch {
      // Not UTF-8: it was escape(), which writes Latin-1 as %XX.
    }
  }
  return text.replace(/%u([0-9a-f]{4})|%([0-9a-f]{2})/gi, (_, wide: string | undefined, narrow: string) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow, 16)),
  );
}
