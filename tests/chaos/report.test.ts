import { expect, test } from "vitest";
import { killedWorkers } from "./faults/killed-workers.ts";
import { mixed } from "./mixed.ts";
import { closingLine, reportOf } from "./report.ts";
import type { Verdict } from "./run-fault.ts";
import type { Violation } from "./violation.ts";

const [first = mixed, second = mixed] = killedWorkers;
const verdict = (fault: typeof mixed, seed: number, ...violations: Violation[]): Verdict => ({
  ...{ fault, seed, seconds: 10, historyPath: "/tmp/history", violations },
});
const gone: Violation = { invariant: "I1", effect: "lost", what: "a row" };

test("a fault counts as kept when every seed of it was", () => {
  expect(closingLine([verdict(first, 1), verdict(second, 1)])).toBe("2 of 2 faults, 0 lost, 0 duplicated");
  expect(closingLine([verdict(first, 1), verdict(first, 2, gone), verdict(second, 1)])).toBe(
    "1 of 2 faults, 1 lost, 0 duplicated",
  );
  const late: Violation = { invariant: "promise", effect: "broken", what: "503 within a second" };
  expect(closingLine([verdict(mixed, 1), verdict(mixed, 2, late)])).toBe(
    "1 of 2 seeds, 0 lost, 0 duplicated, 1 promises broken",
  );
});

test("the table says how often each promise was kept", () => {
  expect(reportOf([verdict(first, 1), verdict(first, 2, gone)]).split("\n")[2]).toBe(
    `| F1 | ${first.title} | ${first.promise} | 1 of 2 | 10 s |`,
  );
});
