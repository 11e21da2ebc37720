// Counts a dataset's rows as they pass: per class, split and outcome.
import type { ClassCounts, Item, OutcomeCounts } from "@ursa/contracts/dataset";

export type DatasetCounts = { listed: number; outcomes: OutcomeCounts; classes: ClassCounts[] };

/** `classes` in label order. A row of another class, which edits have emptied, counts in the whole only; a usable one is a programming error. */
export function createDatasetCounts(classes: readonly string[]): { add(item: Item): void; result(): DatasetCounts } {
  const perClass = new Map(classes.map((name) => [name, emptyCounts(name)]));
  const outcomes: OutcomeCounts = {};
  let listed = 0;
  return {
    add(item) {
      listed += 1;
      tally(outcomes, item);
      const counts = perClass.get(item.class);
      if (!counts && item.outcome !== "ok") return;
      if (!counts) throw new Error(`Item ${item.key} has class ${item.class}, which its dataset does not have`);
      counts.listed += 1;
      tally(counts.outcomes, item);
      if (item.split) counts[item.split] += 1;
    },
    result() {
      const counted = [...perClass.values()].map((counts) => ({ ...counts, validFraction: fractionOf(counts) }));
      return { listed, outcomes, classes: counted };
    },
  };
}

const emptyCounts = (name: string): ClassCounts => ({
  class: name,
  listed: 0,
  outcomes: {},
  train: 0,
  valid: 0,
  test: 0,
  validFraction: 0,
});

function tally(counts: OutcomeCounts, { outcome }: Item): void {
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

const fractionOf = ({ train, valid }: ClassCounts) => (train + valid === 0 ? 0 : valid / (train + valid));
