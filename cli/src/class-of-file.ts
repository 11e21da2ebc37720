// The class a URL list stands for when nobody says, and whether the list says it itself.
// An upload is named by its content, so the service cannot tell; tests/url-lists.test.ts holds this to the service's own rules.
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { classOfList } from "@ursa/contracts/class-of-list";

/** `urls_` at the front and one ending are dropped: `lists/urls_teddy bär.txt` is `teddy bär`. */
export function classOfFile(path: string): string {
  return classOfList(basename(path));
}

/** Comments may come first; a list that hides its first row behind more of them is taken for a plain one. */
const BEGINNING_BYTES = 64 * 1024;

/** Has the file a label for each row? Such a list must not be given a class, which would win over the labels. */
export async function hasLabels(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0);
  const lines = buffer
    .toString("utf8", 0, bytesRead)
    .replace(/^\uFEFF/, "")
    .split(/[\r\n]+/);
  const first = lines.find((line) => line.trim() !== "" && !line.trim().startsWith("#"));
  return first !== undefined && namesLabels(first);
}

const URL_COLUMNS = ["url", "image_url", "imageurl", "image url", "image", "link", "src", "urls"];
const LABEL_COLUMNS = ["label", "class", "category"];
const PICTURE_URL = /^https?:\/\/[^ ]+\.(?:jpe?g|png|webp|gif)(?:\?[^ ]*)?$/i;
const PLAIN_WORDS = /^[\p{L}\p{N}][\p{L}\p{N} -]*$/u;

/** A header with a URL and a label column, or a first row that is plainly a URL and a label. */
export function namesLabels(firstLine: string): boolean {
  const readings = [",", ";", "\t"].map((delimiter) => fieldsOf(firstLine, delimiter));
  // With a wrong delimiter the line falls into fewer fields.
  readings.sort((a, b) => b.length - a.length);
  const header = readings.map((fields) => fields.map((field) => field.toLowerCase())).find(holds(URL_COLUMNS));
  if (header) return holds(LABEL_COLUMNS)(header);
  return readings.some(isUrlWithLabel);
}

const holds = (names: string[]) => (fields: string[]) => fields.some((field) => names.includes(field));

const isUrlWithLabel = (fields: string[]) =>
  fields.length === 2 &&
  fields.some((field) => PICTURE_URL.test(field)) &&
  fields.some((field) => PLAIN_WORDS.test(field));

/** Quotes may hold the delimiter. */
function fieldsOf(line: string, delimiter: string): string[] {
  const field = new RegExp(`(?<=^|${delimiter})(?:\\s*"((?:[^"]|"")*)"\\s*(?=${delimiter}|$)|[^${delimiter}]*)`, "g");
  return [...line.matchAll(field)].map(([whole, quoted]) => (quoted?.replaceAll('""', '"') ?? whole).trim());
}
