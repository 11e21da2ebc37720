// How much a mistake counts, by class: for data in which one class is rare.
import type { Recipe } from "@ursa/contracts/recipe";

export type ClassWeightsOption = Recipe["classWeights"];

/**
 * One weight per class. `balanced` is n / (classes x pictures of the class), so that every class weighs the same in sum; a class
 * that is not named weighs 1. `labels` are those of the training pictures.
 */
export function classWeightsOf(
  option: ClassWeightsOption,
  { classes, labels }: { classes: readonly string[]; labels: readonly number[] },
): number[] {
  if (option === "none") return classes.map(() => 1);
  if (option !== "balanced") return classes.map((name) => option[name] ?? 1);
  return countLabels(labels, classes.length).map((count) => labels.length / (classes.length * Math.max(1, count)));
}

/** How many pictures each class has. */
export function countLabels(labels: readonly number[], classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
