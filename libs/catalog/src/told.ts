// Which messages to webhooks are done with, delivered or given up: an object for each, written by whoever sent it. What has none is
// sent again, also after Redis was lost; so they are kept for longer than anybody asks after what ended.
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { listWebhooks } from "./webhooks.ts";

type Owner = { namespace: string; id: string };

const DAY_MS = 86_400_000;
/** What ended longer ago is told to nobody any more. */
export const TELLING_MS = 7 * DAY_MS;
const KEPT_MS = TELLING_MS + DAY_MS;

export const isTold = async (store: ObjectStore, owner: Owner, message: string): Promise<boolean> =>
  (await store.head(keys.webhook.toldOf(owner, message))) !== undefined;

export async function markTold(
  store: ObjectStore,
  owner: Owner,
  { message, ...end }: { message: string; isDelivered: boolean },
): Promise<void> {
  const body = JSON.stringify({ ...end, at: new Date().toISOString() });
  await store.put(keys.webhook.toldOf(owner, message), body, { contentType: "application/json" });
}

/** The messages that one webhook is done with. */
export async function listTold(store: ObjectStore, owner: Owner): Promise<Set<string>> {
  const told = new Set<string>();
  for await (const { key } of store.list(keys.webhook.told(owner)))
    told.add(key.slice(key.lastIndexOf("/") + 1, -".json".length));
  return told;
}

/** Deletes what is too old to be asked for, and what was written for webhooks that were removed at that moment. */
export async function tidyTold(store: ObjectStore, namespace: string, now = Date.now()): Promise<void> {
  const cutoff = now - KEPT_MS;
  const left = new Set((await listWebhooks(store, namespace)).map((webhook) => keys.webhook.lastAttempt(webhook)));
  for await (const { key, modifiedAt } of store.list(keys.webhook.ofAll(namespace)))
    if (modifiedAt.getTime() < cutoff && !left.has(key)) await store.delete(key);
}
