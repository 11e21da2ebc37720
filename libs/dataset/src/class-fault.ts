// Whether a class came out well enough to train on, judged only when every URL has its row.
import type { ClassCounts, DatasetOptions } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES, type Outcome } from "@ursa/contracts/outcomes";

export type ClassFault = { code: "class_mostly_failed" | "too_few_pictures"; message: string };

/** What to do, said once however many classes have the fault. */
export const CLASS_REMEDIES: Record<ClassFault["code"], string> = {
  class_mostly_failed: "Mend or replace those URLs, or allow more with options.maxFailedFraction",
  too_few_pictures: "Add URLs",
};

/**
 * `class_mostly_failed`: of the URLs that were to be used, more than the allowed part failed; duplicates, conflicts and skipped
 * ones count on neither side. `too_few_pictures`: one side of the split is empty.
 */
export function classFault(
  counts: ClassCounts,
  { maxFailedFraction }: Pick<DatasetOptions, "maxFailedFraction">,
): ClassFault | undefined {
  const name = JSON.stringify(counts.class);
  const failures = failuresOf(counts);
  const failed = failures.reduce((sum, [, count]) => sum + count, 0);
  const tried = failed + (counts.outcomes.ok ?? 0) + (counts.outcomes.removed ?? 0);
  if (failed > maxFailedFraction * tried) {
    const causes = failures.map(([outcome, count]) => `${count} ${outcome}`).join(", ");
    const message = `Class ${name}: expected at most ${maxFailedFraction * 100} % of its URLs to fail, but ${failed} of ${tried} did (${causes}).`;
    return { code: "class_mostly_failed", message };
  }
  if (counts.train > 0 && counts.valid > 0) return undefined;
  const message = `Class ${name}: expected usable pictures to train on and to check with, got ${counts.train} and ${counts.valid}.`;
  return { code: "too_few_pictures", message };
}

/** The commonest first. */
function failuresOf({ outcomes }: ClassCounts): [Outcome, number][] {
  // Object.entries forgets that the keys are outcomes.
  const entries = Object.entries(outcomes) as [Outcome, number][];
  return entries.filter(([outcome]) => FAILED_OUTCOMES.has(outcome)).sort((a, b) => b[1] - a[1]);
}
