// Every listed URL has one row, every row names a picture that is there, every input of a prediction one answer.
import type { Entry, Row } from "../history.ts";
import { ofType } from "../of-type.ts";
import type { Violation } from "../violation.ts";

/** I1: the manifest has each listed URL once, in its place, with an outcome that it may have. */
export function accounting(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "manifest").flatMap(({ id, listed, rows }) => {
    const byIndex = Map.groupBy(rows, ({ index }) => index);
    const ofListed = listed.flatMap((planted, index) => judgeRow(id, { ...planted, index }, byIndex.get(index) ?? []));
    const strays = rows.filter(({ index }) => index < 0 || index >= listed.length);
    return [...ofListed, ...strays.map((row) => duplicated("I1", `${id} has a row ${row.index}, which nobody listed`))];
  });
}

type Planted = { index: number; url: string; may: readonly string[] };

function judgeRow(id: string, { index, url, may }: Planted, rows: readonly Row[]): Violation[] {
  const [row] = rows;
  if (!row) return [lost("I1", `${id} has no row for ${url}`)];
  if (rows.length > 1) return [duplicated("I1", `${id} has ${rows.length} rows for ${url}`)];
  if (row.url !== url) return [lost("I1", `row ${index} of ${id} is ${row.url} and should be ${url}`)];
  return may.includes(row.outcome)
    ? []
    : [lost("I1", `${url} of ${id} ended as ${row.outcome}, expected ${may.join(" or ")}`)];
}

/** I1, for predictions: each input has one answer, in order. */
export function results(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "results").flatMap(({ id, inputs, indexes }) => {
    const seen = new Set(indexes);
    const missing = Array.from({ length: inputs }, (_, index) => index).filter((index) => !seen.has(index));
    return [
      ...missing.map((index) => lost("I1", `${id} has no answer for input ${index}`)),
      ...(indexes.length > seen.size ? [duplicated("I1", `${id} answers an input twice`)] : []),
    ];
  });
}

/** I2: what a manifest calls a picture is there, with its length and its hash. */
export function pictures(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "picture").flatMap(({ sha256, bytes, found }) => {
    if (!found) return [lost("I2", `picture ${sha256} is not in the store`)];
    return found.sha256 === sha256 && found.bytes === bytes
      ? []
      : [lost("I2", `picture ${sha256} of ${bytes} bytes has ${found.bytes} bytes of hash ${found.sha256}`)];
  });
}

const lost = (invariant: string, what: string): Violation => ({ invariant, effect: "lost", what });
const duplicated = (invariant: string, what: string): Violation => ({ invariant, effect: "duplicated", what });
