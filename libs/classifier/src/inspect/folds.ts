// Which pictures are judged together: folds keep what looks the same on one side, or a picture would be judged by its own copy.
import { at } from "@ursa/tensor/layout";
import { createRandom, STREAM } from "../random.ts";

/**
 * Stratified folds by group, drawn from `seed`: each class's groups come in random order, the largest first, and go to the fold
 * that has fewest of their class. A group of several classes counts for that of its first picture.
 * @param groups per picture; equal numbers stay together
 * @returns per picture, its fold in [0, folds)
 */
export function assignFolds(
  { labels, groups }: { labels: readonly number[]; groups: readonly number[] },
  { folds, seed }: { folds: number; seed: number },
): Uint8Array {
  const foldOf = new Uint8Array(labels.length);
  const members = [...Map.groupBy(labels.keys(), (index) => at(groups, index)).values()];
  const byClass = Map.groupBy(members, ([first = 0]) => at(labels, first));
  for (const [label, ofClass] of byClass) {
    const filled = new Array<number>(folds).fill(0);
    const random = createRandom(seed, STREAM.folds, label);
    const order = random.permutation(ofClass.length).map((index) => at(ofClass, index));
    const place = (group: readonly number[]) => {
      const fold = filled.indexOf(Math.min(...filled));
      filled[fold] = at(filled, fold) + group.length;
      for (const index of group) foldOf[index] = fold;
    };
    // Equal sizes keep their random order: the sort is stable.
    order.toSorted((a, b) => b.length - a.length).forEach(place);
  }
  return foldOf;
}

/** Pictures that pairs connect, directly or by way of others. @returns per picture, the lowest index of its group */
export function groupsOf(count: number, pairs: readonly { a: number; b: number }[]): number[] {
  const parent = Array.from({ length: count }, (_, i) => i);
  const root = (index: number): number => {
    let i = index;
    while (at(parent, i) !== i) i = at(parent, i);
    return i;
  };
  for (const { a, b } of pairs) {
    const [x, y] = [root(a), root(b)];
    parent[Math.max(x, y)] = Math.min(x, y);
  }
  return parent.map((_, index) => root(index));
}
