// Tells webhooks that a record has ended: in the moment it has, by whoever ended it, and where that was cut short at a later pass of
// the reconciler. A message's id is made of the webhook's and the record's, so that it is enqueued once however often it is told.
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { endedStateSchema, type WebhookEvent } from "@ursa/contracts/webhook";
import type { RedisConnection } from "@ursa/queue/connection";
import type { Notice } from "@ursa/queue/flows";
import { createNoticeQueue, type NoticeQueue } from "@ursa/queue/notice-queue";
import type { Logger } from "@ursa/service/logger";
import type { ObjectStore } from "@ursa/store/object-store";
import type { OnEnded } from "./catalog.ts";
import { listNamespaces } from "./namespaces.ts";
import { newTestId } from "./new-id.ts";
import { createRecentEndings, type Ended, endingOf } from "./recent-endings.ts";
import { listTold, TELLING_MS } from "./told.ts";
import { listWebhooks, type StoredWebhook } from "./webhooks.ts";

export interface Notifier {
  /** For `createCatalog`. What cannot be enqueued is left to `makeUp`. */
  onEnded: OnEnded;
  /** Enqueues what ended within a week and was not told. Throws Problem queue_unavailable, and what the store throws. */
  makeUp(signal: AbortSignal): Promise<void>;
  /** Sends a `webhook.test`, once. @returns the message's id. Throws Problem webhook_disabled or queue_unavailable */
  test(webhook: StoredWebhook): Promise<string>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
}

type Surroundings = { store: ObjectStore; connection: RedisConnection; log: Logger };

export function createNotifier({ store, connection, log }: Surroundings): Notifier {
  const notices = createNoticeQueue(connection);
  const endedIn = createRecentEndings(store);
  return {
    async onEnded(kind, record) {
      const ended = endingOf(record);
      if (!ended) return;
      const told = tellAll({ store, notices }, kind, ended);
      await told.catch((err) => log.warn({ err, id: record.id }, "webhooks not told: left to the reconciler"));
    },
    async makeUp(signal) {
      for await (const notice of untold({ store, endedIn })) {
        signal.throwIfAborted();
        if (await notices.add(notice)) log.warn({ message: notice.message }, "webhook had not been told and will be");
      }
    },
    async test({ id, namespace, disabledAt }) {
      if (disabledAt) throw new Problem("webhook_disabled", `Its receiver answered 410 Gone at ${disabledAt}.`);
      const message = `${id}-${newTestId()}`;
      const data = { webhook: id, namespace };
      const event: WebhookEvent = { type: "webhook.test", timestamp: new Date().toISOString(), data };
      await notices.add({ namespace, id, message, event }, { attempts: 1 });
      return message;
    },
    close: () => notices.close(),
  };
}

async function tellAll(
  { store, notices }: { store: ObjectStore; notices: NoticeQueue },
  kind: RecordKind,
  record: Ended,
): Promise<void> {
  for (const webhook of await listeners(store, record.namespace)) await notices.add(noticeOf(webhook, kind, record));
}

type Looking = { store: ObjectStore; endedIn: ReturnType<typeof createRecentEndings> };

async function* untold(looking: Looking): AsyncGenerator<Notice> {
  for await (const namespace of listNamespaces(looking.store)) yield* untoldIn(looking, namespace);
}

async function* untoldIn({ store, endedIn }: Looking, namespace: string): AsyncGenerator<Notice> {
  const webhooks = await listeners(store, namespace);
  if (webhooks.length === 0) return;
  const told = await Promise.all(webhooks.map((webhook) => listTold(store, webhook)));
  const done = new Set(told.flatMap((messages) => [...messages]));
  for await (const { kind, record } of endedIn(namespace, Date.now() - TELLING_MS)) {
    // Whoever asked to be told later was not meant.
    const meant = webhooks.filter(({ createdAt }) => Date.parse(createdAt) <= Date.parse(record.endedAt));
    yield* meant.map((webhook) => noticeOf(webhook, kind, record)).filter(({ message }) => !done.has(message));
  }
}

/** Those whose receiver is there, as far as is known. */
async function listeners(store: ObjectStore, namespace: string): Promise<StoredWebhook[]> {
  const webhooks = await listWebhooks(store, namespace);
  return webhooks.filter(({ disabledAt, events }) => !disabledAt && events.includes("job.finished"));
}

function noticeOf({ id: webhook, namespace }: StoredWebhook, kind: RecordKind, record: Ended): Notice {
  const { id, error, endedAt: timestamp } = record;
  const data = { kind, id, namespace, state: endedStateSchema.parse(record.state) };
  const event: WebhookEvent = {
    ...{ type: "job.finished", timestamp },
    data: error ? { ...data, error: { code: error.code } } : data,
  };
  return { namespace, id: webhook, message: `${webhook}-${id}`, event };
}
