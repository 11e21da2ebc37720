// What a listed URL says before anything is fetched: can it be fetched at all, and which other URLs is it the same as.
import { MAX_URL_CHARACTERS } from "@ursa/contracts/dataset";

/** `sameness` is equal for two URLs that name the same resource. */
export type UrlVerdict = { sameness: string } | { reason: string };

export function judgeUrl(text: string): UrlVerdict {
  const url = URL.parse(text);
  if (!url) return { reason: "not a URL: expected http:// or https:// and a host" };
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { reason: `expected http or https, got ${url.protocol.slice(0, -1)}` };
  }
  if (text.length > MAX_URL_CHARACTERS) return { reason: `longer than ${MAX_URL_CHARACTERS} characters` };
  // The fragment never reaches the server.
  url.hash = "";
  return { sameness: url.href };
}

/** A row must stay small: an inlined `data:` picture is kept by its beginning. */
export const shownUrl = (text: string): string =>
  text.length > MAX_URL_CHARACTERS ? `${text.slice(0, MAX_URL_CHARACTERS)}…` : text;
