// Turns lists into the plan of a dataset: rows in the order listed, judged as far as the lists alone allow, cut into shards.
import { Problem } from "@ursa/contracts/problem";
import { type ReadRows, type RowsInput, readRows } from "./plan-rows.ts";
import { hasBothSides, type SideCounts } from "./split.ts";

export type DatasetPlan = { classes: string[]; listed: number; shards: number };

/**
 * Writes one plan object per shard. Classes are in code point order, so that the order of the lists does not matter.
 * @throws Problem list_is_html, list_is_empty, too_few_classes, too_few_pictures, payload_too_large, and what parsing throws
 */
export async function planDataset(input: RowsInput): Promise<DatasetPlan> {
  const rows = await readRows(input, { cutsTrain: true });
  const classes = [...rows.sides.keys()].sort();
  if (classes.length < 2) {
    throw new Problem(
      "too_few_classes",
      `A classifier needs at least two classes, but these lists have only ${JSON.stringify(classes)}; add a list for another class.`,
    );
  }
  refuseHopeless(classes, rows);
  return { classes, listed: rows.listed, shards: await rows.write() };
}

/** A class that cannot be trained on even if every download succeeds is refused before the first one. @throws Problem too_few_pictures */
export function refuseHopeless(classes: readonly string[], { sides }: Pick<ReadRows, "sides">): void {
  for (const name of classes) {
    const counts = sides.get(name);
    if (!counts || hasBothSides(counts)) continue;
    throw new Problem(
      "too_few_pictures",
      `Class ${JSON.stringify(name)} has too few URLs that can be used, ${sidesInWords(counts)}: expected one to train on and one to check with; ${remedyFor(counts)}`,
    );
  }
}

const remedyFor = ({ train, valid }: SideCounts) =>
  train + valid === 0 ? "add URLs for it" : "add URLs for the side without one, or unmark some so that Ursa may choose";

const sidesInWords = ({ train, valid, unmarked }: SideCounts) =>
  train + valid === 0 ? `${unmarked} in all` : `${train} for train, ${valid} for valid, ${unmarked} for either`;
