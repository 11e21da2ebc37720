// Checks params, query and body against their schemas, and says every fault of a request at once.
import { Problem } from "@ursa/contracts/problem";
import type { z } from "zod";
import { plainFault } from "./plain-faults.ts";

export type Fault = { in: Place; path: string; message: string };
type Place = "path" | "query" | "body";
type Issue = z.core.$ZodIssue;

/** A person reads these; a client that sends thousands of faults has one cause. */
const MAX_FAULTS = 20;
/** Messages and paths may quote what came. */
const MAX_TEXT = 200;

/** @throws Problem invalid_request with every fault of every part as `errors`; `detail` says in which parts they are */
export function checkParts(parts: { place: Place; schema: z.ZodType; value: unknown }[]): unknown[] {
  const results = parts.map(({ place, schema, value }) => ({
    place,
    result: schema.safeParse(value, { error: plainFault }),
  }));
  const faults = results.flatMap(({ place, result }) => faultsOf(place, result.error?.issues ?? []));
  if (faults.length > 0) throw invalidRequest(faults);
  return results.map(({ result }) => result.data);
}

export function invalidRequest(faults: Fault[]): Problem {
  const shown = faults.slice(0, MAX_FAULTS);
  return new Problem("invalid_request", summaryOf(faults), { extra: { errors: shown } });
}

/** The faults themselves are in `errors`, once. */
function summaryOf(faults: Fault[]): string {
  const places = [...new Set(faults.map((fault) => fault.in))].join(" and ");
  const which = faults.length > MAX_FAULTS ? `the first ${MAX_FAULTS}` : faults.length > 1 ? "them" : "it";
  return `The ${places} of the request ${faults.length > 1 ? `has ${faults.length} faults` : "has a fault"}; errors names ${which}.`;
}

function faultsOf(place: Place, issues: readonly Issue[], above: readonly PropertyKey[] = []): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    const closest = issue.code === "invalid_union" ? closestBranch(issue.errors) : undefined;
    if (closest) return faultsOf(place, closest, path);
    // One fault for each field that there is not.
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
    return paths.map((one) => ({ in: place, path: shorten(pathText(one)), message: shorten(issue.message) }));
  });
}

/** The alternative that came nearest says best what is wrong: most of its path matched, then fewest faults. */
function closestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((issue) => issue.path.length));
  return branches
    .filter((issues) => issues.length > 0)
    .toSorted((a, b) => a.length - b.length || depth(b) - depth(a))
    .at(0);
}

const pathText = (path: readonly PropertyKey[]) =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index ? "." : ""}${String(part)}`)).join("");

const shorten = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
