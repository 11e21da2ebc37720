// What a run trains and validates on: the usable items of a manifest in a fixed order, cut anew where the recipe asks for it.
import type { Item, Split } from "@ursa/contracts/dataset";
import type { ObjectStore } from "@ursa/store/object-store";
import { readItems } from "./manifest.ts";
import { countValid } from "./split.ts";

/** `label` is the index of its class. */
export type TrainingItem = Item & { sha256: string; label: number };
/** Both in index order. */
export type TrainingSet = { train: TrainingItem[]; valid: TrainingItem[] };

/**
 * @param options.classes in label order, from the dataset's record
 * @param options.validFraction cuts the stored ranking at another place, for this run only; pictures that their list had marked
 *   and those that joined them keep their side
 */
export async function readTrainingSet(options: {
  store: ObjectStore;
  manifest: string;
  classes: readonly string[];
  validFraction?: number | undefined;
}): Promise<TrainingSet> {
  const labels = new Map(options.classes.map((name, label) => [name, label]));
  const items: TrainingItem[] = [];
  for await (const item of readItems(options.store, options.manifest, { outcome: "ok" })) {
    const label = labels.get(item.class);
    if (label === undefined || !item.sha256 || !item.split) continue;
    items.push({ ...item, sha256: item.sha256, label });
  }
  const cut = options.validFraction === undefined ? items : cutAnew(items, options.validFraction);
  return { train: cut.filter(({ split }) => split === "train"), valid: cut.filter(({ split }) => split === "valid") };
}

/** Applies another fraction to the ranks of each class, by the rule that made them. */
export function cutAnew<T extends Item>(items: readonly T[], validFraction: number): T[] {
  const sideOf = cutOf(items, validFraction);
  return items.map((item) => {
    const split = sideOf(item);
    return split === item.split ? item : { ...item, split };
  });
}

type Placed = Pick<Item, "class" | "rank" | "split">;

/** @param items all usable ones of the dataset @returns the side that each of them is on when the ranking is cut at `validFraction` */
export function cutOf(items: readonly Placed[], validFraction: number): (item: Placed) => Split | undefined {
  const limits = new Map<string, number>();
  for (const [name, members] of Map.groupBy(items, (item) => item.class)) {
    const ranks = [...new Set(members.flatMap(({ rank }) => (rank === undefined ? [] : [rank])))].sort((a, b) => a - b);
    const hasMarkedTrain = members.some(({ rank, split }) => rank === undefined && split === "train");
    if (ranks.length > 0) limits.set(name, ranks[countValid(ranks, validFraction, hasMarkedTrain)] ?? 1);
  }
  return ({ class: name, rank, split }) => {
    if (rank === undefined) return split;
    return rank < (limits.get(name) ?? 0) ? "valid" : "train";
  };
}
