// Whether training still makes sense.
import type { EpochRow } from "@ursa/contracts/model";

export type Losses = Pick<EpochRow, "trainLoss" | "trainLossEval" | "validLoss">;

/** A loss this many times that of a guess, ln(classes), is no bad start any more. */
const GUESSES = 4;

/** A loss that is not a number never becomes one again, and JSON cannot hold it. */
export const isFiniteRow = ({ trainLoss, trainLossEval, validLoss }: Losses): boolean =>
  [trainLoss, trainLossEval, validLoss].every(Number.isFinite);

/**
 * Not a number, or on the pictures it was just trained on the loss is above 4 ln(classes), both during the epoch and after it:
 * one burst that an epoch mends, and running statistics that lag behind in the first steps, are not divergence.
 */
export function isDiverged(row: Losses, classes: number): boolean {
  const limit = GUESSES * Math.log(classes);
  return !isFiniteRow(row) || (row.trainLoss > limit && row.trainLossEval > limit);
}
