// What routes.integration.test.ts tells of each route of webhooks.
import type { RouteId } from "@ursa/contracts/routes";
import { expect } from "vitest";
import { refusalOf, type World } from "./api-world.fixture.ts";

const body = { url: "https://hooks.example/ursa", name: "ci" };

export const WEBHOOK_STORIES = {
  async createWebhook({ client }) {
    const made = await client.call("createWebhook", { body });
    expect(made).toMatchObject({ ...body, namespace: "default", events: ["job.finished"] });
    expect(made.secret).toMatch(/^whsec_[\w+/]{43}=$/);
  },
  async listWebhooks({ client }) {
    const { secret: _, ...made } = await client.call("createWebhook", { body });
    expect((await client.call("listWebhooks", {})).items[0]).toEqual(made);
  },
  async getWebhook({ client }) {
    const { secret: _, ...made } = await client.call("createWebhook", { body });
    expect(await client.call("getWebhook", { params: { id: made.id } })).toEqual(made);
  },
  async testWebhook({ client, producer }) {
    const { id } = await client.call("createWebhook", { body });
    const { message } = await client.call("testWebhook", { params: { id } });
    expect(message).toMatch(new RegExp(`^${id}-tst_`));
    expect((await producer.counts()).notify.waiting).toBeGreaterThan(0);
  },
  async deleteWebhook({ client }) {
    const params = { id: (await client.call("createWebhook", { body })).id };
    expect(await client.call("deleteWebhook", { params })).toBeUndefined();
    expect(await refusalOf(client.call("getWebhook", { params }))).toMatchObject({ code: "not_found" });
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
