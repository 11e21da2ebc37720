// AdamW (Loshchilov & Hutter, 2019): decay first, by the scheduled rate, then the Adam step, as PyTorch does it.
import { add, div, mul, type Scalar, sqrt, square, sub, type Tensor } from "@tensorflow/tfjs-core";

export const BETA2 = 0.99;
// fastai v2's. With PyTorch's 1e-8, runs on real photographs made the same mistakes at the same loss (to 1e-4), but a step of
// a parameter that hardly has a gradient is then as large as that of any other.
const EPSILON = 1e-5;

/** What changes from step to step: scalars that are inputs of the graph; the corrections are those of `adamCorrections`. */
export type AdamSchedule = { learningRate: Scalar; beta1: Scalar; correction1: Scalar; correction2: Scalar };
/** `weightDecay` 0 turns the decay off. */
export type AdamSettings = AdamSchedule & { weightDecay: number };
export type AdamState = { value: Tensor; mean: Tensor; variance: Tensor };

/** The next value, mean and variance of one parameter. */
export function adamW(state: AdamState, gradient: Tensor, settings: AdamSettings): AdamState {
  const { learningRate, beta1, correction1, correction2, weightDecay } = settings;
  const mean = add(mul(state.mean, beta1), mul(gradient, sub(1, beta1)));
  const variance = add(mul(state.variance, BETA2), mul(square(gradient), 1 - BETA2));
  const decayed = weightDecay === 0 ? state.value : mul(state.value, sub(1, mul(learningRate, weightDecay)));
  // mean / correction1 / (sqrt(variance / correction2) + epsilon), with all that is the same for every number taken out of it.
  const spread = sqrt(correction2);
  const rate = div(mul(learningRate, spread), correction1);
  const step = div(mul(mean, rate), add(sqrt(variance), mul(spread, EPSILON)));
  return { value: sub(decayed, step), mean, variance };
}

/** The corrections for step `step`, counted from 1. With a cycled beta1 fastai and PyTorch use the current value. */
export const adamCorrections = (step: number, beta1: number) => ({
  correction1: 1 - beta1 ** step,
  correction2: 1 - BETA2 ** step,
});
