// Webhooks of the caller's namespace. An admin's: an address may hold a secret of its receiver, and what is sent leaves the installation.
import { z } from "zod";
import { webhookIdSchema } from "../ids.ts";
import { empty, json, jsonBody, route } from "../route.ts";
import { createdWebhookSchema, createWebhookSchema, webhookSchema, webhookTestedSchema } from "../webhook.ts";

const id = z.strictObject({ id: webhookIdSchema });
const tag = "Webhooks";

export const webhookRoutes = {
  createWebhook: route({
    method: "POST",
    path: "/v1/webhooks",
    scope: "admin",
    tag,
    summary: "Have an address told of jobs that ended; its secret is in this answer and nowhere else",
    description:
      "Told is that a dataset, model, prediction, evaluation, inspection, regression or sweep is ready, failed or was cancelled, at least once, signed as Standard Webhooks says.",
    body: jsonBody(createWebhookSchema),
    answer: json(createdWebhookSchema, 201),
    problems: ["too_many_webhooks"],
  }),
  listWebhooks: route({
    method: "GET",
    path: "/v1/webhooks",
    scope: "admin",
    tag,
    summary: "List webhooks, newest first, each with its latest attempt",
    answer: json(z.object({ items: z.array(webhookSchema) })),
  }),
  getWebhook: route({
    method: "GET",
    path: "/v1/webhooks/{id}",
    scope: "admin",
    tag,
    summary: "Get a webhook and its latest attempt, without its secret",
    params: id,
    answer: json(webhookSchema),
  }),
  testWebhook: route({
    method: "POST",
    path: "/v1/webhooks/{id}/test",
    scope: "admin",
    tag,
    summary: "Send a `webhook.test`, once; `lastAttempt` says what became of it",
    params: id,
    answer: json(webhookTestedSchema, 202),
    problems: ["webhook_disabled", "queue_unavailable"],
  }),
  deleteWebhook: route({
    method: "DELETE",
    path: "/v1/webhooks/{id}",
    scope: "admin",
    tag,
    summary: "Delete a webhook; what waits to be sent to it is not sent",
    params: id,
    answer: empty,
  }),
} as const;
