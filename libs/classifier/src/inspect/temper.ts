// Logits to probabilities that mean what they say: one factor, fitted to labels that the logits were made without.

/** Searched on a log scale, far beyond what a fit leaves open. */
const [LOWEST, HIGHEST] = [Math.log(0.05), Math.log(50)];
const STEPS = 40;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Softmax of the logits times the factor of lowest mean cross-entropy (temperature scaling, Guo et al. 2017; the entropy is
 * convex in the factor, so golden-section search finds it).
 * @param logits [labels.length, classes] @returns the same shape
 */
export function temperedProbabilities(logits: Float32Array, labels: readonly number[]): Float32Array {
  const classes = logits.length / labels.length;
  const lossAt = (logFactor: number) => {
    const probabilities = softmaxRows(logits, classes, Math.exp(logFactor));
    return labels.reduce((sum, label, row) => sum - Math.log(probabilities[row * classes + label] || 1e-38), 0);
  };
  let [low, high] = [LOWEST, HIGHEST];
  for (let step = 0; step < STEPS; step++) {
    const width = GOLDEN * (high - low);
    if (lossAt(high - width) < lossAt(low + width)) high = low + width;
    else low = high - width;
  }
  return softmaxRows(logits, classes, Math.exp((low + high) / 2));
}

function softmaxRows(logits: Float32Array, classes: number, factor: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const highest = Math.max(...row);
    const weights = row.map((logit) => Math.exp(factor * (logit - highest)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    for (const [i, weight] of weights.entries()) probabilities[start + i] = weight / sum;
  }
  return probabilities;
}
