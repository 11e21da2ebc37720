// The end of a phase whose losses grow: no later epoch mends it, and what came before is kept.
import { isDiverged, isFiniteRow } from "@ursa/classifier/divergence";
import type { EpochRow } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";

/** @param learningRate the recipe's. @throws Problem training_diverged */
export function checkDiverged(
  row: EpochRow,
  { learningRate, classes }: { learningRate: number; classes: number },
): void {
  if (!isDiverged(row, classes)) return;
  const guess = Math.log(classes).toFixed(2);
  const grew = `is ${row.trainLossEval.toPrecision(3)}, where a guess costs ${guess},`;
  const what = isFiniteRow(row) ? grew : "is not a number";
  const advice = `the learning rate ${learningRate} is too high, try a tenth of it`;
  throw new Problem("training_diverged", `The loss ${what} after epoch ${row.epoch}: ${advice}.`);
}
