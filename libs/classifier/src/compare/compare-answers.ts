// Two models by what they say of the same pictures: each measured on them, the difference, and whether it is more than luck.
import type {
  ChangedPicture,
  Compared,
  ComparedAnswer,
  ComparisonResult,
  SharedPicture,
} from "@ursa/contracts/comparison";
import type { EvaluatedItem, Measured } from "@ursa/contracts/evaluation";
import { createTally, lossOf } from "../summarise-evaluation.ts";
import { mcnemarPValue } from "./mcnemar.ts";
import { verdictOf } from "./verdict.ts";

/** As many as a person looks through. */
const MOST_LISTED = 100;

type Measures = Omit<Compared, "model" | "stage" | "evaluation" | "dataset">;
type Differences = Pick<
  ComparisonResult,
  "shared" | "relabelled" | "confusionChange" | "mended" | "broken" | "otherwiseWrong" | "pValue" | "verdict" | "says"
>;
export type ComparedAnswers = Differences & { before: Measures; after: Measures };

type Judged = Pick<SharedPicture, "key" | "class" | "url"> & { before: ComparedAnswer; after: ComparedAnswer };

/**
 * @param pictures that both answered, at least one, with the class that counts
 * @param classes all that are a picture's class or an answer @throws RangeError for another class
 */
export function compareAnswers(
  pictures: readonly SharedPicture[],
  { classes, split }: Pick<ComparisonResult, "classes" | "split">,
): ComparedAnswers {
  const judged = pictures.map(
    (picture): Judged => ({
      ...{ key: picture.key, class: picture.class, url: picture.url },
      ...{ before: answerOf(picture.before, picture.class), after: answerOf(picture.after, picture.class) },
    }),
  );
  const [before, after] = [measure(pictures, "before", classes), measure(pictures, "after", classes)];
  const changed = judged.filter((one) => one.before.predicted !== one.after.predicted);
  const mended = changed.filter((one) => one.after.predicted === one.class);
  const broken = changed.filter((one) => one.before.predicted === one.class);
  const pValue = mcnemarPValue(mended.length, broken.length);
  const counts = { shared: pictures.length, mended: mended.length, broken: broken.length };
  return {
    ...{ before, after, shared: pictures.length, pValue },
    relabelled: pictures.filter((one) => one.before.class !== one.after.class).length,
    confusionChange: after.confusion.map((row, r) => row.map((cell, c) => cell - (before.confusion[r]?.[c] ?? 0))),
    ...{ mended: listed(mended), broken: listed(broken) },
    otherwiseWrong: listed(changed.filter((one) => !mended.includes(one) && !broken.includes(one))),
    ...verdictOf({ ...counts, wrongAfter: after.wrong, pValue, split }),
  };
}

/** By the class that counts, which may be another than the one it was evaluated by. */
function answerOf(
  { predicted = "", confidence, predictions = [], ...item }: EvaluatedItem,
  name: string,
): ComparedAnswer {
  const own = item.class === name ? item.probability : predictions.find(([other]) => other === name)?.[1];
  const probability = own ?? 0;
  return { predicted, ...(confidence === undefined ? {} : { confidence }), probability, loss: lossOf(probability) };
}

function measure(pictures: readonly SharedPicture[], side: "before" | "after", classes: readonly string[]): Measures {
  const tally = createTally(classes);
  for (const picture of pictures)
    tally.add({ ...picture[side], class: picture.class, ...answerOf(picture[side], picture.class) });
  const measured = tally.result();
  if (!measured) throw new RangeError("There is no picture that both models answered.");
  return picked(measured);
}

const picked = ({ count, wrong, errorRate, errorRateLow, errorRateHigh, loss, ...rest }: Measured): Measures => ({
  ...{ count, wrong, errorRate, errorRateLow, errorRateHigh, loss },
  ...{ confusion: rest.confusion, mostConfused: rest.mostConfused, perClass: rest.perClass },
});

const listed = (pictures: readonly Judged[]): { count: number; items: ChangedPicture[] } => ({
  count: pictures.length,
  items: pictures.toSorted((a, b) => changeOf(b) - changeOf(a)).slice(0, MOST_LISTED),
});
const changeOf = ({ before, after }: Judged) => Math.abs(after.loss - before.loss);
