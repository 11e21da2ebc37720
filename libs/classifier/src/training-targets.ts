// What the training loss compares the network with. Validation always compares with the plain label.

export type TargetOptions = {
  /** 0 to below 1: this part of each target is spread evenly over all classes. */
  labelSmoothing: number;
  /** One per class. */
  classWeights: readonly number[];
};

/**
 * Targets [pictures, classes] whose plain cross-entropy, meant over the pictures, is PyTorch's
 * `CrossEntropyLoss(weight, label_smoothing)`: w_c ((1 - e) [c = label] + e / classes), times pictures / sum of w_label.
 */
export function trainingTargets(labels: readonly number[], options: TargetOptions): Float32Array {
  const { labelSmoothing, classWeights } = options;
  const classes = classWeights.length;
  const weightOf = (index: number) => classWeights[index] ?? 1;
  const scale = labels.length / labels.reduce((sum, label) => sum + weightOf(label), 0);
  const targets = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) {
    const spread = classWeights.map((weight) => (scale * weight * labelSmoothing) / classes);
    targets.set(spread, row * classes);
    targets[row * classes + label] = (spread[label] ?? 0) + scale * weightOf(label) * (1 - labelSmoothing);
  }
  return targets;
}
