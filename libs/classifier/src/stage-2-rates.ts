// The lesson's rule for the rates of stage 2: the head's is stage 1's / 10, the lowest layers' is what the finder suggests.
import type { Model } from "@ursa/contracts/model";
import type { RateSlice } from "./slice-rates.ts";

/** Stage 2's upper rate as a part of stage 1's. */
const UPPER_DIVISOR = 10;
/** The lower rate is at most this part of the upper: early layers know more than late ones and must move less. */
const CLAMP_DIVISOR = 3;

export type RateBasis = {
  stage1Rate: number;
  /** What the finder says; undefined where it was not asked. */
  found: { suggestions?: { valley: number; steepest: number } | undefined } | undefined;
  given?: RateSlice | undefined;
};
/** Without `lower` it is `slice(upper)`, which sliceRates spreads. */
export type Stage2Rates = { rates: RateSlice; log?: string };

/**
 * `given` wins. Without a finder it is slice(stage 1's rate / 10), and where the finder had nothing to suggest the lower rate is
 * the clamp's limit.
 * `log` says when and why a suggestion was not taken as it was.
 */
export function stage2Rates({ stage1Rate, found, given }: RateBasis): Stage2Rates {
  const upper = stage1Rate / UPPER_DIVISOR;
  if (given) return { rates: given };
  if (!found) return { rates: { upper } };
  const suggestion = found.suggestions?.valley;
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

/**
 * What stage 2 of a run goes by. A run that does not train the head itself goes by the rate of the stage that it starts from,
 * and without a finder of its own by that stage's.
 */
export function rateBasisOf({ recipe, from, finder }: Pick<Model, "recipe" | "from" | "finder">): RateBasis {
  const { phases, stage1, stage2 } = recipe;
  const start = phases.includes("stage-1") ? undefined : from;
  // One that looked at the head, or ran after stage 2, says nothing of it.
  const isOfUse = finder?.layers === "all" && phases.indexOf("lr-find") < phases.indexOf("stage-2");
  return {
    stage1Rate: start?.stage1Rate ?? stage1.learningRate,
    found: isOfUse ? finder : start?.finder,
    given: stage2.rates,
  };
}

const short = (rate: number): string => rate.toExponential(2).replace(/\.?0+e/, "e");
