// Whether training still makes sense.
import type { EpochRow } from "@ursa/contracts/model";

export type Losses = Pick<EpochRow, "trainLoss" | "trainLossEval" | "validLoss">;

/** In losses of a guess, ln(classes). A fresh head begins below the first; above the second is no bad start any more. */
const [BAD_START, BURST] = [2, 4];

/**
 * A loss is not a number, or it burst, during the epoch or for good. The low rates at the end of a cycle may mend a burst in its
 * middle, but they leave weights so large that the network is always sure. What is measured after the epoch does not count alone:
 * running statistics lag behind in the first steps.
 */
export function isDiverged({ trainLoss, trainLossEval, validLoss }: Losses, classes: number): boolean {
  if (trainLoss === null || trainLossEval === null || validLoss === null) return true;
  const guess = Math.log(classes);
  return trainLoss > BAD_START * guess && Math.max(trainLoss, trainLossEval) > BURST * guess;
}
