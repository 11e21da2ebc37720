// Overfitting: not a train loss below the valid loss, nor a valid loss that rises, but an error rate that got worse.
import { isWorse, rateError } from "./chance.ts";
import { changeOf, type Judged } from "./changes.ts";
import { type Evidence, type JudgedRow, lastRow, trainLossOf } from "./evidence.ts";
import { nats, percent, times } from "./words.ts";

/** One epoch may be worse by luck; the last three are not each, and the end is what the model is. */
const EPOCHS = 3;

/** The number of the epoch with the fewest mistakes, from 1; the first of equals. */
export function bestErrorEpoch(rows: readonly JudgedRow[]): number {
  const errors = rows.map(({ wrong, validCount }) => wrong / validCount);
  return errors.indexOf(Math.min(...errors)) + 1;
}

/** In each of the last three epochs more is wrong than in the best one before them, by more than chance. */
export function overfitting(evidence: Evidence): Judged | undefined {
  const { rows, stage } = evidence;
  const last = rows.slice(-EPOCHS);
  const epoch = bestErrorEpoch(rows.slice(0, -EPOCHS));
  const best = rows[epoch - 1];
  if (!best || !last.every((row) => isWorse(row, best))) return undefined;
  const row = lastRow(evidence);
  const [before, after] = [best.wrong / best.validCount, row.wrong / row.validCount];
  const error = rateError(best.wrong, best.validCount);
  return {
    ...{ code: "overfitting", stage, sure: "likely" },
    saw: `The error rate was best after ${times(epoch, "epoch")}, ${percent(before)}, and got worse: ${last.map((each) => percent(each.wrong / each.validCount)).join(", ")} in the last three of ${rows.length} (standard error ${percent(error)}), while the train loss went from ${nats(trainLossOf(best))} to ${nats(trainLossOf(row))}.`,
    evidence: {
      ...{ bestEpoch: epoch, bestErrorRate: before, errorRate: after, errorRateError: error, epochs: rows.length },
      ...{ trainLossAtBest: trainLossOf(best), trainLoss: trainLossOf(row) },
      ...{ validLossAtBest: best.validLoss, validLoss: row.validLoss },
    },
    change: {
      says: `Train for ${times(epoch, "epoch")}: what came after made it worse.`,
      recipe: changeOf(evidence, { epochs: epoch }),
    },
  };
}
