// Answers: one picture now (classify, classify-url), or many as a batch job (predictions).
import { z } from "zod";
import { eventSchema } from "../events.ts";
import { modelReferenceSchema, predictionIdSchema } from "../ids.ts";
import { classificationSchema, createPredictionSchema, predictionSchema } from "../prediction.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { bytes, empty, events, json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: predictionIdSchema });
const flag = z
  .enum(["true", "false"])
  .default("false")
  .transform((text) => text === "true");
const modelQuery = {
  model: modelReferenceSchema.optional(),
  /** Test-time augmentation. */
  tta: flag,
  heatMap: flag.describe("Also says which places of the picture spoke for the answer (Grad-CAM), at thrice the work."),
};
const tag = "Predictions";
export const resultsFormatSchema = z.enum(["jsonl", "csv"]).default("jsonl");
export const MAX_PICTURE_BYTES = 20 * 1024 * 1024;
const CLASSIFY_PROBLEMS = [
  "unknown_model",
  "no_default_model",
  "model_not_ready",
  "no_heat_maps",
  "bad_image",
  "inferer_unavailable",
  "model_integrity",
] as const;

export const predictionRoutes = {
  classify: route({
    method: "POST",
    path: "/v1/classify",
    scope: "read",
    tag: "Classify",
    summary: "Classify a picture: its bytes, a multipart file, or JSON with its URL",
    description: "What curl calls application/x-www-form-urlencoded, its default for --data-binary, is read as bytes.",
    query: z.strictObject(modelQuery),
    body: { kind: "picture", json: z.strictObject({ url: z.string().max(4096) }), maxBytes: MAX_PICTURE_BYTES },
    answer: json(classificationSchema),
    problems: [
      ...CLASSIFY_PROBLEMS,
      "payload_too_large",
      "unsupported_media_type",
      "fetch_failed",
      "downloader_unavailable",
    ],
  }),
  classifyUrl: route({
    method: "GET",
    path: "/classify-url",
    scope: "read",
    tag: "Classify",
    summary: "Classify the picture at a URL (the lesson's own route)",
    query: z.strictObject({ url: z.string().max(4096), ...modelQuery }),
    answer: json(classificationSchema),
    problems: [...CLASSIFY_PROBLEMS, "fetch_failed", "downloader_unavailable", "too_busy"],
  }),
  createPrediction: route({
    method: "POST",
    path: "/v1/predictions",
    scope: "write",
    tag,
    summary: "Predict many: a dataset's items, a list of URLs, or an uploaded list",
    body: jsonBody(createPredictionSchema),
    answer: json(predictionSchema, 202),
    idempotent: true,
    problems: [
      "unknown_model",
      "no_default_model",
      "model_not_ready",
      "dataset_not_ready",
      "upload_not_found",
      "list_is_html",
      "list_is_empty",
      "bad_archive",
      "queue_unavailable",
      "idempotency_conflict",
    ],
  }),
  listPredictions: route({
    method: "GET",
    path: "/v1/predictions",
    scope: "read",
    tag,
    summary: "List predictions, newest first",
    query: listQuerySchema,
    answer: json(pageOf(predictionSchema)),
  }),
  getPrediction: route({
    method: "GET",
    path: "/v1/predictions/{id}",
    scope: "read",
    tag,
    summary: "Get a prediction",
    params: id,
    answer: json(predictionSchema),
  }),
  cancelPrediction: route({
    method: "POST",
    path: "/v1/predictions/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel a prediction",
    params: id,
    answer: json(predictionSchema),
    problems: ["already_final"],
  }),
  deletePrediction: route({
    method: "DELETE",
    path: "/v1/predictions/{id}",
    scope: "write",
    tag,
    summary: "Delete a prediction that has ended",
    params: id,
    answer: empty,
    problems: ["still_running"],
  }),
  getResults: route({
    method: "GET",
    path: "/v1/predictions/{id}/results",
    scope: "read",
    tag,
    summary: "Download one row per input, in input order, as JSON lines or CSV",
    params: id,
    query: z.strictObject({ format: resultsFormatSchema }),
    answer: bytes("application/x-ndjson", "text/csv"),
    problems: ["still_running"],
  }),
  predictionEvents: route({
    method: "GET",
    path: "/v1/predictions/{id}/events",
    scope: "read",
    tag,
    summary: "Follow a prediction (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
