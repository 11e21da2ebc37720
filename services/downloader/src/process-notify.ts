// The `notify` job: one message to one webhook, signed anew at each attempt. What is done with is noted in the store before the job
// ends, so a message is sent once more after a crash and not otherwise; its id is the same each time.
import { isTold, markTold } from "@ursa/catalog/told";
import { signedHeaders } from "@ursa/catalog/webhook-secret";
import { disableWebhook, noteAttempt, openWebhook } from "@ursa/catalog/webhooks";
import { Problem } from "@ursa/contracts/problem";
import type { PayloadOf } from "@ursa/contracts/queues";
import type { RecordError } from "@ursa/contracts/record";
import {
  DELIVERY_OUTCOMES,
  type DeliveryAttempt,
  type DeliveryOutcome,
  deliveryOutcomeSchema,
} from "@ursa/contracts/webhook";
import { FetchFailure } from "@ursa/fetch/fetch-failure";
import type { Poster } from "@ursa/fetch/poster";
import { PutAside } from "@ursa/queue/job-outcome";
import type { JobContext } from "@ursa/queue/run-job";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import { createSeats } from "./seats.ts";

export type NotifyDependencies = {
  store: ObjectStore;
  poster: Pick<Poster, "post">;
  metrics: Pick<Metrics, "webhookAttempts">;
};
type NotifyPayload = PayloadOf<"notify">;
type Receiver = { url: string; secret: string };
type Sent = Pick<DeliveryAttempt, "outcome" | "status" | "reason"> & { retryAfterMs?: number | undefined };

/** Another attempt would end the same way. */
const FINAL: readonly DeliveryOutcome[] = ["gone", "blocked_address", "bad_scheme"];

export function createNotifyProcess({ store, poster, metrics }: NotifyDependencies) {
  const seats = createSeats();
  for (const outcome of DELIVERY_OUTCOMES) metrics.webhookAttempts.inc({ outcome }, 0);
  return async (payload: NotifyPayload, { signal, attempt }: JobContext): Promise<void> => {
    const { namespace, id, message } = payload;
    const owner = { namespace, id };
    using seat = seats.take(owner);
    if (!seat) throw new PutAside(`as many messages as may be are being sent to ${id}, or for ${namespace}`);
    const receiver = await openWebhook(store, owner);
    // It was removed, or its receiver is gone; or whoever sent it died before the job ended.
    if (!receiver || (await isTold(store, owner, message))) return;
    const { retryAfterMs, ...sent } = await send(poster, { payload, receiver }, signal);
    metrics.webhookAttempts.inc({ outcome: sent.outcome });
    const isDelivered = sent.outcome === "delivered";
    if (isDelivered) await markTold(store, owner, { message, isDelivered });
    await noteAttempt(store, owner, { ...sent, message, at: new Date().toISOString(), attempt });
    if (isDelivered) return;
    if (sent.outcome === "gone") await disableWebhook(store, owner);
    throw failureOf(sent, retryAfterMs);
  };
}

/** Never again, once it was given up: `lastAttempt` and the log say why. */
export function createNotifyEnding({ store }: Pick<NotifyDependencies, "store">) {
  return async ({ namespace, id, message }: NotifyPayload, _error: RecordError): Promise<void> => {
    const owner = { namespace, id };
    if (await openWebhook(store, owner)) await markTold(store, owner, { message, isDelivered: false });
  };
}

async function send(
  poster: NotifyDependencies["poster"],
  { payload: { message, event }, receiver: { url, secret } }: { payload: NotifyPayload; receiver: Receiver },
  signal: AbortSignal,
): Promise<Sent> {
  const body = JSON.stringify(event);
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = { "content-type": "application/json", ...signedHeaders(secret, { message, timestamp, body }) };
  try {
    const { status, retryAfterMs } = await poster.post({ url, headers, body }, signal);
    const outcome = meaningOf(status);
    return outcome === "delivered"
      ? { outcome, status }
      : { outcome, status, reason: `the receiver answered ${status}`, retryAfterMs };
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    const { outcome, reason } = error;
    // What else a fetcher tells is about bodies, and none is read here.
    return { outcome: deliveryOutcomeSchema.catch("connection_error").parse(outcome), reason };
  }
}

function meaningOf(status: number): DeliveryOutcome {
  if (status < 300) return "delivered";
  if (status < 400) return "redirected";
  if (status === 410) return "gone";
  return status < 500 ? "http_4xx" : "http_5xx";
}

function failureOf({ outcome, reason = "" }: Sent, retryAfterMs: number | undefined): Error {
  const said = `${outcome}: ${reason}`;
  // A refusal, which is not tried again.
  if (FINAL.includes(outcome)) return new Problem("fetch_failed", said);
  return Object.assign(new Error(said), { retryAfterMs });
}
