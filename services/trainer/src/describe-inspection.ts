// inspection.json: what was found, told by the items' keys and the classes' names.
import type { Inspected } from "@ursa/classifier/inspect/inspect-pictures";
import { type Inspection, type InspectionResult, inspectionResultSchema } from "@ursa/contracts/inspection";
import type { Suspect, Suspicion } from "@ursa/contracts/suspect";
import type { TrainingItem } from "@ursa/dataset/training-set";
import type { InspectedItems } from "./inspected-items.ts";
import type { SeenItems } from "./look-at-items.ts";

/** Of cosines of ten thousand pictures, with five each. */
const DECIMALS = 3;

type Found = { record: Inspection; items: InspectedItems; seen: SeenItems; inspected: Inspected };

/** As a near-duplicate under two classes, but sure. */
const CONFLICT_BENEFIT = 0.8;

export function describeInspection({ record, items, seen, inspected }: Found): InspectionResult {
  const keyOf = (index: number) => seen.pictures[index]?.key ?? "";
  const byKey = new Map(items.usable.map((item) => [item.key, item]));
  const worthALook = [
    ...inspected.worthALook.flatMap(({ index, benefit, reasons }) =>
      suspectOf(byKey.get(keyOf(index)), { benefit, reasons }),
    ),
    ...items.conflicts.flatMap(conflictOf),
  ].sort((a, b) => b.benefit - a.benefit);
  return inspectionResultSchema.parse({
    ...record,
    ...{ format: 1, inspectionId: record.id, count: seen.pictures.length, suspects: worthALook.length },
    ...{ suspicions: countSuspicions(worthALook), unread: items.usable.length - seen.pictures.length },
    ...{ confidentJoint: inspected.confidentJoint, directionalNoise: inspected.directionalNoise, worthALook },
    nearest: Object.fromEntries(
      inspected.nearest.map((near, index) => [
        keyOf(index),
        near.map((one) => ({ key: keyOf(one.index), cosine: Number(one.cosine.toFixed(DECIMALS)) })),
      ]),
    ),
    nearDuplicates: inspected.pairs.map(({ a, b, ...pair }) => ({ a: keyOf(a), b: keyOf(b), ...pair })),
  });
}

/** Nothing of an item that a person has looked at: what they let stand is not asked of them again in every later version. */
function suspectOf(item: TrainingItem | undefined, found: Pick<Suspect, "benefit" | "reasons">): Suspect[] {
  if (!item || item.reviewedAt !== undefined) return [];
  const { key, class: name, split, outcome, url } = item;
  return [{ key, class: name, split, outcome, url, ...found }];
}

function conflictOf(item: InspectedItems["conflicts"][number]): Suspect[] {
  if (item.reviewedAt !== undefined) return [];
  const { key, class: name, outcome, url, of, looksLike } = item;
  const says = `the same picture as item ${of}, which is labelled ${looksLike}: neither is used until one label is chosen`;
  const reason = { suspicion: "conflict", benefit: CONFLICT_BENEFIT, says, looksLike, of } as const;
  return [{ key, class: name, outcome, url, benefit: CONFLICT_BENEFIT, reasons: [reason] }];
}

function countSuspicions(suspects: readonly Suspect[]): Partial<Record<Suspicion, number>> {
  const counts: Partial<Record<Suspicion, number>> = {};
  for (const { reasons } of suspects) {
    for (const suspicion of new Set(reasons.map((reason) => reason.suspicion)))
      counts[suspicion] = (counts[suspicion] ?? 0) + 1;
  }
  return counts;
}
