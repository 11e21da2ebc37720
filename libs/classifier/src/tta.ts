// Answers from several views of each picture: fastai 1.0's test-time augmentation, `beta * plain + (1 - beta) * mean(augmented)`,
// over probabilities.
import type { Classifier } from "./predict.ts";

/** fastai's `beta`: the plain view's part. */
const BETA = 0.4;

/**
 * @param pictures of each its views, the plain one first; with that one alone its answer is the plain one, untouched
 * @returns probabilities by class, one row per picture
 */
export async function predictPictures(
  classifier: Pick<Classifier, "predict">,
  pictures: readonly (readonly Uint8Array[])[],
): Promise<Float32Array[]> {
  const answers = await classifier.predict(pictures.flat());
  return pictures.map((views) => blend(answers.splice(0, views.length)));
}

/** @throws RangeError when there is no plain answer */
export function blend([plain, ...augmented]: readonly Float32Array[]): Float32Array {
  if (!plain) throw new RangeError("A picture needs at least its plain view.");
  if (augmented.length === 0) return plain;
  return plain.map((probability, index) => {
    const mean = augmented.reduce((sum, row) => sum + (row[index] ?? 0), 0) / augmented.length;
    return BETA * probability + (1 - BETA) * mean;
  });
}
