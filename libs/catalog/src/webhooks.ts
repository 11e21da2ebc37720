// Webhooks as objects in the store, with the records of their namespace; the secret of each lies apart, where only who signs reads it.
import { Problem } from "@ursa/contracts/problem";
import {
  type CreatedWebhook,
  type CreateWebhook,
  type DeliveryAttempt,
  deliveryAttemptSchema,
  MOST_WEBHOOKS,
  type Webhook,
  webhookSchema,
} from "@ursa/contracts/webhook";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { isWritten } from "./compare-and-swap.ts";
import { type Read, readJson } from "./json-object.ts";
import { newWebhookId } from "./new-id.ts";
import { newWebhookSecret } from "./webhook-secret.ts";

const storedSchema = webhookSchema.omit({ lastAttempt: true });
export type StoredWebhook = z.infer<typeof storedSchema>;
const secretSchema = z.object({ secret: z.string() });
type Owner = { namespace: string; id: string };

export interface Webhooks {
  /** The secret is in this answer only. Throws Problem too_many_webhooks. */
  create(namespace: string, wanted: CreateWebhook): Promise<CreatedWebhook>;
  /** Throws Problem not_found. */
  get(owner: Owner): Promise<Webhook>;
  /** Newest first. */
  list(namespace: string): Promise<Webhook[]>;
  /** Nothing more is sent once this has returned, but for what is being sent. Throws Problem not_found. */
  remove(owner: Owner): Promise<void>;
}

export function createWebhooks(store: ObjectStore): Webhooks {
  return {
    async create(namespace, { url, name, events }) {
      // Two at the same moment may make one more; the number bounds what is sent, and nothing relies on it.
      if ((await listWebhooks(store, namespace)).length >= MOST_WEBHOOKS)
        throw new Problem("too_many_webhooks", `${namespace} has ${MOST_WEBHOOKS} webhooks; delete one first.`);
      const [id, secret] = [newWebhookId(), newWebhookSecret()];
      const webhook: StoredWebhook = {
        ...{ id, namespace, url, ...(name === undefined ? {} : { name }), events },
        createdAt: new Date().toISOString(),
      };
      // The secret first: whoever finds the webhook can sign.
      await store.put(keys.webhookSecret(id), JSON.stringify({ secret }), CREATE);
      await store.put(recordKey(webhook), JSON.stringify(webhook), CREATE);
      return { ...webhook, secret };
    },
    get: async (owner) => withAttempt(store, await existing(store, owner)),
    async list(namespace) {
      const found = await listWebhooks(store, namespace);
      return Promise.all(found.reverse().map((webhook) => withAttempt(store, webhook)));
    },
    async remove(owner) {
      await existing(store, owner);
      await store.delete(keys.webhookSecret(owner.id));
      for await (const { key } of store.list(keys.webhook.all(owner))) await store.delete(key);
      // Last, so that a removal that was cut short can be asked for again.
      await store.delete(recordKey(owner));
    },
  };
}

const CREATE = { ifNoneMatch: "*", contentType: "application/json" } as const;

const recordKey = ({ namespace, id }: Owner): string => keys.record(namespace, "webhooks", id);

/** Oldest first. */
export async function listWebhooks(store: ObjectStore, namespace: string): Promise<StoredWebhook[]> {
  const found: StoredWebhook[] = [];
  for await (const { key } of store.list(keys.records(namespace, "webhooks"))) {
    const read = await readJson(store, key, storedSchema);
    if (read) found.push(read.value);
  }
  return found;
}

const read = (store: ObjectStore, owner: Owner): Promise<Read<StoredWebhook>> =>
  readJson(store, recordKey(owner), storedSchema);

async function existing(store: ObjectStore, owner: Owner): Promise<StoredWebhook> {
  const found = await read(store, owner);
  if (!found) throw new Problem("not_found", `There is no webhook ${owner.id}.`);
  return found.value;
}

async function withAttempt(store: ObjectStore, webhook: StoredWebhook): Promise<Webhook> {
  const attempt = await readJson(store, keys.webhook.lastAttempt(webhook), deliveryAttemptSchema);
  return attempt ? { ...webhook, lastAttempt: attempt.value } : webhook;
}

/** For whoever sends: where to and with which secret; undefined when it was removed, or its receiver is gone. */
export async function openWebhook(
  store: ObjectStore,
  owner: Owner,
): Promise<Pick<CreatedWebhook, "url" | "secret"> | undefined> {
  const webhook = (await read(store, owner))?.value;
  if (!webhook || webhook.disabledAt) return undefined;
  const secret = await readJson(store, keys.webhookSecret(owner.id), secretSchema);
  return secret && { url: webhook.url, secret: secret.value.secret };
}

/** Its receiver said that it is gone. */
export async function disableWebhook(store: ObjectStore, owner: Owner): Promise<void> {
  const found = await read(store, owner);
  if (!found || found.value.disabledAt) return;
  const disabled: StoredWebhook = { ...found.value, disabledAt: new Date().toISOString() };
  const options = { ifMatch: found.etag, contentType: "application/json" };
  // Nothing else changes a webhook: whoever was faster disabled it too, or removed it.
  await isWritten(store.put(recordKey(owner), JSON.stringify(disabled), options));
}

/** Apart from the webhook itself, so that noting it never writes over its removal. */
export async function noteAttempt(store: ObjectStore, owner: Owner, attempt: DeliveryAttempt): Promise<void> {
  await store.put(keys.webhook.lastAttempt(owner), JSON.stringify(attempt), { contentType: "application/json" });
}
