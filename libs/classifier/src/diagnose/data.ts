// The pictures: too few of them, or too few of one class.
import { wilsonInterval } from "../metrics.ts";
import { isWorse } from "./chance.ts";
import type { Judged } from "./changes.ts";
import { type Evidence, type JudgedRow, lastRow } from "./evidence.ts";
import { bestErrorEpoch } from "./overfitting.ts";
import { percent, times } from "./words.ts";

/** Epochs after the best one from which more training brings no more. */
const PATIENCE = 3;

/**
 * More pictures would help: the error on all of them is lower than on half of them, beyond chance (`learningCurve`); or it is above the one
 * that was asked for, beyond chance, though the rate was good and it was trained until the error got worse. Only for runs in which no other rule finds the training at fault.
 */
export function tooLittleData(evidence: Evidence, isOverfitted: boolean): Judged | undefined {
  const { rows, targetError = 0, learningCurve = [] } = evidence;
  const epoch = bestErrorEpoch(rows);
  const best = rows[epoch - 1] ?? lastRow(evidence);
  const { low } = wilsonInterval(best.wrong, best.validCount);
  if (low <= targetError) return undefined;
  const [half, whole] = learningCurve.slice(-2).map(asRow);
  const isStillLearning = half !== undefined && whole !== undefined && isWorse(half, whole);
  const isTrainedOut = targetError > 0 && (isOverfitted || rows.length - epoch >= PATIENCE);
  if (!isStillLearning && !isTrainedOut) return undefined;
  const bestError = best.wrong / best.validCount;
  const asked = targetError > 0 ? `, above the ${percent(targetError)} that was asked for` : "";
  const stopped = isTrainedOut ? `, and ${times(rows.length - epoch, "more epoch")} did not lower it` : "";
  const curve = isStillLearning
    ? `; on parts of the pictures it was ${learningCurve.map((part) => `${percent(part.wrong / part.validCount)} with ${percent(part.fraction)}`).join(", ")}`
    : "";
  return {
    ...{ code: "too_little_data", sure: isStillLearning || isOverfitted ? "likely" : "possible" },
    saw: `The lowest error was ${percent(bestError)} after ${times(epoch, "epoch")} (at least ${percent(low)} but for chance)${asked}${stopped}${curve}.`,
    evidence: {
      ...{ bestErrorRate: bestError, bestErrorRateLow: low, bestEpoch: epoch, epochs: rows.length },
      ...(targetError > 0 ? { targetError } : {}),
      ...Object.fromEntries(
        learningCurve.map((part) => [`errorRateWith${100 * part.fraction}Percent`, part.wrong / part.validCount]),
      ),
    },
    change: { says: `Add pictures${fewestOf(evidence)}.` },
  };
}

const asRow = (part: { wrong: number; validCount: number }): JudgedRow => ({
  ...part,
  trainLoss: null,
  validLoss: null,
});

function fewestOf({ classes, pictures }: Evidence): string {
  if (!pictures) return "";
  const fewest = Math.min(...pictures.train);
  const names = classes.filter((_, i) => pictures.train[i] === fewest);
  return `, first of ${names.join(", ")}: there ${fewest === 1 ? "is 1" : `are ${fewest}`} to train on`;
}

/** A class with at most half the pictures of the largest is rare. */
const RARE = 2;

/**
 * Of a rare class fewer are told than of all others together, beyond chance: the two 95 % intervals do not touch, which by chance alone
 * happens once in 150 comparisons or so (N. Schenker, J. F. Gentleman, 2001). Counts alone raise no alarm.
 */
export function classImbalance(evidence: Evidence): Judged | undefined {
  const { classes, pictures, isBalanced } = evidence;
  const { wrongByClass, wrong, validCount } = lastRow(evidence);
  if (!pictures || !wrongByClass) return undefined;
  const largest = Math.max(...pictures.train);
  const poor = classes.flatMap((name, i) => {
    const [trained, count, missed] = [pictures.train[i] ?? 0, pictures.valid[i] ?? 0, wrongByClass[i] ?? 0];
    const [of, right, others] = [count, count - missed, validCount - count];
    const otherRight = others - (wrong - missed);
    const isLow = wilsonInterval(right, of).high < wilsonInterval(otherRight, others).low;
    return trained * RARE <= largest && isLow ? [{ name, trained, recall: right / of, rest: otherRight / others }] : [];
  });
  const worst = poor.toSorted((a, b) => a.recall - b.recall)[0];
  if (!worst) return undefined;
  const names = poor.map(({ name }) => name).join(", ");
  return {
    ...{ code: "class_imbalance", sure: "likely" },
    saw: `Of ${worst.name}, of which there are ${worst.trained} to train on and ${largest} of the largest class, ${percent(worst.recall)} are told, and of all others ${percent(worst.rest)}.`,
    evidence: { recall: worst.recall, recallOfOthers: worst.rest, trainPictures: worst.trained, largestClass: largest },
    change: isBalanced
      ? { says: `Add pictures of ${names}: that rare classes count more was not enough.` }
      : {
          says: `Show rare classes as often as the others, or better add pictures of ${names}.`,
          recipe: { oversample: true },
        },
  };
}
