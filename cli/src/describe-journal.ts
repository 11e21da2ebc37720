// The lab journal for people: one line per run, and what was changed for it.
import type { JournalRow, RunChange } from "@ursa/contracts/journal";
import { percent, table } from "./print.ts";

export function describeJournal(rows: readonly JournalRow[]): string {
  const lines = rows.map((row) => {
    const { model, state, error, dataset, parent, name = "", note = "" } = row;
    const interval =
      error?.low === undefined || error.high === undefined ? "" : `${percent(error.low)} to ${percent(error.high)}`;
    return [
      ...[model, error ? percent(error.errorRate) : state, interval, `v${dataset.version}`, parent ?? ""],
      ...[changesOf(row), [name, note].filter(Boolean).join(": ")],
    ];
  });
  return table(["model", "error", "95 %", "dataset", "changed from", "what was changed", "name"], lines);
}

function changesOf({ parent, changes, from }: JournalRow): string {
  if (!parent) return from ? `from ${from.model}@${from.stage}` : "";
  return changes.length === 0 ? "nothing" : changes.map(oneChange).join("; ");
}

/** `stage1.epochs 4 → 8` */
function oneChange({ field, before = "none", after = "none" }: RunChange): string {
  return `${field} ${before} → ${after}`;
}
