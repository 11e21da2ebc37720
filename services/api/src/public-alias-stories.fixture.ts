// What routes.integration.test.ts tells of each route that a public alias answers.
import type { RouteId } from "@ursa/contracts/routes";
import { expect } from "vitest";
import type { World } from "./api-world.fixture.ts";
import { seedModel } from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

export const PUBLIC_ALIAS_STORIES = {
  async publicPage({ client, ...rest }) {
    const response = await client.call("publicPage", { params: await openAlias(rest, "page@open") });
    expect(await response.text()).toContain("<h1>");
  },
  async publicScript({ client }) {
    const response = await client.call("publicScript", {});
    expect(response.headers.get("content-type")).toMatch("text/javascript");
  },
  async publicClassify({ client, ...rest }) {
    rest.standIn.answers.classify = answerJson(200, CLASSIFIED);
    const params = await openAlias(rest, "ask@open");
    expect(await client.call("publicClassify", { params, body: new Uint8Array(1) })).toMatchObject({ class: "teddy" });
  },
  async publicPreflight({ client, ...rest }) {
    const params = await openAlias(rest, "preflight@open");
    expect(await client.call("publicPreflight", { params })).toBeUndefined();
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;

async function openAlias(world: Pick<World, "catalog" | "store" | "aliases">, name: string) {
  const { id } = await seedModel(world);
  await world.aliases.put("default", name, { model: id, public: { origins: [], ratePerMinute: 60 } });
  return { namespace: "default", name };
}
