// What a public alias answers to people without a key: its own page, and that page's question. Nothing else of the API is open by it.
import { z } from "zod";
import { aliasNameSchema, namespaceSchema } from "../ids.ts";
import { classificationSchema } from "../prediction.ts";
import { bytes, empty, json, route } from "../route.ts";
import { MAX_PICTURE_BYTES } from "./predictions.ts";

const params = z.strictObject({ namespace: namespaceSchema, name: aliasNameSchema });
const tag = "Public aliases";

/** Without the model's id, which is no business of strangers. */
export const publicAnswerSchema = classificationSchema.omit({ model: true, alias: true });

export const publicAliasRoutes = {
  publicPage: route({
    method: "GET",
    path: "/p/{namespace}/{name}",
    scope: "public",
    tag,
    summary: "The page of an alias that was made public; 404 for every other",
    params,
    answer: bytes("text/html"),
    problems: ["rate_limited", "queue_unavailable"],
  }),
  publicScript: route({
    method: "GET",
    path: "/p/drop-page.js",
    scope: "public",
    tag,
    summary: "The script of those pages",
    answer: bytes("text/javascript"),
  }),
  publicClassify: route({
    method: "POST",
    path: "/p/{namespace}/{name}/classify",
    scope: "public",
    tag,
    summary: "Classify a picture by an alias that was made public: its bytes, and no URL",
    description: "Pages of the origins that the alias names may ask and read the answer (CORS).",
    params,
    body: {
      kind: "bytes",
      contentTypes: ["application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"],
      maxBytes: MAX_PICTURE_BYTES,
    },
    answer: json(publicAnswerSchema),
    problems: ["rate_limited", "queue_unavailable", "bad_image", "inferer_unavailable", "model_integrity", "too_busy"],
  }),
  publicPreflight: route({
    method: "OPTIONS",
    path: "/p/{namespace}/{name}/classify",
    scope: "public",
    tag,
    summary: "What a browser asks before a page of another site may classify",
    params,
    answer: empty,
  }),
} as const;
