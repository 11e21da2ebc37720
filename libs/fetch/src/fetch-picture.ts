// One picture for a caller who waits: its bytes, or the problem that says why not.
import { Problem } from "@ursa/contracts/problem";
import type { Fetcher, FetchResult } from "./fetcher.ts";

/**
 * The bytes as they came, whatever they are: whoever asks decodes them.
 * @throws Problem fetch_failed, with the outcome as `outcome` and `reason`
 */
export async function fetchPicture(
  fetcher: Pick<Fetcher, "fetch">,
  url: string,
  signal: AbortSignal,
): Promise<FetchResult & { ok: true }> {
  const result = await fetcher.fetch(url, signal);
  if (result.ok) return result;
  const { outcome, reason } = result;
  throw new Problem("fetch_failed", reason, { extra: { outcome, reason } });
}
