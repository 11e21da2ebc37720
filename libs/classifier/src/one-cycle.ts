// The one-cycle schedule of fastai (fit_one_cycle): learning rate up then down, momentum the other way, along cosines.

/** The learning rate starts at the maximum / 25 and ends at the maximum / 100,000 (fastai 2's div and div_final). */
const START_DIVISOR = 25;
const END_DIVISOR = 1e5;
const WARM_UP_FRACTION = 0.3;
const MOMENTUM_HIGH = 0.95;
const MOMENTUM_LOW = 0.85;

export type OneCyclePoint = { learningRate: number; momentum: number };

/**
 * The point of the cycle that step `step` (0-based) of `totalSteps` uses. Source: fastai 1.0.64, callbacks/one_cycle.py:
 * phase lengths a1 = int(0.3 n) and n - a1, each at least 1; the first step uses the start value of phase 1.
 */
export function oneCycle(step: number, totalSteps: number, maxLearningRate: number): OneCyclePoint {
  const warmUp = Math.floor(totalSteps * WARM_UP_FRACTION);
  const [up, down] = [Math.max(1, warmUp), Math.max(1, totalSteps - warmUp)];
  if (step <= up) {
    const progress = step / up;
    return {
      learningRate: cosine(maxLearningRate / START_DIVISOR, maxLearningRate, progress),
      momentum: cosine(MOMENTUM_HIGH, MOMENTUM_LOW, progress),
    };
  }
  const progress = Math.min(1, (step - up) / down);
  return {
    learningRate: cosine(maxLearningRate, maxLearningRate / END_DIVISOR, progress),
    momentum: cosine(MOMENTUM_LOW, MOMENTUM_HIGH, progress),
  };
}

const cosine = (start: number, end: number, progress: number): number =>
  end + ((start - end) / 2) * (1 + Math.cos(Math.PI * progress));
