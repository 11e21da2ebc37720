// Where a rule would cost more clarity than it brings. Each exception says why; one that is no longer needed fails the test.
import type { Violation } from "./source-file.ts";

export type Exception = { rule: string; path: string; reason: string };

const commander = "commander hands each argument of a command to its action as a parameter of its own";

export const exceptions: Exception[] = [
  { rule: "parameters", path: "cli/src/commands/alias.ts", reason: commander },
  { rule: "parameters", path: "cli/src/commands/dataset-versions.ts", reason: commander },
  { rule: "parameters", path: "cli/src/commands/evaluate.ts", reason: commander },
  { rule: "parameters", path: "cli/src/commands/model.ts", reason: commander },
  { rule: "parameters", path: "cli/src/commands/model-compare.ts", reason: commander },
  { rule: "parameters", path: "cli/src/note-command.ts", reason: commander },
  {
    rule: "parameters",
    path: "libs/imaging/src/decoder-pool.ts",
    reason: "augment takes what view takes and how to augment; every method ends with an optional signal",
  },
  {
    rule: "nesting",
    path: "libs/imaging/src/augment-pixels.ts",
    reason:
      "rows, columns and channels of a picture are three loops, and a call for each pixel costs half as much again",
  },
  {
    rule: "parameters",
    path: "libs/service/src/metric-makers.ts",
    reason: "name, help, labels and buckets are prom-client's own four, and each metric is one line",
  },
  { rule: "parameters", path: "libs/testing/src/drawn-bear.ts", reason: "where, how far, whose and how dark: a leg" },
  { rule: "parameters", path: "libs/testing/src/drawn-shape.ts", reason: "shapes take what SVG's shapes take" },
];

const shortestReason = 20; // a sentence, not a shrug

/** The violations that no exception covers, and the exceptions that cover none or say too little. */
export function applyExceptions(violations: Violation[], list: Exception[]): Violation[] {
  const covers = (exception: Exception, { rule, path }: Violation) =>
    exception.rule === rule && exception.path === path;
  const open = violations.filter((violation) => !list.some((exception) => covers(exception, violation)));
  const bad = list.flatMap((exception) => {
    const isNeeded = violations.some((violation) => covers(exception, violation));
    const isExplained = exception.reason.trim().length >= shortestReason;
    if (isNeeded && isExplained) return [];
    const what = isNeeded ? "exception without a reason" : "exception that is no longer needed";
    return [{ rule: exception.rule, path: exception.path, line: 1, what }];
  });
  return [...open, ...bad];
}
