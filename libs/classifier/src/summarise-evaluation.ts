// What a set of answered pictures says about a model: one pass over any number of them, in memory that depends on classes only.
import type { EvaluatedItem, EvaluationSummary, Measured } from "@ursa/contracts/evaluation";
import { createReliability } from "./calibration.ts";
import { wilsonInterval } from "./metrics.ts";

/** As many as a person looks through. */
const MOST_LISTED = 100;
/** Of a listed picture: whom else it was taken for. */
const BEST_ANSWERS = 5;
/** The smallest normal float32: a probability that was rounded to zero costs this much and not infinity, which JSON lacks. */
export const LEAST_PROBABILITY = 2 ** -126;

/** Plain softmax cross-entropy of one picture, in nats, from the probability of its true class. */
export const lossOf = (probability: number): number => -Math.log(Math.max(probability, LEAST_PROBABILITY));

export interface EvaluationTally {
  add(item: EvaluatedItem): void;
  /** Undefined when no picture was answered. */
  result(): Measured | undefined;
}

/** @param classes the model's; an answered item of another class is a RangeError */
export function createTally(classes: readonly string[]): EvaluationTally {
  const indexOf = new Map(classes.map((name, index) => [name, index]));
  const confusion = classes.map(() => classes.map(() => 0));
  const unread: EvaluationSummary["unread"] = {};
  const unreadItems: EvaluatedItem[] = [];
  const topLosses: EvaluatedItem[] = [];
  const reliability = createReliability();
  let [count, loss] = [0, 0];
  return {
    add(item) {
      if (item.outcome !== "ok") {
        unread[item.outcome] = (unread[item.outcome] ?? 0) + 1;
        if (unreadItems.length < MOST_LISTED) unreadItems.push(item);
        return;
      }
      const [row, column] = [indexOf.get(item.class), indexOf.get(item.predicted ?? "")];
      const cells = confusion[row ?? -1];
      if (!cells || column === undefined)
        throw new RangeError(`Item ${item.key} is ${item.class}, taken for ${item.predicted}: not two of ${classes}.`);
      cells[column] = (cells[column] ?? 0) + 1;
      count += 1;
      loss += item.loss ?? 0;
      if (item.confidence !== undefined) reliability.add(item.confidence, row === column);
      keepHighest(topLosses, item);
    },
    result() {
      if (count === 0) return undefined;
      const wrong = count - confusion.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
      const { low, high } = wilsonInterval(wrong, count);
      return {
        ...{
          count,
          wrong,
          errorRate: wrong / count,
          errorRateLow: low,
          errorRateHigh: high,
          loss: loss / count,
          unread,
        },
        ...{ confusion, mostConfused: mostConfused(classes, confusion), perClass: perClass(classes, confusion) },
        ...reliability.result(),
        ...{ topLosses: topLosses.map(shortened), unreadItems },
      };
    },
  };
}

/** Equal losses stay in the order they came. */
function keepHighest(kept: EvaluatedItem[], item: EvaluatedItem): void {
  const loss = item.loss ?? 0;
  const at = kept.findIndex((other) => (other.loss ?? 0) < loss);
  if (at === -1) kept.push(item);
  else kept.splice(at, 0, item);
  if (kept.length > MOST_LISTED) kept.pop();
}

const shortened = ({ predictions, ...item }: EvaluatedItem): EvaluatedItem =>
  predictions ? { ...item, predictions: predictions.slice(0, BEST_ANSWERS) } : item;

/** fastai's `most_confused(min_val=1)`; pairs of equal count are in the order of the classes. */
function mostConfused(classes: readonly string[], confusion: readonly number[][]): Measured["mostConfused"] {
  const pairs = classes.flatMap((actual, row) =>
    classes.map((predicted, column) => ({ actual, predicted, count: confusion[row]?.[column] ?? 0 })),
  );
  return pairs
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count);
}

function perClass(classes: readonly string[], confusion: readonly number[][]): Measured["perClass"] {
  return classes.map((name, index) => {
    const count = (confusion[index] ?? []).reduce((sum, cell) => sum + cell, 0);
    const predicted = confusion.reduce((sum, row) => sum + (row[index] ?? 0), 0);
    const right = confusion[index]?.[index] ?? 0;
    return {
      ...{ class: name, count, predicted },
      ...(predicted > 0 ? { precision: right / predicted } : {}),
      ...(count > 0 ? { recall: right / count } : {}),
      ...(count > 0 && predicted > 0 ? { f1: (2 * right) / (count + predicted) } : {}),
    };
  });
}
