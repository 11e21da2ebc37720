// Asks again while a service restarts: after a broken connection or a 503, for as long as Retry-After says.

type Options = { times: number; signal?: AbortSignal | undefined; alsoStatus?: number | undefined };

/**
 * @param options.times how often to ask again; 0 asks once
 * @param options.alsoStatus a status that is an answer, even where it is 503
 */
export async function sendAgain(
  send: () => Promise<Response>,
  { times, signal, alsoStatus }: Options,
): Promise<Response> {
  for (let left = times; ; left -= 1) {
    const response = await send().catch((error: unknown) => {
      // fetch reports every network failure as a TypeError; anything else (an abort) is not ours to mend.
      if (left === 0 || !(error instanceof TypeError)) throw error;
      return undefined;
    });
    if (response && (response.status !== 503 || alsoStatus === 503 || left === 0)) return response;
    await response?.body?.cancel();
    await pause(waitMs(response), signal);
  }
}

const DEFAULT_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/** What the service asks for, within reason, or half a second. */
export function waitMs(response: Response | undefined): number {
  const seconds = Number(response?.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : DEFAULT_WAIT_MS;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
  });
}
