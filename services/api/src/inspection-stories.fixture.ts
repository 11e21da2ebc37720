// What routes.integration.test.ts tells of each route of inspections.
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { expect } from "vitest";
import { keysUnder, toArray, type World } from "./api-world.fixture.ts";
import { seedDataset, seedInspection } from "./seed-records.fixture.ts";

export const INSPECTION_STORIES = {
  async createInspection({ client, ...rest }) {
    const dataset = await seedDataset(rest);
    const made = await client.call("createInspection", { body: { dataset: dataset.id } });
    const version = { id: dataset.id, version: 1, manifestSha256: dataset.manifest?.sha256 };
    expect(made).toMatchObject({ state: "queued", dataset: version, classes: ["black", "teddy"] });
    expect(await rest.producer.isQueued("inspection", made)).toBe(true);
  },
  async listInspections({ client, ...rest }) {
    const made = await seedInspection(rest);
    expect((await client.call("listInspections", {})).items).toContainEqual(made);
  },
  async getInspection({ client, ...rest }) {
    const { id } = await seedInspection(rest);
    expect(await client.call("getInspection", { params: { id } })).toMatchObject({ id, summary: { suspects: 2 } });
  },
  async getInspectionResult({ client, ...rest }) {
    const { id } = await seedInspection(rest);
    const result = await client.call("getInspectionResult", { params: { id } });
    expect(result).toMatchObject({ inspectionId: id, count: 10, worthALook: [{ key: "3" }, { key: "9" }] });
  },
  async listSuspects({ client, ...rest }) {
    const { id, result } = await seedInspection(rest);
    const page = (query: object) => client.call("listSuspects", { params: { id }, query });
    expect(await page({ limit: 1 })).toMatchObject({ items: [{ key: "3" }], next: "1" });
    // The other pages come from what was read for the first.
    await rest.store.delete(result?.key ?? "");
    expect(await page({ limit: 1, cursor: "1" })).toMatchObject({ items: [{ key: "9", split: "valid" }] });
    for (const query of [{ suspicion: "duplicate" }, { class: "teddy" }, { split: "valid" }])
      expect((await page(query)).items.map(({ key }) => key)).toEqual(["9"]);
    await expect(page({ cursor: "x" })).rejects.toMatchObject({ code: "invalid_request" });
    const running = await seedInspection(rest, { state: "running" });
    const early = client.call("listSuspects", { params: { id: running.id }, query: {} });
    await expect(early).rejects.toMatchObject({ code: "still_running" });
  },
  async cancelInspection({ client, ...rest }) {
    const { id } = await seedInspection(rest, { state: "running" });
    expect(await client.call("cancelInspection", { params: { id } })).toMatchObject({ state: "cancelled" });
  },
  async deleteInspection({ client, ...rest }) {
    const { id } = await seedInspection(rest);
    expect(await client.call("deleteInspection", { params: { id } })).toBeUndefined();
    expect(await keysUnder(rest, keys.inspection.all({ namespace: "default", id }))).toEqual([]);
  },
  async inspectionEvents({ client, ...rest }) {
    const { id } = await seedInspection(rest);
    const told = await toArray(await client.call("inspectionEvents", { params: { id } }));
    expect(told.map(({ data }) => data)).toEqual([{ type: "state", state: "ready" }]);
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
