// Too few epochs: it learns well, and both losses were still falling when it ended.
import { BEYOND_CHANCE, beatsGuess, guessOf, isNearChance, lossError } from "./chance.ts";
import { changeOf, type Judged, moreEpochs } from "./changes.ts";
import { type Evidence, lastRow, trainLossOf } from "./evidence.ts";
import { nats, percent, times } from "./words.ts";

/** Part of a loss: an epoch that brings less is not worth another one, sure as it may be on many pictures. */
const WORTH_WHILE = 0.1;

/**
 * In the last epoch the train loss and the valid loss fell by a tenth at least, and the valid loss by two of its standard errors.
 * The pictures of two epochs are the same, so that the standard error of the difference is rather smaller than that.
 * Near chance the same says less: what looks like a beginning may be luck.
 */
export function tooFewEpochs(evidence: Evidence): Judged | undefined {
  const { rows, isComplete, epochs, stage } = evidence;
  const row = lastRow(evidence);
  const fall = lastFall(evidence);
  if (!isComplete || !fall || fall.valid.by < BEYOND_CHANCE * lossError(row)) return undefined;
  if (Math.min(fall.train.part, fall.valid.part) < WORTH_WHILE) return undefined;
  const guess = guessOf(evidence);
  const isGood = !isNearChance(row.validLoss, guess.loss) && beatsGuess(row, guess);
  const errorRate = row.wrong / row.validCount;
  const wanted = moreEpochs(epochs);
  const where = rows.length === 1 && !evidence.before ? "from those of a guess" : "in the last one";
  return {
    ...{ code: "too_few_epochs", stage, sure: isGood ? "likely" : "possible" },
    saw: `After ${times(rows.length, "epoch")} ${percent(errorRate)} are wrong, and both losses were still falling, ${where}: train ${nats(fall.train.from)} to ${nats(fall.train.to)}, valid ${nats(fall.valid.from)} to ${nats(fall.valid.to)} (standard error ${nats(lossError(row))}).`,
    evidence: {
      ...{ trainLossBefore: fall.train.from, trainLoss: fall.train.to, validLossBefore: fall.valid.from },
      ...{ validLoss: fall.valid.to, validLossError: lossError(row), errorRate, epochs: rows.length },
    },
    change: { says: `Train for ${wanted} epochs.`, recipe: changeOf(evidence, { epochs: wanted }) },
  };
}

/** Of the last epoch. Before its first a new head is worth no more than a guess; nothing is known of one that goes on. */
function lastFall(evidence: Evidence) {
  const { rows, before, isNewHead } = evidence;
  const earlier = rows.at(-2) ?? before;
  const guess = isNewHead ? guessOf(evidence).loss : null;
  const row = lastRow(evidence);
  const train = fallBetween(earlier ? trainLossOf(earlier) : guess, trainLossOf(row));
  const valid = fallBetween(earlier ? earlier.validLoss : guess, row.validLoss);
  return train && valid && { train, valid };
}

function fallBetween(from: number | null, to: number | null) {
  if (from === null || to === null) return undefined;
  return { from, to, by: from - to, part: (from - to) / from };
}
