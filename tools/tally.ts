// Counts of a test run: read from vitest's JSON report, added up, and told in the one line that CI reads.

export type Tally = { passed: number; failed: number; skipped: number };

/** The part of vitest's JSON report (its Jest-compatible format) that counts. */
type VitestReport = { testResults: { status: string; assertionResults: { status: string }[] }[] };

export const nothing: Tally = { passed: 0, failed: 0, skipped: 0 };

export function addTallies(tallies: Tally[]): Tally {
  return tallies.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    nothing,
  );
}

/** A file that failed outside of its tests, such as by not loading, is one failure; so is a run that failed otherwise. */
export function tallyReport(report: string, exitCode: number): Tally {
  // vitest wrote it moments ago; a report of another shape fails loudly below.
  const { testResults } = JSON.parse(report) as VitestReport;
  const tally = addTallies(testResults.map(tallyFile));
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function tallyFile({ status, assertionResults }: VitestReport["testResults"][number]): Tally {
  const count = (...statuses: string[]) => assertionResults.filter((test) => statuses.includes(test.status)).length;
  const failed = count("failed");
  return {
    passed: count("passed"),
    failed: failed === 0 && status === "failed" ? 1 : failed,
    skipped: count("skipped", "pending", "todo", "disabled"),
  };
}
