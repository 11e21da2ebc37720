// POST /fetch: the way to the internet for processes that have none. The same guard and the same limits as for a dataset.
import { Problem } from "@ursa/contracts/problem";
import type { Fetcher } from "@ursa/fetch/fetcher";
import type { InternalRoute } from "@ursa/http/internal-server";
import { z } from "zod";

const bodySchema = z.strictObject({ url: z.string().max(4096) });

/** Answers the bytes as they came, whatever they are: whoever asks decodes them. */
export function fetchRoute(fetcher: Pick<Fetcher, "fetch">): InternalRoute {
  return {
    method: "POST",
    path: "/fetch",
    async handler({ body, signal }) {
      const result = await fetcher.fetch(urlOf(body), signal);
      if (!result.ok) {
        const { outcome, reason } = result;
        throw new Problem("fetch_failed", reason, { extra: { outcome, reason } });
      }
      return {
        contentType: "application/octet-stream",
        body: result.bytes,
        headers: { "x-final-url": new URL(result.finalUrl).href },
      };
    },
  };
}

function urlOf(body: Buffer): string {
  try {
    return bodySchema.parse(JSON.parse(body.toString("utf8"))).url;
  } catch (cause) {
    throw new Problem("invalid_request", 'Expected a JSON body {"url": "https://…"}', { cause });
  }
}
