// New versions of a dataset: edits gather in its draft, a commit makes a version of them.
import { z } from "zod";
import { addToDatasetSchema, datasetSchema } from "../dataset.ts";
import { datasetDiffSchema, diffQuerySchema } from "../diff.ts";
import { commitDatasetSchema, draftSchema, editDatasetSchema } from "../edits.ts";
import { datasetIdSchema } from "../ids.ts";
import { empty, json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: datasetIdSchema });
const tag = "Datasets";

export const datasetVersionRoutes = {
  editDataset: route({
    method: "POST",
    path: "/v1/datasets/{id}/edits",
    scope: "write",
    tag,
    summary: "Add edits to a dataset's draft",
    description:
      "The last edit of an item is the one that counts, and the same edit again changes nothing. If one cannot be made none is: `refused` names each with its reason.",
    params: id,
    body: jsonBody(editDatasetSchema),
    answer: json(draftSchema),
    problems: ["dataset_not_ready", "edits_refused", "unknown_class", "conflict"],
  }),
  getDraft: route({
    method: "GET",
    path: "/v1/datasets/{id}/edits",
    scope: "read",
    tag,
    summary: "Get a dataset's draft: the edits that are not committed, and counts of them",
    params: id,
    answer: json(draftSchema),
  }),
  discardDraft: route({
    method: "DELETE",
    path: "/v1/datasets/{id}/edits",
    scope: "write",
    tag,
    summary: "Discard a dataset's draft",
    params: id,
    answer: empty,
  }),
  commitDataset: route({
    method: "POST",
    path: "/v1/datasets/{id}/commit",
    scope: "write",
    tag,
    summary: "Make a new version of a dataset with the edits of its draft",
    description:
      "Pictures stay where they are and on their side of the split. The dataset itself does not change, and its draft is empty afterwards.",
    params: id,
    body: jsonBody(commitDatasetSchema),
    answer: json(datasetSchema, 202),
    idempotent: true,
    problems: [
      "dataset_not_ready",
      "draft_is_empty",
      "too_few_classes",
      "too_few_pictures",
      "class_mostly_failed",
      "queue_unavailable",
      "idempotency_conflict",
    ],
  }),
  addToDataset: route({
    method: "POST",
    path: "/v1/datasets/{id}/additions",
    scope: "write",
    tag,
    summary: "Make a new version of a dataset with more URLs, or with a whole new class",
    description: "Only what is new is fetched. What is there stays as it is, and an open draft is left alone.",
    params: id,
    body: jsonBody(addToDatasetSchema),
    answer: json(datasetSchema, 202),
    idempotent: true,
    problems: [
      "dataset_not_ready",
      "nothing_to_fetch",
      "upload_not_found",
      "list_is_html",
      "list_is_empty",
      "bad_archive",
      "too_few_pictures",
      "queue_unavailable",
      "idempotency_conflict",
    ],
  }),
  retryDataset: route({
    method: "POST",
    path: "/v1/datasets/{id}/retry",
    scope: "write",
    tag,
    summary: "Make a new version of a dataset by fetching once more what failed",
    params: id,
    body: jsonBody(commitDatasetSchema),
    answer: json(datasetSchema, 202),
    idempotent: true,
    problems: ["dataset_not_ready", "nothing_to_fetch", "queue_unavailable", "idempotency_conflict"],
  }),
  diffDataset: route({
    method: "GET",
    path: "/v1/datasets/{id}/diff",
    scope: "read",
    tag,
    summary: "Compare a dataset with its parent, or with another one",
    description: "Counts, and page by page the pictures that came into use, went out of it, or have another class.",
    params: id,
    query: diffQuerySchema,
    answer: json(datasetDiffSchema),
    problems: ["dataset_not_ready"],
  }),
} as const;
