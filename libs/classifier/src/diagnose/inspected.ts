// What an inspection of the pictures says about a run: validation pictures that were trained on, and labels that are wrong.
import { wilsonInterval } from "../metrics.ts";
import type { Judged } from "./changes.ts";
import { type Evidence, lastRow } from "./evidence.ts";
import { percent, times } from "./words.ts";

/** Validation pictures with a copy on the training side flatter the error rate, by as much as they are at the most. */
export function leakage(evidence: Evidence): Judged | undefined {
  const leaks = evidence.inspected?.leaks;
  const leaked = leaks ? leaks.exact + leaks.near : 0;
  if (!leaks || leaked === 0) return undefined;
  const { validCount, wrong } = lastRow(evidence);
  return {
    ...{ code: "leakage", sure: leaks.exact > 0 ? "certain" : "likely" },
    saw: `${times(leaked, "validation picture")} of ${validCount} (${percent(leaked / validCount)}) ${leaked === 1 ? "has" : "have"} ${copies(leaks)} on the training side; ${percent(wrong / validCount)} were wrong, and without the copies it may be up to ${percent(Math.min(1, wrong / Math.max(1, validCount - leaked)))}.`,
    evidence: { exact: leaks.exact, near: leaks.near, validCount, errorRate: wrong / validCount },
    change: { says: "Keep one of each pair of copies, and train on the cleaned pictures." },
  };
}

/** In ten test sets that people rely on at least 3.3 % of the labels are wrong (C. G. Northcutt et al., "Pervasive label errors", 2021). */
const copies = ({ exact, near }: { exact: number; near: number }): string =>
  exact === 0 ? "nearly the same picture" : `a copy, ${exact} exact and ${near} near,`;

const USUAL_NOISE = 0.033;

/** More labels are contradicted than is usual, beyond chance. A hard task looks alike, so this is never certain. */
export function labelNoise({ inspected }: Evidence): Judged | undefined {
  const found = inspected?.labelErrors;
  if (!found) return undefined;
  const { suspects, pictures, pair } = found;
  const { low } = wilsonInterval(suspects, pictures);
  if (low <= USUAL_NOISE) return undefined;
  const most = pair ? `; most of them, ${pair.count}, are called ${pair.given} and look like ${pair.looksLike}` : "";
  return {
    ...{ code: "label_noise", sure: "possible" },
    saw: `The labels of ${suspects} of ${pictures} pictures (${percent(suspects / pictures)}) are contradicted by models that did not train on them${most}.`,
    evidence: {
      suspects,
      pictures,
      share: suspects / pictures,
      shareLow: low,
      ...(pair ? { pairCount: pair.count } : {}),
    },
    change: {
      says: "Look through the pictures that are worth a look, mend the labels, and train on the cleaned pictures.",
    },
  };
}
