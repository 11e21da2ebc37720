// Whether two models that answered the same pictures differ by more than luck.
import { logChoose } from "../log-choose.ts";

/**
 * Exact two-sided test of McNemar: of `mended` + `broken` pictures that one model has right and the other wrong, each would go either
 * way with even odds if the models were equally good, so their number on one side is binomial. Pictures that both have right or both
 * wrong say nothing. Exact, since these counts are small: the chi-squared form needs some 25 of them.
 * Sources: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages", 1947;
 * T. G. Dietterich, "Approximate statistical tests for comparing supervised classification learning algorithms", 1998.
 * @returns the probability of so uneven a split or a more uneven one, in (0, 1]; 1 without any such picture
 */
export function mcnemarPValue(mended: number, broken: number): number {
  const count = mended + broken;
  const fewer = Math.min(mended, broken);
  let tail = 0;
  for (let k = 0; k <= fewer; k++) tail += Math.exp(logChoose(count, k) - count * Math.LN2);
  return Math.min(1, 2 * tail);
}
