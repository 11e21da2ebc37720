// What routes.integration.test.ts tells of rotating keys and of links; rotation and links have tests of their own beside it.
import type { RouteId } from "@ursa/contracts/routes";
import { expect } from "vitest";
import type { World } from "./api-world.fixture.ts";
import { seedModel, seedPrediction } from "./seed-records.fixture.ts";

export const ACCESS_STORIES = {
  async rotateKey({ client, apiKeys }) {
    const { id, token } = await apiKeys.create({ name: "ci", scopes: ["read"], namespace: "default" });
    const next = await client.call("rotateKey", { params: { id }, body: {} });
    expect(next).toMatchObject({ id, name: "ci", scopes: ["read"], token: expect.stringContaining(`ursa_${id}_`) });
    expect(next.token).not.toBe(token);
  },
  async createArtifactLink({ client, ...rest }) {
    const { id } = await seedModel(rest);
    const params = { id, stage: "stage-1", name: "model.json" };
    expect((await client.call("createArtifactLink", { params })).url).toMatch(/^\/v1\/links\//);
  },
  async createResultsLink({ client, ...rest }) {
    const { id } = await seedPrediction(rest);
    expect((await client.call("createResultsLink", { params: { id } })).url).toMatch(/^\/v1\/links\//);
  },
  async openLink({ client, ...rest }) {
    const { id } = await seedModel(rest);
    const params = { id, stage: "stage-1", name: "model.json" };
    const { url } = await client.call("createArtifactLink", { params, query: { expiresInSeconds: 60 } });
    const response = await client.call("openLink", { params: { link: url.split("/").at(-1) ?? "" } });
    expect(await response.text()).toBe("the bytes of model.json");
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
