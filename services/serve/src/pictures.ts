// Pictures that come by URL: fetched under the guard that every fetch of Ursa has, and counted while they are held.
import { fetchPicture } from "@ursa/fetch/fetch-picture";
import type { Fetcher } from "@ursa/fetch/fetcher";
import { createByteBudget } from "@ursa/http/byte-budget";
import { createInFlightLimit } from "@ursa/http/in-flight-limit";

export type Pictures = {
  /** Takes one of the places for pictures in work. @throws Problem too_busy, and what `work` throws */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Runs `work` with the picture's bytes. @throws Problem fetch_failed, too_busy, and what `work` throws */
  withFetched<T>(url: string, signal: AbortSignal, work: (bytes: Uint8Array) => Promise<T>): Promise<T>;
};

export function createPictures(fetcher: Pick<Fetcher, "fetch">): Pictures {
  const limit = createInFlightLimit();
  const budget = createByteBudget();
  return {
    inTurn: (work) => limit.run(work),
    async withFetched(url, signal, work) {
      const { bytes } = await fetchPicture(fetcher, url, signal);
      using _held = budget.take(bytes.byteLength);
      return await work(bytes);
    },
  };
}
