// POST /fetch: the way to the internet for processes that have none. The same guard and the same limits as for a dataset.
import { Problem } from "@ursa/contracts/problem";
import { fetchPicture } from "@ursa/fetch/fetch-picture";
import type { Fetcher } from "@ursa/fetch/fetcher";
import type { InternalRoute } from "@ursa/http/internal-server";
import { z } from "zod";

const bodySchema = z.strictObject({ url: z.string().max(4096) });

export function fetchRoute(fetcher: Pick<Fetcher, "fetch">): InternalRoute {
  return {
    method: "POST",
    path: "/fetch",
    async handler({ body, signal }) {
      const { bytes, finalUrl } = await fetchPicture(fetcher, urlOf(body), signal);
      return {
        contentType: "application/octet-stream",
        body: bytes,
        headers: { "x-final-url": new URL(finalUrl).href },
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
