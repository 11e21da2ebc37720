// What a listed URL says before anything is fetched: can it be fetched at all, and which other URLs is it the same as.

/** `sameness` is equal for two URLs that name the same resource. */
export type UrlVerdict = { sameness: string } | { reason: string };

/** Characters; browsers and servers refuse longer ones. */
const MAX_URL = 4096;

export function judgeUrl(text: string): UrlVerdict {
  const url = URL.parse(text);
  if (!url) return { reason: "not a URL: expected http:// or https:// and a host" };
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return { reason: `expected http or https, got ${url.protocol.slice(0, -1)}` };
  }
  if (text.length > MAX_URL) return { reason: `longer than ${MAX_URL} characters` };
  // The fragment never reaches the server.
  url.hash = "";
  return { sameness: url.href };
}

/** A row must stay small: an inlined `data:` picture is kept by its beginning. */
export const shownUrl = (text: string): string => (text.length > MAX_URL ? `${text.slice(0, MAX_URL)}…` : text);
