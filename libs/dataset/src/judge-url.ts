// What a listed URL, or file of an archive, says before anything is fetched: can it be fetched at all, and which other URLs is it the same as.
import { type ArchiveEntry, MAX_ENTRY_BYTES, pathOfEntry } from "@ursa/contracts/archive";
import { MAX_URL_CHARACTERS } from "@ursa/contracts/dataset";
import type { Outcome } from "@ursa/contracts/outcomes";

/** `sameness` is equal for two URLs that name the same resource. */
export type UrlVerdict =
  | { sameness: string }
  | { outcome: Extract<Outcome, "bad_scheme" | "too_large">; reason: string };

export function judgeUrl({ url: text, entry }: { url: string; entry?: ArchiveEntry | undefined }): UrlVerdict {
  if (entry) return judgeEntry(text, entry);
  const url = URL.parse(text);
  if (!url) return { outcome: "bad_scheme", reason: "not a URL: expected http:// or https:// and a host" };
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { outcome: "bad_scheme", reason: `expected http or https, got ${url.protocol.slice(0, -1)}` };
  }
  if (text.length > MAX_URL_CHARACTERS)
    return { outcome: "bad_scheme", reason: `longer than ${MAX_URL_CHARACTERS} characters` };
  // The fragment never reaches the server.
  url.hash = "";
  return { sameness: url.href };
}

/** What an incompressible picture gains by being deflated: five bytes for each 16 KiB. */
const DEFLATE_GROWTH_BYTES = 16 * 2 ** 10;

// Its packed bytes are in memory when it is unpacked, whatever the archive's directory says that they become.
function judgeEntry(url: string, { archive, bytes, zip }: ArchiveEntry): UrlVerdict {
  const held = Math.max(bytes, (zip?.packedBytes ?? 0) - DEFLATE_GROWTH_BYTES);
  if (held <= MAX_ENTRY_BYTES) return { sameness: `${archive}!${pathOfEntry(url)}` };
  return { outcome: "too_large", reason: `more than ${MAX_ENTRY_BYTES / 2 ** 20} MiB: ${held} bytes` };
}

/** A row must stay small: an inlined `data:` picture is kept by its beginning. */
export const shownUrl = (text: string): string =>
  text.length > MAX_URL_CHARACTERS ? `${text.slice(0, MAX_URL_CHARACTERS)}…` : text;
