// How many requests of a kind are answered at once. Whoever comes beyond that is told to come back.
import { Problem } from "@ursa/contracts/problem";

/** About five seconds of pictures on two cores: beyond that a caller is better told to come back, or to ask another process. */
export const MAX_PICTURES_IN_FLIGHT = 256;

export type InFlightLimit = {
  /** @throws Problem too_busy, and what `work` throws */
  run<T>(work: () => Promise<T>): Promise<T>;
};

export function createInFlightLimit(max = MAX_PICTURES_IN_FLIGHT): InFlightLimit {
  let inFlight = 0;
  return {
    async run(work) {
      if (inFlight === max) throw new Problem("too_busy");
      inFlight += 1;
      try {
        return await work();
      } finally {
        inFlight -= 1;
      }
    },
  };
}
