// One request, no redirects: the answer's bytes, or where it points instead.
import { type Dispatcher, request } from "undici";

import { FetchFailure } from "./fetch-failure.ts";
import { readRetryAfter } from "./retry-policy.ts";

export type RequestLimits = { headersTimeoutMs: number; idleTimeoutMs: number; maxBytes: number };
export type Answer = { bytes: Uint8Array } | { location: string; status: number };

/** @throws FetchFailure for an answer without a picture; whatever undici throws for the rest */
export async function requestOnce(
  url: URL,
  { dispatcher, userAgent, limits }: { dispatcher: Dispatcher; userAgent: string; limits: RequestLimits },
  signal: AbortSignal,
): Promise<Answer> {
  const response = await request(url, {
    dispatcher,
    signal,
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    // AVIF is left out, so that servers that negotiate send what the decoders read. No compression: pictures have
    // their own, and a decompressor is a way to turn a kilobyte into a gigabyte.
    headers: {
      "user-agent": userAgent,
      accept: "image/jpeg, image/png, image/webp, image/gif;q=0.8, */*;q=0.1",
      "accept-encoding": "identity",
    },
  });
  // Whatever is not read is dropped with its connection. Its error is ours: destroying is how we say no.
  response.body.on("error", () => {});
  try {
    return await readAnswer(response, limits.maxBytes);
  } finally {
    response.body.destroy();
  }
}

async function readAnswer({ statusCode, headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<Answer> {
  const header = (name: string) => [headers[name] ?? []].flat()[0];
  const location = header("location");
  if (REDIRECTS.has(statusCode) && location !== undefined) return { location, status: statusCode };
  if (statusCode < 200 || statusCode > 299) throw refusedBy(statusCode, header("retry-after"));

  const encoding = header("content-encoding")?.trim().toLowerCase() || "identity";
  if (encoding !== "identity") {
    throw new FetchFailure("not_an_image", "the server compressed its answer although asked not to", {
      status: statusCode,
    });
  }
  const tooLarge = () => new FetchFailure("too_large", `more than ${maxBytes} bytes`, { status: statusCode });
  if (Number(header("content-length")) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // No encoding is set, so chunks are buffers.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks, length) };
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
// Statuses that describe a moment rather than the resource.
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

function refusedBy(status: number, retryAfter: string | undefined): FetchFailure {
  return new FetchFailure(status >= 500 ? "http_5xx" : "http_4xx", `the server answered ${status}`, {
    status,
    retry: TRANSIENT.has(status) ? "yes" : "never",
    retryAfterMs: status === 429 || status === 503 ? readRetryAfter(retryAfter, Date.now()) : undefined,
  });
}
