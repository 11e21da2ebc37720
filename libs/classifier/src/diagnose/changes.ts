// The one change to try, as fields of the recipe.
import type { Change, Finding, RecipeChange } from "@ursa/contracts/diagnosis";
import type { Evidence } from "./evidence.ts";

/** A change in words and, where a run can start at once, in fields. */
export type Advice = Pick<Change, "says" | "recipe">;
/** What a rule says; diagnose.ts adds how to start the run. */
export type Judged = Omit<Finding, "change"> & { change: Advice };

/** The limits of the recipe's schema. */
const [MOST_EPOCHS, HIGHEST_RATE] = [1000, 10];
/** The lesson's. */
const USUAL_EPOCHS = 4;

/** The stage with another rate of the head, or other epochs. The lowest layers stay as far below the head as they were. */
export function changeOf(
  { stage, rates }: Pick<Evidence, "stage" | "rates">,
  wanted: { rate?: number; epochs?: number },
): RecipeChange {
  const epochs = wanted.epochs === undefined ? {} : { epochs: Math.min(wanted.epochs, MOST_EPOCHS) };
  const upper = wanted.rate === undefined ? undefined : tidy(Math.min(wanted.rate, HIGHEST_RATE));
  if (upper === undefined) return stage === "stage-1" ? { stage1: epochs } : { stage2: epochs };
  if (stage === "stage-1") return { stage1: { ...epochs, learningRate: upper } };
  const lower = rates.lower === undefined ? {} : { lower: tidy((rates.lower * upper) / rates.upper) };
  return { stage2: { ...epochs, rates: { ...lower, upper } } };
}

/** Twice as many, and not fewer than the lesson's four. */
export const moreEpochs = (epochs: number): number => Math.min(MOST_EPOCHS, Math.max(USUAL_EPOCHS, 2 * epochs));

/** Without the last bits of a division, which nobody means. */
const tidy = (value: number): number => Number(value.toPrecision(3));
