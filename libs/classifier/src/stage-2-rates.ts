// The lesson's rule for the rates of stage 2: the head's is stage 1's / 10, the lowest layers' is what the finder suggests.
import type { RateSlice } from "./slice-rates.ts";

/** Stage 2's upper rate as a part of stage 1's. */
const UPPER_DIVISOR = 10;
/** The lower rate is at most this part of the upper: early layers know more than late ones and must move less. */
const CLAMP_DIVISOR = 3;

export type Stage2Rates = { rates: RateSlice & { lower: number }; log?: string };

/**
 * `given` wins; `slice(x)` then has x / 10 as its lower end. Without a suggestion the lower rate is the clamp's limit.
 * `log` says when and why a suggestion was not taken as it was.
 */
export function stage2Rates(from: {
  stage1Rate: number;
  suggestion: number | undefined;
  given?: RateSlice | undefined;
}): Stage2Rates {
  const { stage1Rate, suggestion, given } = from;
  if (given) return { rates: { lower: given.lower ?? given.upper / 10, upper: given.upper } };
  const upper = stage1Rate / UPPER_DIVISOR;
  const limit = upper / CLAMP_DIVISOR;
  if (suggestion === undefined)
    return {
      rates: { lower: limit, upper },
      log: `The learning-rate finder ended too early to suggest a rate: the lowest layers use a third of the upper rate, ${short(limit)}.`,
    };
  if (suggestion <= limit) return { rates: { lower: suggestion, upper } };
  return {
    rates: { lower: limit, upper },
    log: `The learning-rate finder suggests ${short(suggestion)} for the lowest layers, more than a third of the upper rate ${short(upper)}: they use ${short(limit)}.`,
  };
}

const short = (rate: number): string => rate.toExponential(2).replace(/\.?0+e/, "e");
