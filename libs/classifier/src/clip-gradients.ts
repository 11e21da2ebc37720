// Gradient clipping by the norm of all gradients together: a batch of odd pictures cannot throw the weights far away.
import { add, div, minimum, mul, sqrt, square, sum, type Tensor } from "@tensorflow/tfjs-core";

// PyTorch's, against a division by zero.
const EPSILON = 1e-6;

/**
 * All gradients times min(1, largest / (norm + 1e-6)), without a largest norm as they are; and their norm before that. Source: PyTorch,
 * `clip_grad_norm_`.
 */
export function clipGradients(
  gradients: readonly Tensor[],
  largest: number | undefined,
): { clipped: Tensor[]; norm: Tensor } {
  const squares = gradients.map((gradient) => sum(square(gradient)));
  const norm = sqrt(squares.reduce((total, part) => add(total, part)));
  if (largest === undefined) return { clipped: [...gradients], norm };
  const factor = minimum(div(largest, add(norm, EPSILON)), 1);
  return { clipped: gradients.map((gradient) => mul(gradient, factor)), norm };
}
