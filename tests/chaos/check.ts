// Judges a history: the invariants that hold whatever was broken meanwhile. Pure, so that each can be shown to fail (check.test.ts).
import type { Entry } from "./history.ts";
import { accounting, pictures, results } from "./invariants/accounting.ts";
import { accepted, finality, idempotence } from "./invariants/records.ts";
import { boundedReplay, fences } from "./invariants/training.ts";
import { ofType } from "./of-type.ts";
import type { Violation } from "./violation.ts";

export type Invariant = (entries: readonly Entry[]) => Violation[];

/** By the numbers of the plan they come from: accounting, no phantom, no orphan, accepted is not lost, … */
export const INVARIANTS: Record<string, Invariant> = {
  I1: (entries) => [...accounting(entries), ...results(entries)],
  I2: pictures,
  I3: orphans,
  I4: accepted,
  I5: finality,
  I6: boundedReplay,
  I7: fences,
  I8: idempotence,
  I9: liveness,
  I10: counters,
  promise: promises,
};

export function check(entries: readonly Entry[]): Violation[] {
  return Object.values(INVARIANTS).flatMap((invariant) => invariant(entries));
}

function orphans(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "orphans").flatMap(({ keys }) =>
    keys.map((key) => ({ invariant: "I3", effect: "broken" as const, what: `nothing refers to ${key}` })),
  );
}

function liveness(entries: readonly Entry[]): Violation[] {
  const stuck = ofType(entries, "queue").flatMap(({ name, waiting, active, delayed }) => {
    const what = `queue ${name} still has ${waiting} waiting, ${active} active and ${delayed} delayed jobs`;
    return waiting + active + delayed > 0 ? [{ invariant: "I9", effect: "broken" as const, what }] : [];
  });
  const left = ofType(entries, "left").flatMap(({ files }) =>
    files.map((file) => ({ invariant: "I9", effect: "broken" as const, what: `${file} was left behind` })),
  );
  return [...stuck, ...left];
}

function counters(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "counter").flatMap(({ name, value, expected }) =>
    value === expected
      ? []
      : [{ invariant: "I10", effect: "broken" as const, what: `${name} says ${value}, the records say ${expected}` }],
  );
}

function promises(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "promise").flatMap(({ what, kept, seen }) =>
    kept ? [] : [{ invariant: "promise", effect: "broken" as const, what: `not kept: ${what}; seen: ${seen}` }],
  );
}
