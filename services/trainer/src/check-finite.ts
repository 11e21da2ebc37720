// Whether training still makes sense: a loss that is not a number never becomes one again.
import type { EpochRow } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";

/** @param learningRate the recipe's. @throws Problem training_diverged */
export function checkFinite({ epoch, trainLoss, trainLossEval, validLoss }: EpochRow, learningRate: number): void {
  if ([trainLoss, trainLossEval, validLoss].every(Number.isFinite)) return;
  const advice = `the learning rate ${learningRate} is too high, try a tenth of it`;
  throw new Problem("training_diverged", `The loss is not a number after epoch ${epoch}: ${advice}.`);
}
