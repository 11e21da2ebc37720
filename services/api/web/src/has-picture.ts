import type { Item } from "@ursa/contracts/dataset";
import { FAILED_OUTCOMES } from "@ursa/contracts/outcomes";

/** What is stored of a failure was kept for whoever doubts it, and is no picture that could be shown. */
export const hasPicture = ({ sha256, outcome }: Pick<Item, "sha256" | "outcome">): boolean =>
  sha256 !== undefined && !FAILED_OUTCOMES.has(outcome);
