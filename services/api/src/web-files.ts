// The web page as it was built (services/api/web/build.ts): a few hundred kilobytes, read once and kept.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { BytesAnswer, RequestHeaders } from "@ursa/http/handlers";
import type { PlainRoute } from "@ursa/http/internal-server";

const BUILT = fileURLToPath(new URL("../web/dist", import.meta.url));

/** `page` answers `/`; `routes` are its files, whose names change with their content. */
export type WebFiles = { page(headers: RequestHeaders): BytesAnswer<"text/html">; routes: PlainRoute[] };

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".zip": "application/zip",
};

const PAGE_HEADERS = {
  // Asked for each time, so that a new version is seen at once; it is smaller than a picture's header.
  "cache-control": "no-cache",
  // No inline script or style; blob: is for pictures, which the page fetches with its key.
  "content-security-policy": [
    "default-src 'self'",
    "img-src 'self' blob:",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; "),
  // Try it takes pictures; no page of another site may in a frame of ours.
  "permissions-policy": "camera=(self), microphone=(), geolocation=()",
};
const FOREVER = { "cache-control": "public, max-age=31536000, immutable" };

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Ursa</title>
<h1>Ursa</h1><p>The web page has not been built here: type <code>node services/api/web/build.ts</code> and start the API again.
The <a href="/docs">API</a> and the <a href="/status">status page</a> do without.</p></html>
`;

/** Where nothing was built the page says how to build it. Everything here is for everybody: data need the key, these do not. */
export function readWebFiles(folder = BUILT): WebFiles {
  const html = readIfThere(join(folder, "index.html"));
  const answerPage = compressible({
    contentType: "text/html; charset=utf-8",
    body: html ?? Buffer.from(NOT_BUILT),
    headers: PAGE_HEADERS,
  });
  const names = html ? readdirSync(join(folder, "assets")) : [];
  return {
    page: answerPage,
    routes: names.map((name) => {
      const contentType = TYPES[extname(name)] ?? "application/octet-stream";
      const answer = compressible({ contentType, body: readFileSync(join(folder, "assets", name)), headers: FOREVER });
      return {
        method: "GET",
        path: `/assets/${name}`,
        scope: "public",
        handler: async ({ headers }) => answer(headers),
      };
    }),
  };
}

function compressible<T extends string>(
  file: BytesAnswer<T> & { body: Uint8Array },
): (headers: RequestHeaders) => BytesAnswer<T> {
  const headers = { ...file.headers, vary: "accept-encoding" };
  const small = { ...file, body: gzipSync(file.body), headers: { ...headers, "content-encoding": "gzip" } };
  const plain = { ...file, headers };
  return (asked) => (/\bgzip\b/.test(asked["accept-encoding"] ?? "") ? small : plain);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
