// Sweeps: several training runs from one start, and their table.
import { z } from "zod";
import { eventSchema } from "../events.ts";
import { sweepIdSchema } from "../ids.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { empty, events, json, jsonBody, route } from "../route.ts";
import { createSweepSchema, sweepSchema, sweepViewSchema } from "../sweep.ts";

const id = z.strictObject({ id: sweepIdSchema });
const tag = "Sweeps";

export const sweepRoutes = {
  createSweep: route({
    method: "POST",
    path: "/v1/sweeps",
    scope: "write",
    tag,
    summary: "Train by several rates and epoch counts on one dataset, from one start",
    description:
      "Each run is a model of its own, on the same split. With `repeats` each combination runs with several seeds.",
    body: jsonBody(createSweepSchema),
    answer: json(sweepSchema, 202),
    idempotent: true,
    problems: ["dataset_not_ready", "unknown_model", "model_not_ready", "queue_unavailable", "idempotency_conflict"],
  }),
  listSweeps: route({
    method: "GET",
    path: "/v1/sweeps",
    scope: "read",
    tag,
    summary: "List sweeps, newest first",
    query: listQuerySchema,
    answer: json(pageOf(sweepSchema)),
  }),
  getSweep: route({
    method: "GET",
    path: "/v1/sweeps/{id}",
    scope: "read",
    tag,
    summary: "Get a sweep: its table, the best marked, and its progress",
    params: id,
    answer: json(sweepViewSchema),
  }),
  cancelSweep: route({
    method: "POST",
    path: "/v1/sweeps/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel a sweep: those of its runs that have not ended",
    params: id,
    answer: json(sweepSchema),
    problems: ["already_final"],
  }),
  deleteSweep: route({
    method: "DELETE",
    path: "/v1/sweeps/{id}",
    scope: "write",
    tag,
    summary: "Delete a sweep that has ended, and those of its models that nothing else refers to",
    description: "A model that an alias names, or that an unfinished job uses, stays.",
    params: id,
    answer: empty,
    problems: ["still_running"],
  }),
  sweepEvents: route({
    method: "GET",
    path: "/v1/sweeps/{id}/events",
    scope: "read",
    tag,
    summary: "Follow a sweep (SSE): runs that have ended, of all; each model has events of its own",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
