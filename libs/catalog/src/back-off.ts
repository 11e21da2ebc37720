// How often and how patiently a compare-and-swap is tried again after someone else was faster.
import { setTimeout as delay } from "node:timers/promises";

/** Twenty workers on one record each get their turn well within this. */
export const MAX_SWAPS = 20;
const LONGEST_MS = 250;

/** Waits a random time that grows with `attempt`, from 0, so that those who met once do not meet again. */
export async function backOff(attempt: number): Promise<void> {
  await delay(Math.random() * Math.min(LONGEST_MS, 5 * 2 ** attempt));
}
