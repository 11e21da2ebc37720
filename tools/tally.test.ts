import { expect, test } from "vitest";
import { addTallies, closingLine, tallyReport } from "./tally.ts";

const file = (status: string, ...statuses: string[]) => ({
  status,
  assertionResults: statuses.map((one) => ({ status: one })),
});
const report = (...testResults: ReturnType<typeof file>[]) => JSON.stringify({ testResults });

test("tests are counted by their status", () => {
  const text = report(file("failed", "passed", "failed"), file("passed", "passed", "skipped", "todo"));
  expect(tallyReport(text, 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test("a file that does not load is a failure", () => {
  expect(tallyReport(report(file("failed"), file("passed", "passed")), 1)).toEqual({
    passed: 1,
    failed: 1,
    skipped: 0,
  });
});

test("an exit code without a failed test is a failure too", () => {
  expect(tallyReport(report(file("passed", "passed")), 1).failed).toBe(1);
  expect(tallyReport(report(file("passed", "passed")), 0).failed).toBe(0);
});

test("the closing line names skipped tests only when there are some", () => {
  expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe("12 passed, 0 failed");
  expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe("12 passed, 1 failed, 3 skipped");
});

test("tallies add up", () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(addTallies([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
