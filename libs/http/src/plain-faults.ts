// What zod found wrong, in words for someone who has never heard of zod. Each reads on after the name of the field.
// Messages that a schema of contracts brings along win over these.
import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;
type Limit = z.core.$ZodRawIssue<z.core.$ZodIssueTooSmall> | z.core.$ZodRawIssue<z.core.$ZodIssueTooBig>;

/** An error map: pass it to `safeParse` as `error`. */
export function plainFault(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${TYPES[issue.expected] ?? `of type ${issue.expected}`}`;
    case "too_small":
      return limit(issue, { least: issue.minimum, isInclusive: issue.inclusive !== false });
    case "too_big":
      return limit(issue, { most: issue.maximum, isInclusive: issue.inclusive !== false });
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map((value) => String(value)).join(", ")}`;
    case "invalid_format":
      return FORMATS[issue.format] ?? "does not have the form it must have";
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
      return "is not a known field";
    case "invalid_union":
      return "is none of the things that may stand here";
    case "invalid_key":
      return "has a name that is not allowed here";
    case "invalid_element":
    case "custom":
      return "is not allowed here";
    default:
      return undefined;
  }
}

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const FORMATS: Record<string, string> = {
  url: "must be a URL",
  datetime: "must be a time such as 2030-01-31T12:00:00Z",
  safeint: "must be a whole number",
};

type Bound = { least?: number | bigint; most?: number | bigint; isInclusive: boolean };

function limit({ origin }: Limit, { least, most, isInclusive }: Bound): string {
  const [word, bound] = least === undefined ? ["at most", most] : ["at least", least];
  const unit = UNITS[origin];
  if (unit && least === 1) return "must not be empty";
  if (unit) return `must have ${word} ${bound} ${unit}`;
  if (isInclusive) return `must be ${word} ${bound}`;
  return `must be ${least === undefined ? "less" : "more"} than ${bound}`;
}

const UNITS: Record<string, string> = { string: "characters", array: "entries", set: "entries", object: "fields" };
