// Follows a record's events until it has ended, through restarts of the API and networks that come and go.
import type { UrsaEvent } from "@ursa/contracts/events";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { ServerEvent } from "@ursa/contracts/server-events";

/** Opens the stream; `after` is the id of the last event that was seen. */
export type OpenStream = (after: string | undefined) => Promise<AsyncIterable<ServerEvent<UrsaEvent>>>;
type Options = { signal: AbortSignal; onEvent(event: UrsaEvent): void; pauseMs?: number };

const PAUSE_MS = 1000;

/** Resolves when the record has ended or `signal` aborts. @throws Problem that asking again does not mend, such as not_found */
export async function followRecord(open: OpenStream, { signal, onEvent, pauseMs = PAUSE_MS }: Options): Promise<void> {
  let after: string | undefined;
  const readOnce = async (): Promise<boolean> => {
    for await (const { id, data } of await open(after)) {
      if (signal.aborted) return true;
      after = id ?? after;
      onEvent(data);
      if (data.type === "state" && isFinal(data.state)) return true;
    }
    return false;
  };
  while (!signal.aborted) {
    const hasEnded = await readOnce().catch((error: unknown) => {
      if (!signal.aborted && isLasting(error)) throw error;
      return signal.aborted;
    });
    if (hasEnded) return;
    await pause(pauseMs, signal);
  }
}

/** 503 and broken connections pass; what else the API says stays. */
const isLasting = (error: unknown): boolean => error instanceof Problem && error.status < 500;

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
