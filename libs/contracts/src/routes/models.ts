// Models: training runs, their history and artifacts; and aliases, their movable names.
import { z } from "zod";
import { aliasSchema, putAliasSchema } from "../alias.ts";
import { describeSchema } from "../describe.ts";
import { eventSchema } from "../events.ts";
import { aliasNameSchema, modelIdSchema } from "../ids.ts";
import { runOrderSchema } from "../journal.ts";
import { lrCurveSchema } from "../lr-curve.ts";
import { artifactsSchema, createModelSchema, historySchema, modelSchema } from "../model.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { bytes, empty, events, json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: modelIdSchema });
const name = z.strictObject({ name: aliasNameSchema });
const tag = "Models";
export const artifactPlaceSchema = { stage: z.string().max(40), name: z.string().max(100) };
/** ResNet-50, the largest backbone, takes 205 MB. */
export const MAX_IMPORT_BYTES = 512 * 1024 * 1024;

export const modelRoutes = {
  createModel: route({
    method: "POST",
    path: "/v1/models",
    scope: "write",
    tag,
    summary: "Train a model on a dataset",
    body: jsonBody(createModelSchema),
    answer: json(modelSchema, 202),
    idempotent: true,
    problems: ["dataset_not_ready", "unknown_model", "model_not_ready", "queue_unavailable", "idempotency_conflict"],
  }),
  importModel: route({
    method: "POST",
    path: "/v1/models/import",
    scope: "write",
    tag,
    summary: "Import a model that was exported, here or by another Ursa",
    description:
      "A zip archive with model.json, model.onnx and weights.safetensors. It is checked, and tried on a grey picture.",
    query: z.strictObject({ name: z.string().max(200).optional() }),
    body: { kind: "bytes", contentTypes: ["application/zip", "application/octet-stream"], maxBytes: MAX_IMPORT_BYTES },
    answer: json(modelSchema, 201),
    idempotent: true,
    problems: ["bad_model", "idempotency_conflict"],
  }),
  listModels: route({
    method: "GET",
    path: "/v1/models",
    scope: "read",
    tag,
    summary: "List models, newest first or by error rate",
    query: listQuerySchema.extend({ order: runOrderSchema.default("newest") }),
    answer: json(pageOf(modelSchema)),
  }),
  getModel: route({
    method: "GET",
    path: "/v1/models/{id}",
    scope: "read",
    tag,
    summary: "Get a model",
    params: id,
    answer: json(modelSchema),
  }),
  describeModel: route({
    method: "PATCH",
    path: "/v1/models/{id}",
    scope: "write",
    tag,
    summary: "Name a model, or write a note on it",
    params: id,
    body: jsonBody(describeSchema),
    answer: json(modelSchema),
    problems: ["conflict"],
  }),
  cancelModel: route({
    method: "POST",
    path: "/v1/models/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel a training run",
    params: id,
    answer: json(modelSchema),
    problems: ["already_final"],
  }),
  deleteModel: route({
    method: "DELETE",
    path: "/v1/models/{id}",
    scope: "write",
    tag,
    summary: "Delete a model that has ended, that no alias names and that no unfinished model starts from",
    params: id,
    answer: empty,
    problems: ["still_running", "in_use"],
  }),
  getHistory: route({
    method: "GET",
    path: "/v1/models/{id}/history",
    scope: "read",
    tag,
    summary: "Get one row per epoch: losses, error rate and its 95 % interval",
    params: id,
    answer: json(historySchema),
  }),
  getLrCurve: route({
    method: "GET",
    path: "/v1/models/{id}/lr-curve",
    scope: "read",
    tag,
    summary: "Get the learning-rate finder's curve, and the rate and momentum of every step",
    params: id,
    answer: json(lrCurveSchema),
  }),
  listArtifacts: route({
    method: "GET",
    path: "/v1/models/{id}/artifacts",
    scope: "read",
    tag,
    summary: "List a model's files with size and sha256",
    params: id,
    answer: json(artifactsSchema),
  }),
  getArtifact: route({
    method: "GET",
    path: "/v1/models/{id}/artifacts/{stage}/{name}",
    scope: "read",
    tag,
    summary: "Download one of a model's files",
    params: z.strictObject({ id: modelIdSchema, ...artifactPlaceSchema }),
    answer: bytes("application/octet-stream"),
  }),
  modelEvents: route({
    method: "GET",
    path: "/v1/models/{id}/events",
    scope: "read",
    tag,
    summary: "Follow a training run (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
  putAlias: route({
    method: "PUT",
    path: "/v1/aliases/{name}",
    scope: "write",
    tag: "Aliases",
    summary: "Create or move an alias, or make it public or private; the first one becomes the default",
    params: name,
    body: jsonBody(putAliasSchema),
    answer: json(aliasSchema),
    problems: ["unknown_model", "model_not_ready"],
  }),
  listAliases: route({
    method: "GET",
    path: "/v1/aliases",
    scope: "read",
    tag: "Aliases",
    summary: "List aliases",
    answer: json(z.object({ items: z.array(aliasSchema) })),
  }),
  getAlias: route({
    method: "GET",
    path: "/v1/aliases/{name}",
    scope: "read",
    tag: "Aliases",
    summary: "Get an alias",
    params: name,
    answer: json(aliasSchema),
  }),
  deleteAlias: route({
    method: "DELETE",
    path: "/v1/aliases/{name}",
    scope: "write",
    tag: "Aliases",
    summary: "Delete an alias",
    params: name,
    answer: empty,
  }),
} as const;
