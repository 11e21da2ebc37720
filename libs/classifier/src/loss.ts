// Softmax cross-entropy with a weight per picture: rows that only fill up a batch weigh 0.
import { div, logSoftmax, mul, neg, type Scalar, sum, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";

/** `-sum(w_i t_ic log p_ic) / sum(w_i)`, natural log. `labels` [batch, classes]: one-hot, or what `trainingTargets` makes of them. */
export function crossEntropy(logits: Tensor2D, labels: Tensor2D, weights: Tensor1D): Scalar {
  const perPicture = neg(sum(mul(labels, logSoftmax(logits)), 1));
  return div(sum(mul(perPicture, weights)), sum(weights));
}
