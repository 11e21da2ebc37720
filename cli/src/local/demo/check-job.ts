// Did the job do what was planted? Each mismatch is one sentence; none means the demo passed.
import type { Model } from "@ursa/contracts/model";
import { OUTCOMES, type Outcome } from "@ursa/contracts/outcomes";
import type { Gallery } from "./gallery-process.ts";
import type { MainJob } from "./main-job.ts";

export function checkJob(gallery: Gallery, { dataset, model, prediction, rows }: MainJob): string[] {
  const faults: string[] = [];
  const expect = (what: string, expected: number | string, came: number | string) => {
    if (expected !== came) faults.push(`${what}: expected ${expected}, came ${came}`);
  };
  const outcomes = dataset.counts?.outcomes ?? {};
  const total = OUTCOMES.reduce((sum, outcome) => sum + (outcomes[outcome] ?? 0), 0);
  expect("URLs with an outcome", dataset.listed, total);
  expect(
    "URLs listed",
    gallery.classes.reduce((sum, { urls }) => sum + urls.length, 0),
    dataset.listed,
  );
  for (const each of dataset.counts?.classes ?? []) {
    expect(
      `pictures of ${each.class} on a side of the split`,
      each.outcomes.ok ?? 0,
      each.train + each.valid + each.test,
    );
  }
  if (gallery.expected) {
    expectOutcomes(gallery.expected, outcomes, expect);
    faults.push(...badlyTrained(model));
  }
  expect("epochs", epochsAsked(model), model.epochs.length);
  expect("result rows", prediction.inputs, rows.length);
  expect("result rows in input order", 0, rows.filter((row, index) => row.index !== index).length);
  expect("pictures predicted", outcomes.ok ?? 0, prediction.counts?.outcomes.ok ?? 0);
  return faults;
}

const epochsAsked = ({ recipe: { phases, stage1, stage2 } }: Model): number =>
  (phases.includes("stage-1") ? stage1.epochs : 0) + (phases.includes("stage-2") ? stage2.epochs : 0);

/** Drawn bears are told apart easily; guessing is wrong on two of three. */
const MAX_ERROR_RATE = 0.35;

function badlyTrained({ stages }: Model): string[] {
  const errorRate = stages.at(-1)?.errorRate ?? Number.NaN;
  if (errorRate <= MAX_ERROR_RATE) return [];
  return [`error rate on drawn bears: expected at most ${MAX_ERROR_RATE}, came ${errorRate}`];
}

type Expect = (what: string, expected: number, came: number) => void;

function expectOutcomes(
  planted: Partial<Record<Outcome, number>>,
  came: Partial<Record<Outcome, number>>,
  expect: Expect,
): void {
  for (const outcome of OUTCOMES) expect(outcome, planted[outcome] ?? 0, came[outcome] ?? 0);
}
