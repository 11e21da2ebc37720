// Regressions: gradient descent on a handful of points, with every step kept.

import { z } from "zod";
import { eventSchema } from "../events.ts";
import { regressionIdSchema } from "../ids.ts";
import { listQuerySchema, pageOf } from "../record.ts";
import { createRegressionSchema, regressionResultSchema, regressionSchema } from "../regression.ts";
import { empty, events, json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: regressionIdSchema });
const tag = "Regressions";

export const regressionRoutes = {
  createRegression: route({
    method: "POST",
    path: "/v1/regressions",
    scope: "write",
    tag,
    summary: "Fit a line or a polynomial to points by gradient descent",
    description:
      "The lesson's SGD: mean squared error, over all points or in mini-batches, from any start. An empty object is the lesson's own: 100 points about y = 3x + 2 with noise between 0 and 1, from (-1, 1), rate 0.1, 100 steps.",
    body: jsonBody(createRegressionSchema),
    answer: json(regressionSchema, 202),
    idempotent: true,
    problems: ["queue_unavailable", "idempotency_conflict"],
  }),
  listRegressions: route({
    method: "GET",
    path: "/v1/regressions",
    scope: "read",
    tag,
    summary: "List regressions, newest first",
    query: listQuerySchema,
    answer: json(pageOf(regressionSchema)),
  }),
  getRegression: route({
    method: "GET",
    path: "/v1/regressions/{id}",
    scope: "read",
    tag,
    summary: "Get a regression: where it ended, and where the closed form says that it should",
    params: id,
    answer: json(regressionSchema),
  }),
  getRegressionResult: route({
    method: "GET",
    path: "/v1/regressions/{id}/result",
    scope: "read",
    tag,
    summary:
      "Get every step's parameters and loss, the points, the loss surface, and the best polynomial of each degree",
    description: "The bytes of regression.json, whose sha256 the regression's record has.",
    params: id,
    answer: json(regressionResultSchema),
    problems: ["still_running"],
  }),
  cancelRegression: route({
    method: "POST",
    path: "/v1/regressions/{id}/cancel",
    scope: "write",
    tag,
    summary: "Cancel a regression",
    params: id,
    answer: json(regressionSchema),
    problems: ["already_final"],
  }),
  deleteRegression: route({
    method: "DELETE",
    path: "/v1/regressions/{id}",
    scope: "write",
    tag,
    summary: "Delete a regression that has ended",
    params: id,
    answer: empty,
    problems: ["still_running"],
  }),
  regressionEvents: route({
    method: "GET",
    path: "/v1/regressions/{id}/events",
    scope: "read",
    tag,
    summary: "Follow a regression (SSE; Last-Event-ID resumes)",
    params: id,
    answer: events(eventSchema),
  }),
} as const;
