// What chance explains: how wrong a guess is, and how far apart two measurements must be to differ by more than luck.
import { wilsonInterval } from "../metrics.ts";
import type { Evidence, JudgedRow } from "./evidence.ts";

/** Standard errors beyond which a difference is taken for one: 1 in 20 by chance alone. */
export const BEYOND_CHANCE = 2;

/** The least that an answer costs that is the same for every picture: the entropy of the classes, in nats, and its error rate. */
export function guessOf({ classes, pictures }: Pick<Evidence, "classes" | "pictures">): {
  loss: number;
  error: number;
} {
  const counts = pictures?.valid ?? classes.map(() => 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shares = counts.map((count) => count / total).filter((share) => share > 0);
  return {
    loss: -shares.reduce((sum, share) => sum + share * Math.log(share), 0),
    error: 1 - Math.max(...shares),
  };
}

/**
 * What part of a guess's loss is gone: McFadden's pseudo R squared, 1 - loss / loss of a guess. 1 is perfect and 0 no better
 * than a guess. Source: D. McFadden, "Conditional logit analysis of qualitative choice behavior", 1974.
 */
export const pseudoR2 = (loss: number | null, guess: number): number => (loss === null ? -Infinity : 1 - loss / guess);

/**
 * Below this a loss is near chance. McFadden calls 0.2 to 0.4 an excellent fit of a choice model ("Quantitative methods for
 * analysing travel behaviour", 1977); a classifier of pictures that learned anything is far above, and one with less has,
 * after all its steps, still four fifths of the way before it.
 */
const NEAR_CHANCE = 0.2;
export const isNearChance = (loss: number | null, guess: number): boolean => pseudoR2(loss, guess) < NEAR_CHANCE;

/**
 * Standard error of an error rate, by two mistakes and two right answers more than were seen: without them the error of none
 * wrong would be known exactly. Source: A. Agresti, B. A. Coull, "Approximate is better than exact", 1998.
 */
export function rateError(wrong: number, count: number): number {
  const rate = (wrong + 2) / (count + 4);
  return Math.sqrt((rate * (1 - rate)) / (count + 4));
}

/**
 * Whether one set of pictures was answered worse by more than chance: two standard errors of the better rate, and at least four
 * mistakes more. On the same pictures McNemar's statistic is (b - c) / sqrt(b + c), of b that became wrong and c that became
 * right; for a difference d it is at most sqrt(d), so three more mistakes can never be two standard errors. Source: Q. McNemar, 1947.
 */
export function isWorse(later: JudgedRow, better: JudgedRow): boolean {
  const more = later.wrong - better.wrong;
  const { wrong, validCount } = better;
  return more >= BEYOND_CHANCE ** 2 && more / validCount >= BEYOND_CHANCE * rateError(wrong, validCount);
}

/**
 * Standard error of a valid loss. Where it was not measured: as if all of the loss were that of the pictures that were wrong,
 * alike, and their number a Poisson count of k, so that its relative error is 1 / sqrt(k). The losses of the other pictures
 * spread less, so this is rather too much than too little.
 */
export const lossError = ({ validLoss, validLossError, wrong }: JudgedRow): number =>
  validLossError ?? (validLoss ?? Infinity) / Math.sqrt(Math.max(1, wrong));

/** The error rate is below that of a guess, beyond chance: the upper end of Wilson's 95 % interval is. */
export const beatsGuess = ({ wrong, validCount }: JudgedRow, guess: { error: number }): boolean =>
  wilsonInterval(wrong, validCount).high < guess.error;

/**
 * The most that answers cost on average, in nats, which are wrong as often as that and as sure as they may be: h(e) + e ln(classes - 1),
 * of the binary entropy h. What costs more is surer of its mistakes than it can be right to be. `e` is taken as large as it may be but
 * for chance. Source: R. M. Fano, "Transmission of information", 1961.
 */
export function mostHonestLoss(wrong: number, count: number, classes: number): number {
  // Above the error of a guess the bound falls again.
  const error = Math.min(wilsonInterval(wrong, count).high, 1 - 1 / classes);
  return -error * Math.log(error) - (1 - error) * Math.log(1 - error) + error * Math.log(classes - 1);
}
