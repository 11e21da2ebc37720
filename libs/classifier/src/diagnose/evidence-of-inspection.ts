// What an inspection of the pictures is evidence of, for a run that was trained on them.
import type { Split } from "@ursa/contracts/dataset";
import type { InspectionResult } from "@ursa/contracts/inspection";
import type { Inspected } from "./evidence.ts";

/** Where an item stood for the run: its class, and its side of the run's own split. */
export type Place = { class: string; split?: Split | undefined };

/**
 * Leaks are near-duplicates of one class across the run's split. Under two classes a copy on the training side does not flatter, it
 * misleads: those are labels to be mended. The same bytes are one item of a dataset, so none of them is `exact`.
 * @param places of the items in use, by key
 */
export function evidenceOfInspection(
  result: Pick<InspectionResult, "count" | "suspicions" | "nearDuplicates" | "directionalNoise">,
  places: ReadonlyMap<string, Place>,
): Inspected {
  const leaked = result.nearDuplicates.flatMap(({ a, b }) => leakOf([a, places.get(a)], [b, places.get(b)]));
  const [noise] = result.directionalNoise;
  return {
    leaks: { exact: 0, near: new Set(leaked).size },
    labelErrors: {
      ...{ suspects: result.suspicions.label ?? 0, pictures: result.count },
      ...(noise ? { pair: { given: noise.given, looksLike: noise.actual, count: noise.count } } : {}),
    },
  };
}

type Placed = [key: string, place: Place | undefined];

/** The key of the validation picture, where the other is one of the same class to train on. */
function leakOf(one: Placed, other: Placed): string[] {
  const [, { class: name } = { class: "" }] = one;
  if (name !== other[1]?.class) return [];
  const valid = [one, other].find(([, place]) => place?.split === "valid");
  const train = [one, other].find(([, place]) => place?.split === "train");
  return valid && train ? [valid[0]] : [];
}
