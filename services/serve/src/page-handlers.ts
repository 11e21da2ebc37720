// What people look at: the page, its script, the picture behind a URL, and the reference of what is served.
import type { ModelCard } from "@ursa/classifier/model-card";
import { openapi } from "@ursa/contracts/openapi";
import { Problem } from "@ursa/contracts/problem";
import { docsPage } from "@ursa/http/docs-page";
import { dropPage, dropPageScript } from "@ursa/http/drop-page";
import { html } from "@ursa/http/html";
import type { PlainRoute } from "@ursa/http/internal-server";
import type { Handlers } from "@ursa/http/server";
import type { DecoderPool } from "@ursa/imaging/decoder-pool";
import { ImageRefused } from "@ursa/imaging/image-refused";
import { VERSION } from "@ursa/service/version";
import type { Pictures } from "./pictures.ts";

const SERVED = ["classify", "classifyUrl", "livez", "readyz", "metrics", "openapi", "docs", "home"] as const;
const HTML = "text/html; charset=utf-8";

/** Twice the side at which the page shows a picture. */
const SHOWN_SIDE = 960;

type Parts = { card: ModelCard; decoders: Pick<DecoderPool, "thumbnail">; pictures: Pictures };

export function pageHandlers(parts: Parts): {
  handlers: Pick<Handlers, "home" | "docs" | "openapi">;
  plainRoutes: PlainRoute[];
} {
  const page = pageOf(parts.card);
  const description = openapi(VERSION, SERVED);
  const docs = docsPage(description);
  const json = JSON.stringify(description, null, 2);
  return {
    handlers: {
      home: async () => ({ contentType: HTML, body: page }),
      docs: async () => ({ contentType: HTML, body: docs }),
      openapi: async () => ({ contentType: "application/json", body: json }),
    },
    plainRoutes: [
      {
        method: "GET",
        path: "/drop-page.js",
        scope: "public",
        handler: async () => ({ contentType: "text/javascript; charset=utf-8", body: dropPageScript() }),
      },
      pictureRoute(parts),
    ],
  };
}

function pageOf(card: ModelCard): string {
  const { classes, modelId, stage, createdAt } = card;
  return dropPage({
    classes,
    script: "/drop-page.js",
    classify: "/v1/classify",
    byUrl: { classify: "/classify-url", picture: "/picture" },
    footer: html`<p><code>${modelId}</code> ${stage.replace("-", " ")}, ${createdAt.slice(0, 10)}, ${errorOf(card)}</p>
<p><a href="/docs">API</a> · <a href="/metrics">metrics</a> · <a href="/readyz">readiness</a></p>`,
  });
}

/** Of the weights that are served, on the pictures that they were validated with. */
function errorOf({ metrics, epoch, stage, validCount }: ModelCard): string {
  const own = metrics.filter((row) => row.stage === stage);
  const row = own.find((each) => each.epoch === epoch) ?? own.at(-1);
  return row ? `wrong on ${row.wrong} of ${validCount} validation pictures` : "not validated";
}

/**
 * GET /picture?url=: what a page that may load nothing from elsewhere shows of a picture that is elsewhere. Made anew from its
 * pixels, so that no stranger's bytes come from this address.
 */
function pictureRoute({ decoders, pictures }: Parts): PlainRoute {
  return {
    method: "GET",
    path: "/picture",
    scope: "public",
    async handler({ query, signal }) {
      const url = query.get("url");
      if (!url) throw new Problem("invalid_request", "url: is required");
      const show = (bytes: Uint8Array) => decoders.thumbnail(bytes, SHOWN_SIDE, signal).catch(refuse);
      const body = await pictures.inTurn(() => pictures.withFetched(url, signal, show));
      return { contentType: "image/jpeg", body };
    },
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof ImageRefused)) throw error;
  const { outcome, reason } = error;
  throw new Problem("bad_image", undefined, { cause: error, extra: { outcome, reason } });
}
