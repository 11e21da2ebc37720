// A run that was broken off goes on where it was: the same history and weights, no more than an epoch done again for each kill.
import type { Entry, EpochSeen } from "../history.ts";
import { ofType } from "../of-type.ts";
import type { Violation } from "../violation.ts";

const sameEpochs = (one: readonly EpochSeen[], other: readonly EpochSeen[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** I6: history and weights are those of the run that was left alone; each kill repeated at most one epoch. */
export function boundedReplay(entries: readonly Entry[]): Violation[] {
  return ofType(entries, "trained").flatMap((run): Violation[] => {
    const { id, epochs, calm, weights, calmWeights, repeated, kills } = run;
    return [
      ...(sameEpochs(epochs, calm) ? [] : [lost(`${id} has another history than the run that was left alone`)]),
      ...(weights === calmWeights ? [] : [lost(`${id} has other weights than the run that was left alone`)]),
      ...(repeated <= kills
        ? []
        : [
            {
              invariant: "I6",
              effect: "duplicated" as const,
              what: `${id} trained ${repeated} epochs again after ${kills} kills`,
            },
          ]),
    ];
  });
}

/**
 * I7: of one record, neither the fence nor the place of its checkpoints ever goes back, and once a record was seen under a fence, no
 * checkpoint of a lower one comes new. A run whose newest checkpoint was damaged, or every one, goes back, once.
 */
export function fences(entries: readonly Entry[]): Violation[] {
  const highest = new Map<string, number>();
  const newest = new Map<string, { fence: number; place: string; owner: number }>();
  const mayGoBack = new Set<string>();
  return entries.flatMap((entry): Violation[] => {
    if (entry.type === "state") {
      const before = highest.get(entry.id) ?? 0;
      highest.set(entry.id, Math.max(before, entry.fence));
      return entry.fence < before ? [broken(`the fence of ${entry.id} went from ${before} to ${entry.fence}`)] : [];
    }
    if (entry.type === "damaged") mayGoBack.add(entry.id);
    if (entry.type !== "checkpoint") return [];
    const { id, fence } = entry;
    const place = [entry.stage, ...[entry.epoch, entry.batch].map((n) => String(n).padStart(6, "0"))].join(" ");
    const before = newest.get(id);
    newest.set(id, { fence, place, owner: highest.get(id) ?? 0 });
    const isLate = before !== undefined && place !== before.place && fence < before.owner;
    if (isLate)
      return [broken(`${id} was with fence ${before.owner} and got a checkpoint of fence ${fence}, ${place}`)];
    if (!before || (fence >= before.fence && place >= before.place)) return [];
    if (fence > before.fence && mayGoBack.delete(id)) return [];
    const went = `went from fence ${before.fence}, ${before.place} to fence ${fence}, ${place}`;
    return [broken(`the checkpoint of ${id} ${went}`)];
  });
}

const lost = (what: string): Violation => ({ invariant: "I6", effect: "lost", what });
const broken = (what: string): Violation => ({ invariant: "I7", effect: "broken", what });
