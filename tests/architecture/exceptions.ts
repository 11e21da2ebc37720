// Where a rule would cost more clarity than it brings. Each exception says why; one that is no longer needed fails the test.
import type { Violation } from "./source-file.ts";

export type Exception = { rule: string; path: string; reason: string };

const commander = "commander hands each argument of a command to its action as a parameter of its own";

export const exceptions: Exception[] = [
  { rule: "parameters", path: "cli/src/commands/alias.ts", reason: commander },
  { rule: "parameters", path: "cli/src/commands/model.ts", reason: commander },
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
