// Which items repeat another one, by URL or by bytes: kept out of training, and never chosen silently between two labels.
import type { Outcome } from "@ursa/contracts/outcomes";

/** `of` is the index of the item it repeats: the first of its class, or for a conflict the first of another class. */
export type Repeat = { outcome: Extract<Outcome, "duplicate" | "label_conflict">; of: number };
/** `content` is equal for two items that are the same: a sha256, or a URL. */
export type ComparedItem = { index: number; class: string; content: string };

type Sighting = { first: ComparedItem; contrary?: ComparedItem };

/**
 * Within a class all but the first listed are `duplicate`; under two classes every one of them is `label_conflict`, since only
 * a person can say which label is right. Items come in the order listed.
 * @returns by index; what is not in it stays as it is
 */
export function resolveRepeats(items: readonly ComparedItem[]): Map<number, Repeat> {
  const sightings = new Map<string, Sighting>();
  for (const item of items) {
    const seen = sightings.get(item.content);
    if (!seen) sightings.set(item.content, { first: item });
    else if (item.class !== seen.first.class) seen.contrary ??= item;
  }
  const repeats = new Map<number, Repeat>();
  for (const item of items) {
    const seen = sightings.get(item.content);
    if (seen) note(repeats, item, seen);
  }
  return repeats;
}

function note(repeats: Map<number, Repeat>, item: ComparedItem, { first, contrary }: Sighting): void {
  if (contrary) {
    const of = item.class === first.class ? contrary.index : first.index;
    repeats.set(item.index, { outcome: "label_conflict", of });
  } else if (item !== first) repeats.set(item.index, { outcome: "duplicate", of: first.index });
}
