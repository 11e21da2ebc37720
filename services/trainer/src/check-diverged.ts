// The end of a phase whose losses grow: no later epoch mends it, and what came before is kept.
import { isDiverged } from "@ursa/classifier/divergence";
import type { EpochRow } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";

/** @param learningRate the recipe's. @throws Problem training_diverged */
export function checkDiverged(
  row: EpochRow,
  { learningRate, classes }: { learningRate: number; classes: number },
): void {
  if (!isDiverged(row, classes)) return;
  const { epoch, trainLoss, trainLossEval, validLoss } = row;
  const isNumber = trainLoss !== null && trainLossEval !== null && validLoss !== null;
  const guess = Math.log(classes).toFixed(2);
  const what = isNumber
    ? `was ${Math.max(trainLoss, trainLossEval).toPrecision(3)}, where a guess costs ${guess}`
    : "is not a number";
  const advice = `the learning rate ${learningRate} is too high, try a tenth of it`;
  throw new Problem("training_diverged", `The loss of ${row.stage} epoch ${epoch} ${what}: ${advice}.`);
}
