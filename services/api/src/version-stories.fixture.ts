// The stories of routes.integration.test.ts about drafts and versions of datasets, of notes and of batches to look at.
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { expect } from "vitest";
import { refusalOf, urls, type World } from "./api-world.fixture.ts";
import { ITEMS, seedDataset, seedInspection, seedModel } from "./seed-records.fixture.ts";

export const versionStories = {
  async describeDataset({ client, ...rest }: World) {
    const { id, createdAt, manifest } = await seedDataset(rest, { name: "bears", note: "first try" });
    const patch = (body: { name?: string | null; note?: string | null }) =>
      client.call("describeDataset", { params: { id }, body });
    expect(await patch({ note: "labels checked" })).toMatchObject({ name: "bears", note: "labels checked", manifest });
    expect(await patch({ name: null })).toMatchObject({ note: "labels checked", createdAt, state: "ready" });
    expect(await patch({ note: null })).not.toHaveProperty("note");
    expect(await client.call("getDataset", { params: { id } })).not.toHaveProperty("name");
  },
  async describeModel({ client, ...rest }: World) {
    const { id, artifacts } = await seedModel(rest);
    const described = await client.call("describeModel", { params: { id }, body: { name: "bears", note: "better" } });
    expect(described).toMatchObject({ name: "bears", note: "better", artifacts, state: "ready" });
  },
  async listItemNeighbours({ client, ...rest }: World) {
    const hashes = ["00000000000000ff", "00000000000000fe", "00000000000000f0", "ffffffffffffff00"];
    const items = ITEMS.map((item, n) => ({ ...item, ...(hashes[n] ? { perceptualHash: hashes[n] } : {}) }));
    const { id, manifest } = await seedDataset(rest, { items });
    const near = (key: string) => client.call("listItemNeighbours", { params: { id, key } });
    const [second, third] = [items[1], items[2]];
    expect((await near("0")).items).toEqual([
      { item: second, distance: 1 },
      { item: third, distance: 4 },
    ]);
    expect(await refusalOf(near("99"))).toMatchObject({ code: "not_found" });
    // Once it was inspected, what the network finds most like it is preferred to hashes.
    const found = {
      nearest: { "0": [{ key: "3", cosine: 0.4 }] },
      nearDuplicates: [{ a: "0", b: "2", cosine: 0.8, distance: 4 }],
    };
    await seedInspection(rest, { dataset: { id, version: 1, manifestSha256: manifest?.sha256 ?? "" }, found });
    expect((await near("0")).items).toEqual([
      { item: third, distance: 4, cosine: 0.8 },
      { item: items[3], distance: 64, cosine: 0.4 },
      { item: second, distance: 1 },
    ]);
  },
  async showBatch({ client, ...rest }: World) {
    const { id } = await seedDataset(rest, { items: ITEMS.slice(0, 1) });
    await rest.store.put(keys.image("default", ITEMS[0]?.sha256 ?? ""), await drawBear("black", 1));
    const response = await client.call("showBatch", { params: { id }, query: { size: 64 } });
    expect(response.headers.get("content-type")).toBe("image/png");
  },
  async editDataset({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    const body = { edits: [{ action: "keep" as const, key: "3" }] };
    const draft = await client.call("editDataset", { params: { id }, body });
    expect(draft).toMatchObject({ dataset: id, counts: { keep: 1 }, edits: [{ key: "3", action: "keep" }] });
  },
  async getDraft({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    expect(await client.call("getDraft", { params: { id } })).toEqual({
      ...{ dataset: id, counts: {}, edits: [], decisions: [] },
    });
  },
  async discardDraft({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    expect(await client.call("discardDraft", { params: { id } })).toBeUndefined();
  },
  async commitDataset({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    await client.call("editDataset", { params: { id }, body: { edits: [{ action: "delete", key: "0" }] } });
    const made = await client.call("commitDataset", { params: { id }, body: {} });
    expect(made).toMatchObject({ state: "queued", version: 2, parent: { id, version: 1 }, shards: 0 });
  },
  async addToDataset({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    const body = { sources: [{ class: "black", urls: urls("new", 2) }] };
    const made = await client.call("addToDataset", { params: { id }, body });
    expect(made).toMatchObject({ state: "queued", version: 2, parent: { id }, listed: 14, planned: 2, shards: 1 });
  },
  async retryDataset({ client, ...rest }: World) {
    const { id } = await seedDataset(rest);
    const made = await client.call("retryDataset", { params: { id }, body: {} });
    expect(made).toMatchObject({ state: "queued", version: 2, parent: { id }, listed: 12, planned: 1, shards: 1 });
  },
  async diffDataset({ client, ...rest }: World) {
    const [from, to] = [await seedDataset(rest), await seedDataset(rest, { items: ITEMS.slice(1) })];
    const { counts, items } = await client.call("diffDataset", { params: { id: to.id }, query: { from: from.id } });
    expect(counts).toEqual({ added: 0, removed: 1, relabelled: 0, restored: 0 });
    expect(items).toMatchObject([{ key: "0", change: "removed" }]);
    expect((await refusalOf(client.call("diffDataset", { params: { id: to.id } }))).code).toBe("invalid_request");
  },
};
