// Which epoch was the best, and whether there is still hope for a better one: by the validation loss, as fastai's callbacks do.
import type { EpochRow } from "@ursa/contracts/model";

type Loss = Pick<EpochRow, "validLoss">;

/** From 1; the first of equals, and the last epoch where no loss is a number. */
export function bestEpoch(history: readonly Loss[]): number {
  const losses = history.map(({ validLoss }) => validLoss ?? Infinity);
  const lowest = Math.min(...losses);
  const index = lowest === Infinity ? -1 : losses.indexOf(lowest);
  return index === -1 ? history.length : index + 1;
}

/** Whether the last `patience` epochs brought no lower validation loss. Never without a patience. */
export const hasStalled = (history: readonly Loss[], patience: number | undefined): boolean =>
  patience !== undefined && history.length > 0 && history.length - bestEpoch(history) >= patience;
