// Webhooks: who is told that jobs have ended. The API registers them; a downloader sends.
import type { Handlers } from "@ursa/http/server";
import type { Dependencies } from "./dependencies.ts";

export function webhookHandlers({ webhooks, notifier }: Dependencies): Handlers {
  return {
    createWebhook: async ({ body, request }) => webhooks.create(request.namespace, body),
    listWebhooks: async ({ request }) => ({ items: await webhooks.list(request.namespace) }),
    getWebhook: async ({ params, request }) => webhooks.get({ ...params, namespace: request.namespace }),
    async testWebhook({ params, request }) {
      const webhook = await webhooks.get({ ...params, namespace: request.namespace });
      return { message: await notifier.test(webhook) };
    },
    async deleteWebhook({ params, request }) {
      await webhooks.remove({ ...params, namespace: request.namespace });
      return undefined;
    },
  };
}
