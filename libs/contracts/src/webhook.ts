// Webhooks: where a namespace is told that its jobs have ended. Headers, secret and signature are those of Standard Webhooks
// (https://www.standardwebhooks.com), so that receivers verify with libraries that are there.
import { z } from "zod";
import { namespaceSchema, recordIdSchema, recordKindSchema, webhookIdSchema } from "./ids.ts";

export const WEBHOOK_EVENTS = ["job.finished"] as const;
/** Of one namespace: each is told of every job, so that their number multiplies what is sent. */
export const MOST_WEBHOOKS = 20;

const MAX_URL_CHARACTERS = 2048;

function isReceiver(text: string): boolean {
  const url = URL.parse(text);
  return !!url && /^https?:$/.test(url.protocol) && url.username + url.password + url.hash === "";
}

const receiverSchema = z
  .string()
  .max(MAX_URL_CHARACTERS)
  .refine(isReceiver, "expected an address like https://example.org/hook, without a user name, password or fragment")
  // As it is parsed: without the line breaks and tabs that a URL may be written with.
  .transform((text) => URL.parse(text)?.href ?? text);

export const createWebhookSchema = z.strictObject({
  /** Public, and on port 443 or 80, unless the downloader's `URSA_FETCH_ALLOW` names the place. */
  url: receiverSchema,
  /** For people: who listens there. */
  name: z.string().trim().min(1).max(200).optional(),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .default([...WEBHOOK_EVENTS]),
});
export type CreateWebhook = z.output<typeof createWebhookSchema>;

/** What became of one attempt. `gone`: answered 410, after which nothing more is sent; `redirected`: answered 3xx, which is not followed. */
export const DELIVERY_OUTCOMES = [
  "delivered",
  "gone",
  "redirected",
  "http_4xx",
  "http_5xx",
  "timeout",
  "dns_error",
  "connection_error",
  "blocked_address",
  "bad_scheme",
] as const;
export const deliveryOutcomeSchema = z.enum(DELIVERY_OUTCOMES);
export type DeliveryOutcome = z.infer<typeof deliveryOutcomeSchema>;

export const deliveryAttemptSchema = z.object({
  /** The `webhook-id` that was sent. */
  message: z.string(),
  at: z.iso.datetime(),
  outcome: deliveryOutcomeSchema,
  /** HTTP status, where there was an answer. */
  status: z.int().optional(),
  /** For a person; nothing of what the receiver answered is in it. */
  reason: z.string().optional(),
  /** From 1. */
  attempt: z.int(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttemptSchema>;

export const webhookSchema = z.object({
  id: webhookIdSchema,
  namespace: namespaceSchema,
  url: z.string(),
  name: z.string().optional(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  createdAt: z.iso.datetime(),
  /** Since its receiver answered 410 Gone: nothing more is sent. */
  disabledAt: z.iso.datetime().optional(),
  /** The latest attempt of any message; left out while there was none. */
  lastAttempt: deliveryAttemptSchema.optional(),
});
export type Webhook = z.infer<typeof webhookSchema>;

/** `secret` is what its receiver verifies with. It cannot be had again. */
export const createdWebhookSchema = webhookSchema.extend({ secret: z.string() });
export type CreatedWebhook = z.infer<typeof createdWebhookSchema>;

export const endedStateSchema = z.enum(["ready", "failed", "cancelled"]);

const jobFinishedSchema = z.strictObject({
  type: z.literal("job.finished"),
  /** When the record ended. */
  timestamp: z.iso.datetime(),
  data: z.strictObject({
    kind: recordKindSchema,
    id: recordIdSchema,
    namespace: namespaceSchema,
    state: endedStateSchema,
    /** Why it is not ready: a code of docs/errors.md. A text, because a later version may have more of them. */
    error: z.strictObject({ code: z.string().max(60) }).optional(),
  }),
});

const testSchema = z.strictObject({
  type: z.literal("webhook.test"),
  timestamp: z.iso.datetime(),
  data: z.strictObject({ webhook: webhookIdSchema, namespace: namespaceSchema }),
});

/** The body of a message: the same bytes at each attempt. */
export const webhookEventSchema = z.discriminatedUnion("type", [jobFinishedSchema, testSchema]);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

export const webhookTestedSchema = z.object({
  /** The `webhook-id` that is sent; `lastAttempt` of the webhook names it when it was. */
  message: z.string(),
});
