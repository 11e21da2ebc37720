// Addresses for operators: they look at, or change, the whole installation.
import { z } from "zod";
import {
  collectGarbageSchema,
  drainSchema,
  findingsSchema,
  garbageEventSchema,
  operationsStatusSchema,
  reconciledSchema,
  restoredSchema,
} from "../operations.ts";
import { bytes, events, json, jsonBody, route } from "../route.ts";

const tag = "Operations";
/** Some 300,000 records. */
const MAX_BACKUP_BYTES = 2 ** 30;

export const operatorRoutes = {
  operationsStatus: route({
    method: "GET",
    path: "/v1/operations/status",
    scope: "operate",
    tag,
    summary: "Queues and the workers on them",
    answer: json(operationsStatusSchema),
    problems: ["queue_unavailable"],
  }),
  drain: route({
    method: "PUT",
    path: "/v1/operations/drain",
    scope: "operate",
    tag,
    summary: "Pause queues, or resume them",
    description: "Workers finish the jobs they have and take no others; new work is still accepted, and waits.",
    body: jsonBody(drainSchema),
    answer: json(operationsStatusSchema),
    problems: ["queue_unavailable"],
  }),
  operationsChecks: route({
    method: "GET",
    path: "/v1/operations/checks",
    scope: "operate",
    tag,
    summary: "Try what Ursa relies on: Redis' settings, the store's promises, clocks, space",
    description: "Writes, reads and deletes one small object below `doctor/` in the store.",
    answer: json(findingsSchema),
  }),
  reconcile: route({
    method: "POST",
    path: "/v1/operations/reconcile",
    scope: "operate",
    tag,
    summary: "Enqueue what is unfinished and has no job, now rather than within half a minute",
    answer: json(reconciledSchema),
    problems: ["queue_unavailable"],
  }),
  collectGarbage: route({
    method: "POST",
    path: "/v1/operations/collect-garbage",
    scope: "operate",
    tag,
    summary: "Find what nothing needs any more; with `dryRun: false` delete it",
    description:
      "Told as it goes (SSE): reading a large store takes longer than a connection may be silent. It stops when the client goes away.",
    body: jsonBody(collectGarbageSchema),
    answer: events(garbageEventSchema),
  }),
  backup: route({
    method: "GET",
    path: "/v1/operations/backup",
    scope: "installation",
    tag,
    summary: "All records as JSON lines",
    description:
      "Of all namespaces, API keys by their hashes, and webhooks with their secrets: for the installation's own key only. Records are small; pictures, weights and results stay in the store and are backed up with it.",
    answer: bytes("application/jsonl"),
  }),
  restore: route({
    method: "POST",
    path: "/v1/operations/restore",
    scope: "installation",
    tag,
    summary: "Write the records of a backup; newer ones stay",
    description: "For the installation's own key only.",
    query: z.strictObject({
      /** Also over records that are newer than those of the backup. */
      overwrite: z.stringbool().default(false),
    }),
    body: {
      kind: "bytes",
      contentTypes: ["application/jsonl", "application/octet-stream"],
      maxBytes: MAX_BACKUP_BYTES,
    },
    answer: json(restoredSchema),
    problems: ["conflict"],
  }),
} as const;
