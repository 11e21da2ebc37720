// Whether the API answers others while it is busy: the time that a small answer takes, again and again.
import { setTimeout as delay } from "node:timers/promises";

const EVERY_MS = 50;

/** @returns ends it, and gives the milliseconds of each answer */
export function askMeanwhile(apiUrl: string): () => Promise<number[]> {
  const waits: number[] = [];
  const ending = new AbortController();
  const asking = (async () => {
    while (!ending.signal.aborted) {
      const asked = performance.now();
      await (await fetch(`${apiUrl}/livez`)).arrayBuffer();
      waits.push(performance.now() - asked);
      await delay(EVERY_MS);
    }
  })();
  return async () => {
    ending.abort();
    await asking;
    return waits;
  };
}
