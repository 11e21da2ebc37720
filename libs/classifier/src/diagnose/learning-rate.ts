// The learning rate: too high, and everything bursts; too low, and nothing happens.
import { isDiverged } from "../divergence.ts";
import { guessOf, isNearChance, mostHonestLoss } from "./chance.ts";
import { type Advice, changeOf, type Judged, moreEpochs } from "./changes.ts";
import { type Evidence, type JudgedRow, lastRow, trainLossOf } from "./evidence.ts";
import { nats, percent, rate, times } from "./words.ts";

/** In losses of a guess; the bound of divergence.ts. A head that was never trained stays below two. */
const FAR_ABOVE = 4;
/** How far apart valley and steepest of one sound curve lie: half a decade. A rate within it may well be meant. */
const WELL_ABOVE = 3;
const STEP = 10;

/**
 * It diverged; or what it learned is worth less than a guess on either side of the split; or, at a rate well above what is suggested, its weights
 * are so large that it is surer of its mistakes on the very pictures it trained on than it can be right to be. Then few may be wrong, and it is luck which.
 */
export function learningRateTooHigh(evidence: Evidence): Judged | undefined {
  const { rows, rates, classes, stage } = evidence;
  const guess = guessOf(evidence).loss;
  const burst = rows.find((row) => isDiverged(lossesOf(row), classes.length));
  const row = burst ?? lastRow(evidence);
  const isFarAbove = (row.validLoss ?? Infinity) > FAR_ABOVE * guess && (trainLossOf(row) ?? Infinity) > guess;
  const honest = overconfidence(evidence, row);
  if (!burst && !isFarAbove && honest === undefined) return undefined;
  const errorRate = row.wrong / row.validCount;
  const more =
    honest === undefined
      ? ""
      : `; of ${row.trainCount} training pictures ${row.trainWrong} were wrong, which should cost ${nats(honest)} at most`;
  return {
    ...{ code: "learning_rate_too_high", stage, sure: burst ? "certain" : "likely", change: lowered(evidence) },
    saw: `At a learning rate of ${rate(rates.upper)} the train loss was ${nats(worstTrainLoss(row))} and the valid loss ${nats(row.validLoss)}, where a guess costs ${nats(guess)}; ${percent(errorRate)} of the validation pictures were wrong${more}.`,
    evidence: {
      ...{ trainLoss: row.trainLoss, trainLossEval: trainLossOf(row), validLoss: row.validLoss, guessLoss: guess },
      ...{ learningRate: rates.upper, errorRate, ...(honest === undefined ? {} : { highestHonestLoss: honest }) },
      ...normOf(row),
      ...suggested(evidence),
    },
  };
}

/** The train loss that its mistakes allow, where it is above that and the rate is well above what is suggested. */
function overconfidence(evidence: Evidence, row: JudgedRow): number | undefined {
  const { trainWrong, trainCount } = row;
  const loss = trainLossOf(row);
  const isHigh = evidence.rates.upper >= WELL_ABOVE * betterRate(evidence);
  if (trainWrong === undefined || trainCount === undefined || loss === null || !isHigh) return undefined;
  const honest = mostHonestLoss(trainWrong, trainCount, evidence.classes.length);
  return loss > honest ? honest : undefined;
}

/** What the finder suggests, the more careful of the two, or without one what is usual. */
const betterRate = ({ suggestions, usualRate }: Evidence): number =>
  suggestions ? Math.min(suggestions.valley, suggestions.steepest) : usualRate;

/**
 * It ends near chance, on the training pictures too, and the rate is well below what the finder suggests, or without one what is usual.
 * More epochs would do as well, but many: a step of Adam moves a weight by about the rate (D. P. Kingma, J. Ba, 2014, section 2.1), so that a
 * tenfold rate goes as far as ten times the epochs.
 */
