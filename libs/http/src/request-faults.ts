// Checks params, query and body against their schemas, and says every fault of a request at once.
import { Problem } from "@ursa/contracts/problem";
import type { z } from "zod";

export type Fault = { in: Place; path: string; message: string };
type Place = "path" | "query" | "body";
type Issue = z.core.$ZodIssue;

/** A person reads these; a client that sends thousands of faults has one cause. */
const MAX_FAULTS = 20;
/** Messages and paths may quote what came. */
const MAX_TEXT = 200;

/** @throws Problem invalid_request with every fault of every part, in `detail` and as `errors` */
export function checkParts(parts: { place: Place; schema: z.ZodType; value: unknown }[]): unknown[] {
  const results = parts.map(({ place, schema, value }) => ({ place, result: schema.safeParse(value) }));
  const faults = results.flatMap(({ place, result }) => faultsOf(place, result.error?.issues ?? []));
  if (faults.length > 0) throw invalidRequest(faults);
  return results.map(({ result }) => result.data);
}

export function invalidRequest(faults: Fault[]): Problem {
  const shown = faults.slice(0, MAX_FAULTS);
  const lines = shown.map((fault) => `${fault.in}${fault.path && ` ${fault.path}`}: ${fault.message}`);
  const more = faults.length - shown.length;
  if (more > 0) lines.push(`and ${more} more`);
  return new Problem("invalid_request", lines.join("; "), { extra: { errors: shown } });
}

function faultsOf(place: Place, issues: readonly Issue[], above: readonly PropertyKey[] = []): Fault[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    const closest = issue.code === "invalid_union" ? closestBranch(issue.errors) : undefined;
    if (closest) return faultsOf(place, closest, path);
    return [{ in: place, path: shorten(pathText(path)), message: shorten(messageOf(issue)) }];
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

function messageOf(issue: Issue): string {
  if (issue.code === "unrecognized_keys") return `unknown field ${issue.keys.map((key) => shorten(key)).join(", ")}`;
  return issue.message.replace(/^Invalid input: /, "");
}

const pathText = (path: readonly PropertyKey[]) =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index ? "." : ""}${String(part)}`)).join("");

const shorten = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
