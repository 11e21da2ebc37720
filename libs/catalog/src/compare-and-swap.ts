// Compare and swap: read, change, write only if nobody else was faster, and else begin again.
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "@ursa/contracts/problem";
import { PreconditionFailed } from "@ursa/store/object-store";

/** Of twenty who swap the same object once each, the unluckiest loses to the nineteen others. */
const MAX_ATTEMPTS = 20;
const LONGEST_WAIT_MS = 250;

/** Whether a conditional write went through; false when someone else was faster. */
export async function isWritten(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailed) return false;
    throw error;
  }
}

/** The first value that `attempt` wins; it is run again, after a random wait, for as long as it gives undefined. Throws Problem conflict. */
export async function untilWon<T>(what: string, attempt: () => Promise<{ won: T } | undefined>): Promise<T> {
  for (let lost = 0; lost < MAX_ATTEMPTS; lost += 1) {
    const result = await attempt();
    if (result) return result.won;
    // Longer each time and never the same, so that those who met once do not meet again.
    await delay(Math.random() * Math.min(LONGEST_WAIT_MS, 5 * 2 ** lost));
  }
  throw new Problem("conflict", `Others changed ${what} ${MAX_ATTEMPTS} times in a row; try again.`);
}
