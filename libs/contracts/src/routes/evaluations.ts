// Evaluations: a finished model measured on labelled pictures.

import { z } from "zod";
import {
  createEvaluationSchema,
  evaluatedItemSchema,
  evaluatedItemsQuerySchema,
  evaluationResultSchema,
  evaluationSchema,
} from "../evaluation.ts";
import { eventSchema } from "../events.ts";
import { evaluationIdSchema } from "../ids.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { empty, events, json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: evaluationIdSchema });
const tag = "Evaluations";

export const evaluationRoutes = {
  createEvaluation: route({
    method: "POST",
    path: "/v1/evaluations",
    scope: "write",
    tag,
    summary: "Measure a model on a dataset's labelled pictures",
    description:
      "Of the test pictures where the dataset has some, else of the validation pictures, unless `split` says otherwise. Classes are matched by name.",
    body: jsonBody(createEvaluationSchema),
    answer: json(evaluationSchema, 202),
    idempotent: true,
    problems: [
      "unknown_model",
      "model_not_ready",
      "dataset_not_ready",
      "classes_differ",
      "split_is_empty",
      "queue_unavailable",
      "idempotency_conflict",
    ],
  }),
  listEvaluations: route({
    method: "GET",
    path: "/v1/evaluations",
    scope: "read",
    tag,
    summary: "List evaluations, newest first",
    query: listQuerySchema,
    answer: json(pageOf(evaluationSchema)),
  }),
  getEvaluation: route({
    method: "GET",
    path: "/v1/evaluations/{id}",
    scope: "read",
    tag,
    summary: "Get an evaluation: its error rate and its progress",
    params: id,
    answer: json(evaluationSchema),
  }),
  getEvaluationResult: route({
    method: "GET",
    path: "/v1/evaluations/{id}/result",
    scope: "read",
    tag,
    summary: "Get what was measured: errors, confusion matrix, classes, top losses",
    description: "The bytes of evaluation.json, whose sha256 the evaluation's record has.",
    params: id,
    answer: json(evaluationResultSchema),
    problems: ["still_running"],
  }),
  listEvaluatedItems: route({
    method: "GET",
    path: "/v1/evaluations/{id}/items",
    scope: "read",
    tag,
    summary: "Page through what the model said of each picture, the highest loss first",
    description:
      "Of an evaluation that is running, what it has answered by now. In the order of losses at most 10,000 are told; in the order listed, all.",
    params: id,
    query: evaluatedItemsQuerySchema,
    answer: json(pageOf(evaluatedItemSchema)),
  }),
  cancelEvaluation: route({
    method: "POST",
    path: "/v1/evaluations/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel an evaluation",
    params: id,
    answer: json(evaluationSchema),
    problems: ["already_final"],
  }),
  deleteEvaluation: route({
    method: "DELETE",
    path: "/v1/evaluations/{id}",
    scope: "write",
    tag,
    summary: "Delete an evaluation that has ended",
    params: id,
    answer: empty,
    problems: ["still_running"],
  }),
  evaluationEvents: route({
    method: "GET",
    path: "/v1/evaluations/{id}/events",
    scope: "read",
    tag,
    summary: "Follow an evaluation (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
