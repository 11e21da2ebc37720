// What is measured on a set of pictures: loss, errors, and how sure one can be of an error rate seen on so few.

export type Evaluation = {
  loss: number;
  /** Standard error of the loss, a mean over pictures; of a single picture NaN. */
  lossError: number;
  wrong: number;
  /** By the true class. */
  wrongByClass: number[];
  count: number;
};

/** Natural log-probabilities of one row of logits, safe from overflow. */
export function logSoftmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const logSum = Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
  return values.map((value) => value - largest - logSum);
}

/** Mean softmax cross-entropy (natural log) and the mistakes of `logits` [count, classes] against `labels`. */
export function evaluateLogits(logits: Float32Array, labels: readonly number[]): Evaluation {
  const count = labels.length;
  const classes = logits.length / count;
  const losses: number[] = [];
  const wrongByClass = Array.from({ length: classes }, () => 0);
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    losses.push(-(logSoftmax(row)[label] ?? Number.NaN));
    if (indexOfLargest(row) !== label) wrongByClass[label] = (wrongByClass[label] ?? 0) + 1;
  }
  const loss = sumOf(losses) / count;
  const variance = sumOf(losses.map((each) => (each - loss) ** 2)) / (count - 1);
  return { loss, lossError: Math.sqrt(variance / count), wrong: sumOf(wrongByClass), wrongByClass, count };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

export function indexOfLargest(values: ArrayLike<number>): number {
  const list = Array.from(values);
  return list.indexOf(Math.max(...list));
}

/** 95 % confidence interval of a proportion, by Wilson's score (E. B. Wilson, 1927). */
export function wilsonInterval(successes: number, count: number): { low: number; high: number } {
  // The 97.5th percentile of the standard normal distribution.
  const z = 1.959963984540054;
  const p = successes / count;
  const centre = p + (z * z) / (2 * count);
  const spread = z * Math.sqrt((p * (1 - p)) / count + (z * z) / (4 * count * count));
  const scale = 1 + (z * z) / count;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}
