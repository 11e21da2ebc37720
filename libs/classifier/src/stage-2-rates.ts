// The lesson's rule for the rates of stage 2: the head's is stage 1's / 10, the lowest layers' is what the finder suggests.
import type { PhaseName } from "@ursa/contracts/recipe";
import type { RateSlice } from "./slice-rates.ts";

/** Stage 2's upper rate as a part of stage 1's. */
const UPPER_DIVISOR = 10;
/** The lower rate is at most this part of the upper: early layers know more than late ones and must move less. */
const CLAMP_DIVISOR = 3;

/** Without `lower` it is `slice(upper)`, which sliceRates spreads. */
export type Stage2Rates = { rates: RateSlice; log?: string };

/**
 * `given` wins. Without a finder it is slice(stage 1's rate / 10), and where the finder had nothing to suggest the lower rate is
 * the clamp's limit.
 * `log` says when and why a suggestion was not taken as it was.
 */
export function stage2Rates(from: {
  stage1Rate: number;
  /** What the finder says; undefined where it was not asked. */
  found: { suggestions?: { valley: number } | undefined } | undefined;
  given?: RateSlice | undefined;
}): Stage2Rates {
  const { stage1Rate, found, given } = from;
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

/** What the finder found out for stage 2: nothing where it looked at the head, or ran after it. */
export function foundForStage2<F extends { layers: "head" | "all" }>(
  finder: F | undefined,
  phases: readonly PhaseName[],
): F | undefined {
  const isBefore = phases.indexOf("lr-find") < phases.indexOf("stage-2");
  return finder?.layers === "all" && isBefore ? finder : undefined;
}

const short = (rate: number): string => rate.toExponential(2).replace(/\.?0+e/, "e");
