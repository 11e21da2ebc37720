// What every-route.integration.test.ts walks of keys and webhooks: something of ours, and what another namespace is answered.
import type { World } from "./api-world.fixture.ts";

const url = "https://hooks.example/ursa?token=ours";
const hidden = (id: string) => [{ args: { params: { id } }, expected: "not_found" as const }];
const listed = (...telling: string[]) => [{ args: {}, expected: "nothing" as const, telling }];

export function accountCases(namespace: string) {
  const key = ({ apiKeys }: World) => apiKeys.create({ name: "walked", scopes: ["read"], namespace });
  const webhook = ({ webhooks }: World) => webhooks.create(namespace, { url, events: ["job.finished"] });
  return {
    createKey: async () => [
      { args: { body: { name: "theirs", scopes: ["read" as const], namespace } }, expected: "scope_missing" as const },
    ],
    listKeys: async (world: World) => listed((await key(world)).id),
    getKey: async (world: World) => hidden((await key(world)).id),
    rotateKey: async (world: World) => {
      const { id } = await key(world);
      return [{ args: { params: { id }, body: {} }, expected: "not_found" as const }];
    },
    revokeKey: async (world: World) => hidden((await key(world)).id),

    createWebhook: async () => [{ args: { body: { url: "https://hooks.example/" } }, expected: "nothing" as const }],
    listWebhooks: async (world: World) => listed((await webhook(world)).id, "token=ours"),
    getWebhook: async (world: World) => hidden((await webhook(world)).id),
    testWebhook: async (world: World) => hidden((await webhook(world)).id),
    deleteWebhook: async (world: World) => hidden((await webhook(world)).id),
  };
}
