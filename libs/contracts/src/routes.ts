// The route table: every address of the API. Handlers, OpenAPI and the client are derived from it.
import { z } from "zod";
import { bytes, json, route } from "./route.ts";
import { datasetVersionRoutes } from "./routes/dataset-versions.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { evaluationRoutes } from "./routes/evaluations.ts";
import { inspectionRoutes } from "./routes/inspections.ts";
import { judgementRoutes } from "./routes/judgements.ts";
import { keyRoutes } from "./routes/keys.ts";
import { linkRoutes } from "./routes/links.ts";
import { modelRoutes } from "./routes/models.ts";
import { operatorRoutes } from "./routes/operations.ts";
import { predictionRoutes } from "./routes/predictions.ts";
import { publicAliasRoutes } from "./routes/public-aliases.ts";
import { regressionRoutes } from "./routes/regressions.ts";
import { sweepRoutes } from "./routes/sweeps.ts";
import { usageRoutes } from "./routes/usage.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

const healthSchema = z.object({ status: z.enum(["ok", "unavailable"]), checks: z.record(z.string(), z.string()) });
export type Health = z.infer<typeof healthSchema>;
const tag = "Operations";

const operationRoutes = {
  livez: route({
    method: "GET",
    path: "/livez",
    scope: "public",
    tag,
    summary: "Is the process alive",
    answer: json(healthSchema),
  }),
  readyz: route({
    method: "GET",
    path: "/readyz",
    scope: "public",
    tag,
    summary: "Can it serve: one line per thing it needs; 503 when not",
    answer: json(healthSchema),
    alsoStatus: 503,
  }),
  metrics: route({
    method: "GET",
    path: "/metrics",
    scope: "public",
    tag,
    summary: "Prometheus metrics",
    answer: bytes("text/plain"),
  }),
  openapi: route({
    method: "GET",
    path: "/openapi.json",
    scope: "public",
    tag,
    summary: "This API as OpenAPI 3.1",
    answer: bytes("application/json"),
  }),
  docs: route({
    method: "GET",
    path: "/docs",
    scope: "public",
    tag,
    summary: "This API for people",
    answer: bytes("text/html"),
  }),
  home: route({ method: "GET", path: "/", scope: "public", tag, summary: "The web page", answer: bytes("text/html") }),
  statusPage: route({
    method: "GET",
    path: "/status",
    scope: "read",
    tag,
    summary: "What there is and what is going on, without scripts",
    answer: bytes("text/html"),
  }),
} as const;

export const ROUTES = {
  ...datasetRoutes,
  ...datasetVersionRoutes,
  ...modelRoutes,
  ...publicAliasRoutes,
  ...judgementRoutes,
  ...sweepRoutes,
  ...predictionRoutes,
  ...evaluationRoutes,
  ...inspectionRoutes,
  ...regressionRoutes,
  ...linkRoutes,
  ...keyRoutes,
  ...usageRoutes,
  ...webhookRoutes,
  ...operatorRoutes,
  ...operationRoutes,
} as const;
export type RouteId = keyof typeof ROUTES;