export function learningRateTooLow(evidence: Evidence): Judged | undefined {
  const { rows, rates, usualRate, suggestions, isComplete } = evidence;
  const guess = guessOf(evidence).loss;
  const row = lastRow(evidence);
  const better = betterRate(evidence);
  const isLow = rates.upper * WELL_ABOVE <= better;
  if (!isComplete || !isLow || !isNearChance(trainLossOf(row), guess) || !isNearChance(row.validLoss, guess))
    return undefined;
  const first = rows[0] ?? row;
  const source = suggestions ? "the learning-rate finder suggests" : "it is usually";
  const saw = `After ${times(rows.length, "epoch")} at ${rate(rates.upper)} the losses are still near chance, ${nats(guess)}: train ${nats(trainLossOf(first))} to ${nats(trainLossOf(row))}, valid ${nats(first.validLoss)} to ${nats(row.validLoss)}; ${source} ${rate(better)}.`;
  return {
    ...{ code: "learning_rate_too_low", stage: evidence.stage, saw },
    sure: suggestions || rows.length > 1 ? "likely" : "possible",
    change: raised(evidence),
    evidence: {
      ...{
        firstTrainLoss: trainLossOf(first),
        trainLoss: trainLossOf(row),
        validLoss: row.validLoss,
        guessLoss: guess,
      },
      ...{ errorRate: row.wrong / row.validCount, epochs: rows.length, learningRate: rates.upper, usualRate },
      ...suggested(evidence),
    },
  };
}

/** A tenth of it; or back to a rate that is known to train, and longer. */
function lowered(evidence: Evidence): Advice {
  const { rates, suggestions, others } = evidence;
  const sound = others.filter((run) => !run.isDiverged && run.rate < rates.upper);
  const known = sound.toSorted((a, b) => b.rate - a.rate)[0];
  if (known) {
    const epochs = moreEpochs(known.epochs);
    return {
      recipe: changeOf(evidence, { rate: known.rate, epochs }),
      says: `Go back to ${rate(known.rate)}, at which a run did not burst, and train for ${epochs} epochs.`,
    };
  }
  const tenth = rates.upper / STEP;
  const wanted = Math.min(tenth, suggestions?.valley ?? tenth);
  const why = wanted < tenth ? ", which the learning-rate finder suggests" : "";
  return {
    recipe: changeOf(evidence, { rate: wanted }),
    says: `Start again at a learning rate of ${rate(wanted)}${why}.`,
  };
}

/** Ten times the rate, unless a run at no more than that burst: then more epochs. */
function raised(evidence: Evidence): Advice {
  const { rates, others } = evidence;
  const wanted = STEP * rates.upper;
  const burst = others.find((run) => run.isDiverged && run.rate > rates.upper && run.rate <= wanted);
  if (burst) {
    const epochs = moreEpochs(evidence.epochs);
    const says = `Stay at this rate and train for ${epochs} epochs: a run at ${rate(burst.rate)} burst.`;
    return { recipe: changeOf(evidence, { epochs }), says };
  }
  const says = `Train at ten times the rate, ${rate(wanted)}; where that is still near chance, at a hundred times.`;
  return { recipe: changeOf(evidence, { rate: wanted }), says };
}

const lossesOf = (row: JudgedRow) => ({ ...row, trainLossEval: trainLossOf(row) });

/** A burst within the epoch counts as much as one that stayed. */
function worstTrainLoss({ trainLoss, trainLossEval = trainLoss }: JudgedRow): number | null {
  return trainLoss === null || trainLossEval === null ? null : Math.max(trainLoss, trainLossEval);
}

/** Told, and not judged by: a step of Adam does not depend on the size of its gradients. */
const normOf = ({ gradientNorm }: JudgedRow) =>
  gradientNorm ? { meanGradientNorm: gradientNorm.mean, largestGradientNorm: gradientNorm.largest } : {};

const suggested = ({ suggestions }: Evidence) =>
  suggestions ? { finderValley: suggestions.valley, finderSteepest: suggestions.steepest } : {};
