// The items of a manifest that an inspection is about.
import type { Item } from "@ursa/contracts/dataset";
import { readItems } from "@ursa/dataset/manifest";
import type { TrainingItem } from "@ursa/dataset/training-set";
import type { ObjectStore } from "@ursa/store/object-store";

export type InspectedItems = {
  /** Of every side, test too: a leak into the test pictures is the worst. In index order. */
  usable: TrainingItem[];
  /** The same bytes under two classes: used by nobody until a person says which is right. `looksLike` is the other's class. */
  conflicts: (Item & { looksLike: string })[];
};

/** @throws ObjectNotFound when there is no manifest */
export async function readInspectedItems(
  store: ObjectStore,
  manifest: string,
  classes: readonly string[],
): Promise<InspectedItems> {
  const labels = new Map(classes.map((name, label) => [name, label]));
  const usable: TrainingItem[] = [];
  const conflicting: Item[] = [];
  for await (const item of readItems(store, manifest)) {
    const label = labels.get(item.class);
    if (item.outcome === "label_conflict") conflicting.push(item);
    else if (item.outcome === "ok" && label !== undefined && item.sha256)
      usable.push({ ...item, sha256: item.sha256, label });
  }
  const classOf = new Map(conflicting.map((item) => [item.key, item.class]));
  const conflicts = conflicting.map((item) => ({ ...item, looksLike: classOf.get(item.of ?? "") ?? "another class" }));
  return { usable, conflicts };
}
