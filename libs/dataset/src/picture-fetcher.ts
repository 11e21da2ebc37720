// What a shard needs of whatever fetches its pictures.
import type { Outcome } from "@ursa/contracts/outcomes";

/** What this needs of a fetcher; the one that guards addresses is in @ursa/fetch. */
export interface PictureFetcher {
  fetch(url: string, signal: AbortSignal): Promise<FetchedPicture>;
}
export type FetchedPicture = { attempts: number; milliseconds: number } & (
  | { ok: true; bytes: Uint8Array }
  | { ok: false; outcome: Outcome; reason: string }
);
