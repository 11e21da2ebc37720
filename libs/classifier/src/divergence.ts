// Whether training still makes sense.
import type { EpochRow } from "@ursa/contracts/model";

export type Losses = Pick<EpochRow, "trainLoss" | "trainLossEval" | "validLoss">;

/** In losses of a guess, ln(classes): no bad start any more, a fresh head begins below two. */
const BURST = 4;

/**
 * A loss is not a number, or it burst, during the epoch or for good. The low rates at the end of a cycle may mend a burst in its
 * middle, but they leave weights so large that the network is always sure. An epoch that was better than
 * a guess does not count: running statistics lag behind in the first steps.
 */
export function isDiverged({ trainLoss, trainLossEval, validLoss }: Losses, classes: number): boolean {
  if (trainLoss === null || trainLossEval === null || validLoss === null) return true;
  const guess = Math.log(classes);
  return trainLoss > guess && Math.max(trainLoss, trainLossEval) > BURST * guess;
}
