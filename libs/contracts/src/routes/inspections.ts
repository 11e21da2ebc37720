// Inspections: what is worth a look in a dataset.

import { z } from "zod";
import { splitSchema } from "../dataset.ts";
import { eventSchema } from "../events.ts";
import { inspectionIdSchema } from "../ids.ts";
import { createInspectionSchema, inspectionResultSchema, inspectionSchema } from "../inspection.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { empty, events, json, jsonBody, route } from "../route.ts";
import { suspectSchema, suspicionSchema } from "../suspect.ts";

const id = z.strictObject({ id: inspectionIdSchema });
const tag = "Inspections";

export const inspectionRoutes = {
  createInspection: route({
    method: "POST",
    path: "/v1/inspections",
    scope: "write",
    tag,
    summary: "Look for what is worth a look in a dataset",
    description:
      "Wrong labels, near-duplicates, leaks across the split, off-topic and poor pictures, by features of the pretrained body: no model needs to be trained before. It changes nothing of the dataset.",
    body: jsonBody(createInspectionSchema),
    answer: json(inspectionSchema, 202),
    idempotent: true,
    problems: ["dataset_not_ready", "queue_unavailable", "idempotency_conflict"],
  }),
  listInspections: route({
    method: "GET",
    path: "/v1/inspections",
    scope: "read",
    tag,
    summary: "List inspections, newest first",
    query: listQuerySchema,
    answer: json(pageOf(inspectionSchema)),
  }),
  getInspection: route({
    method: "GET",
    path: "/v1/inspections/{id}",
    scope: "read",
    tag,
    summary: "Get an inspection: how much is worth a look, and its progress",
    params: id,
    answer: json(inspectionSchema),
  }),
  getInspectionResult: route({
    method: "GET",
    path: "/v1/inspections/{id}/result",
    scope: "read",
    tag,
    summary: "Get all that was found: the list, near-duplicate pairs, confident joint, directional noise",
    description: "The bytes of inspection.json, whose sha256 the inspection's record has.",
    params: id,
    answer: json(inspectionResultSchema),
    problems: ["still_running"],
  }),
  listSuspects: route({
    method: "GET",
    path: "/v1/inspections/{id}/suspects",
    scope: "read",
    tag,
    summary: "Page through what is worth a look, what helps most first, filtered by suspicion, class and split",
    params: id,
    query: z.strictObject({
      cursor: z.string().max(200).optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      suspicion: suspicionSchema.optional(),
      class: z.string().max(128).optional(),
      split: splitSchema.optional(),
    }),
    answer: json(pageOf(suspectSchema)),
    problems: ["still_running"],
  }),
  cancelInspection: route({
    method: "POST",
    path: "/v1/inspections/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel an inspection",
    params: id,
    answer: json(inspectionSchema),
    problems: ["already_final"],
  }),
  deleteInspection: route({
    method: "DELETE",
    path: "/v1/inspections/{id}",
    scope: "write",
    tag,
    summary: "Delete an inspection that has ended",
    params: id,
    answer: empty,
    problems: ["still_running"],
  }),
  inspectionEvents: route({
    method: "GET",
    path: "/v1/inspections/{id}/events",
    scope: "read",
    tag,
    summary: "Follow an inspection (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
