// What a downloader needs to tell webhooks, in this process, and a receiver that verifies as its owner would: by the standard's recipe,
// with the browser's crypto instead of ours.
import { webcrypto } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { newId } from "@ursa/catalog/new-id";
import { createNotifier } from "@ursa/catalog/notifier";
import { createWebhooks } from "@ursa/catalog/webhooks";
import type { WebhookEvent } from "@ursa/contracts/webhook";
import { createPoster, type PosterOptions } from "@ursa/fetch/poster";
import { connectWorker } from "@ursa/queue/connection";
import { createNoticeQueue } from "@ursa/queue/notice-queue";
import { startWorker } from "@ursa/queue/worker";
import { createLogger } from "@ursa/service/logger";
import { createMetrics } from "@ursa/service/metrics";
import { openFolderStore } from "@ursa/store/folder-store";
import type { Behaviour } from "@ursa/testing/image-server";
import { startRedis } from "@ursa/testing/redis";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { createNotifyEnding, createNotifyProcess } from "./process-notify.ts";

/** Pauses between attempts, so that a test need not wait for hours. */
const BACKOFF_MS = 20;

export async function startNotifyWorld() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const folder = stack.use(await createScratchFolder());
  const store = await openFolderStore({ root: folder.path });
  stack.defer(() => store.close());
  const connection = connectWorker(redis.url);
  stack.defer(() => connection.close());
  const notices = createNoticeQueue(connection);
  stack.defer(() => notices.close());
  const logLines: string[] = [];
  const log = createLogger({
    service: "downloader",
    level: "info",
    destination: { write: (line) => void logLines.push(line) },
  });
  const notifier = createNotifier({ store, connection, log });
  stack.defer(() => notifier.close());
  const webhooks = createWebhooks(store);
  const metrics = createMetrics("downloader");

  /** @returns a worker as the downloader has it; close it in the test */
  function work(options: Partial<PosterOptions>, concurrency = 16) {
    const poster = createPoster({ userAgent: "Ursa/test", timeoutMs: 500, ...options });
    const deps = { store, poster, metrics };
    const worker = startWorker({
      ...{ queue: "notify", connection, concurrency, log, metrics, lockMs: 2000, cancelPollMs: 100 },
      ...{ process: createNotifyProcess(deps), onGivenUp: createNotifyEnding(deps) },
    });
    return {
      async [Symbol.asyncDispose]() {
        await worker.close();
        await poster.close();
      },
    };
  }
  const listen = (url: string, namespace = "default") => webhooks.create(namespace, { url, events: ["job.finished"] });
  /** Enqueues that a model of the webhook's namespace is ready. @returns the message's id */
  async function finish({ id, namespace }: { id: string; namespace: string }, attempts = 4): Promise<string> {
    const model = newId("model");
    const data = { kind: "model", id: model, namespace, state: "ready" } as const;
    const event: WebhookEvent = { type: "job.finished", timestamp: new Date().toISOString(), data };
    const message = `${id}-${model}`;
    await notices.add({ namespace, id, message, event }, { attempts, backoffMs: BACKOFF_MS });
    return message;
  }
  const kept = stack.move();
  return {
    ...{ redis, folder, store, connection, notices, notifier, webhooks, metrics, log, logLines, work, listen, finish },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type Received = { headers: IncomingMessage["headers"]; body: string };

/** Takes everything, and answers as it is told. */
export function receiver(answer: Behaviour) {
  const received: Received[] = [];
  const behaviour: Behaviour = async (request, response, hits) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    await answer(request, response, hits);
  };
  return { received, behaviour };
}

/** As https://www.standardwebhooks.com has it, by an implementation that is not ours. @returns whether it is genuine and of now */
export async function isGenuine({ headers, body }: Received, secret: string): Promise<boolean> {
  const [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (name) => headers[name],
  );
  const raw = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const key = await webcrypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const [version, encoded = ""] = String(signature).split(",");
  const text = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const isSigned = await webcrypto.subtle.verify("HMAC", key, Buffer.from(encoded, "base64"), text);
  return version === "v1" && isSigned && Math.abs(Date.now() / 1000 - Number(timestamp)) < 300;
}
