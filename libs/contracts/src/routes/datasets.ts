// Datasets, and the uploads of URL lists and of archives that they are made from.
import { z } from "zod";
import { MAX_ARCHIVE_BYTES } from "../archive.ts";
import { createDatasetSchema, datasetSchema, itemNeighbourSchema, itemSchema, splitSchema } from "../dataset.ts";
import { describeSchema } from "../describe.ts";
import { eventSchema } from "../events.ts";
import { datasetIdSchema, itemKeySchema, sha256Schema, uploadNameSchema } from "../ids.ts";
import { itemOutcomeSchema } from "../outcomes.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { bytes, empty, events, json, jsonBody, route } from "../route.ts";
import { shownBatchSchema } from "../shown-batch.ts";

const id = z.strictObject({ id: datasetIdSchema });
const tag = "Datasets";
/** A million URLs of 256 bytes. */
export const MAX_LIST_BYTES = 256 * 1024 * 1024;

const MAX_KEYS = 100;
const itemKeysSchema = z
  .string()
  .max(1000)
  .describe(`Only the items with these keys, at most ${MAX_KEYS} with commas between, on one page.`)
  .transform((text) => text.split(","))
  .pipe(z.array(itemKeySchema).max(MAX_KEYS));

/** What browsers and tools call lists and archives; the upload's name says which it is. */
const UPLOAD_TYPES = [
  ...["text/plain", "text/csv", "application/octet-stream"],
  ...["application/zip", "application/x-zip-compressed", "application/x-tar", "application/gzip", "application/x-gzip"],
] as const;

export const datasetRoutes = {
  putUpload: route({
    method: "PUT",
    path: "/v1/uploads/{name}",
    scope: "write",
    tag,
    summary: "Upload a URL list, or an archive of pictures",
    description:
      "A list: one URL per line, or CSV with a label column, at most 256 MiB. A name that ends in .zip, .tar, .tar.gz or .tgz is that of an archive of pictures, at most 10 GiB. The same name again replaces it; datasets made from it keep what they read. curl's default type for --data-binary is read as bytes.",
    params: z.strictObject({ name: uploadNameSchema }),
    body: {
      kind: "bytes",
      contentTypes: UPLOAD_TYPES,
      maxBytes: MAX_ARCHIVE_BYTES,
    },
    answer: json(z.object({ name: uploadNameSchema, bytes: z.int(), sha256: sha256Schema }), 201),
    problems: [
      "payload_too_large",
      "list_is_empty",
      "list_is_html",
      "bad_archive",
      "quota_exceeded",
      "queue_unavailable",
    ],
  }),
  createDataset: route({
    method: "POST",
    path: "/v1/datasets",
    scope: "write",
    tag,
    summary: "Create a dataset from URL lists, or from archives of pictures",
    body: jsonBody(createDatasetSchema),
    answer: json(datasetSchema, 202),
    idempotent: true,
    problems: [
      "upload_not_found",
      "list_is_html",
      "list_is_empty",
      "bad_archive",
      "too_few_classes",
      "too_few_pictures",
      "queue_unavailable",
      "idempotency_conflict",
    ],
  }),
  listDatasets: route({
    method: "GET",
    path: "/v1/datasets",
    scope: "read",
    tag,
    summary: "List datasets, newest first",
    query: listQuerySchema,
    answer: json(pageOf(datasetSchema)),
  }),
  getDataset: route({
    method: "GET",
    path: "/v1/datasets/{id}",
    scope: "read",
    tag,
    summary: "Get a dataset: classes in order, counts per class, split and outcome",
    params: id,
    answer: json(datasetSchema),
  }),
  describeDataset: route({
    method: "PATCH",
    path: "/v1/datasets/{id}",
    scope: "write",
    tag,
    summary: "Name a dataset, or write a note on it",
    params: id,
    body: jsonBody(describeSchema),
    answer: json(datasetSchema),
    problems: ["conflict"],
  }),
  cancelDataset: route({
    method: "POST",
    path: "/v1/datasets/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel a dataset that is still being made",
    params: id,
    answer: json(datasetSchema),
    problems: ["already_final"],
  }),
  deleteDataset: route({
    method: "DELETE",
    path: "/v1/datasets/{id}",
    scope: "write",
    tag,
    summary: "Delete a dataset that has ended, and that no model or later version was made of",
    params: id,
    answer: empty,
    problems: ["still_running", "in_use"],
  }),
  listItems: route({
    method: "GET",
    path: "/v1/datasets/{id}/items",
    scope: "read",
    tag,
    summary: "Page through a dataset's items, filtered by class, split and outcome",
    description: "The outcome `failed` stands for all that say a URL gave no picture.",
    params: id,
    query: z.strictObject({
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      class: z.string().max(128).optional(),
      split: splitSchema.optional(),
      outcome: itemOutcomeSchema.optional(),
      keys: itemKeysSchema.optional(),
    }),
    answer: json(pageOf(itemSchema)),
    problems: ["dataset_not_ready"],
  }),
  getReport: route({
    method: "GET",
    path: "/v1/datasets/{id}/report.csv",
    scope: "read",
    tag,
    summary: "Download one row per listed URL with its outcome and reason",
    params: id,
    answer: bytes("text/csv"),
    problems: ["dataset_not_ready"],
  }),
  getItemImage: route({
    method: "GET",
    path: "/v1/datasets/{id}/items/{key}/image",
    scope: "read",
    tag,
    summary: "Get the stored picture of an item, re-encoded without metadata",
    params: z.strictObject({ id: datasetIdSchema, key: itemKeySchema }),
    query: z.strictObject({ size: z.coerce.number().int().min(32).max(2048).default(512) }),
    answer: bytes("image/jpeg"),
    problems: ["dataset_not_ready"],
  }),
  listItemNeighbours: route({
    method: "GET",
    path: "/v1/datasets/{id}/items/{key}/neighbours",
    scope: "read",
    tag,
    summary: "List the pictures that look most like an item's, the nearest first",
    description:
      "Where the dataset was inspected, first those that the pretrained network finds most like it (`cosine`); then by their perceptual hashes, in at most `within` of 64 bits. Of one picture re-encoded, resized or cropped a little they differ in few bits; of unrelated photographs in 12 now and then, so look. An item without a picture has none.",
    params: z.strictObject({ id: datasetIdSchema, key: itemKeySchema }),
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(100).default(12),
      within: z.coerce.number().int().min(0).max(64).default(16),
    }),
    answer: json(z.object({ items: z.array(itemNeighbourSchema) })),
    problems: ["dataset_not_ready"],
  }),
  showBatch: route({
    method: "GET",
    path: "/v1/datasets/{id}/batch.png",
    scope: "read",
    tag,
    summary: "See pictures as training sees them, with their classes",
    description:
      "A sheet of views, made by the code that training runs: for the same seed and transforms each is bit for bit what a run sees of that picture in that epoch. The same request gives the same sheet.",
    params: id,
    query: shownBatchSchema,
    answer: bytes("image/png"),
    problems: ["dataset_not_ready"],
  }),
  datasetEvents: route({
    method: "GET",
    path: "/v1/datasets/{id}/events",
    scope: "read",
    tag,
    summary: "Follow a dataset's progress (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
