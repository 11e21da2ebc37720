// When to stop looking: how many of the pictures not yet looked at are likely to need a change.
import type { Edit } from "@ursa/contracts/edits";
import type { Suspect } from "@ursa/contracts/suspect";

/** Pictures of one screen. */
export const SCREEN = 5;
/** Two screens without a change. */
const LAST = 2 * SCREEN;

type Looked = {
  /** In the order in which they were made. */
  decisions: ReadonlyMap<string, Edit>;
  suspects: readonly Suspect[];
  /** How many more of the list there are than `suspects`, which begin it. */
  unseen: number;
};

/**
 * After two screens that were left as they are; undefined before. Of ten of which none needed a change the next one does with a
 * chance of 1 in 12 (Laplace's rule of succession), and the farther down the list, the less, as its benefit is less.
 */
export function estimateLeft({
  decisions,
  suspects,
  unseen,
}: Looked): { looked: number; left: number; expected: number } | undefined {
  const byKey = new Map(suspects.map((suspect) => [suspect.key, suspect]));
  const last = [...decisions.values()].filter(({ key }) => byKey.has(key)).slice(-LAST);
  if (last.length < LAST || last.some(({ action }) => action !== "keep")) return undefined;
  const mean = last.reduce((sum, { key }) => sum + (byKey.get(key)?.benefit ?? 0), 0) / LAST;
  const chanceOf = (benefit: number) => Math.min(1, benefit / mean / (LAST + 2));
  const open = suspects.filter(({ key }) => !decisions.has(key));
  const seen = open.reduce((sum, { benefit }) => sum + chanceOf(benefit), 0);
  const beyond = unseen * chanceOf(suspects.at(-1)?.benefit ?? 0);
  return { looked: LAST, left: open.length + unseen, expected: seen + beyond };
}
