// The learning rates of layer groups, from the input side to the head. Written `slice(...)` in fastai.

/** `slice(upper)` when `lower` is left out. */
export type RateSlice = { lower?: number | undefined; upper: number };

/** What `slice(x)` gives every group but the last, as a part of x. Source: fastai 1.0.29 and later, `lr_range`. */
const LOWER_DIVISOR = 10;

/**
 * One rate per group: a number is everyone's; `slice(x)` is x / 10 for all groups but the last; `slice(a, b)` is spread
 * geometrically, a (b / a)^(i / (groups - 1)). A single group has the upper rate.
 * @throws RangeError when a rate is not above 0 or there is no group
 */
export function sliceRates(rates: number | RateSlice, groups: number): number[] {
  const { lower, upper } = typeof rates === "number" ? { lower: rates, upper: rates } : rates;
  if (groups < 1) throw new RangeError(`Learning rates need at least one layer group, got ${groups}.`);
  if (![lower ?? upper, upper].every((rate) => rate > 0 && Number.isFinite(rate))) {
    throw new RangeError(`Learning rates must be above 0, got ${lower ?? ""} ${upper}.`);
  }
  return Array.from({ length: groups }, (_, group) => {
    if (group === groups - 1) return upper;
    return lower === undefined ? upper / LOWER_DIVISOR : lower * (upper / lower) ** (group / (groups - 1));
  });
}
