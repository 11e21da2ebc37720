// Of datasets: what foreign-cases.fixture.ts is made of.
import { newId } from "@ursa/catalog/new-id";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { urls } from "./api-world.fixture.ts";
import {
  type CasesOf,
  hidden,
  hiddenAll,
  listed,
  OURS,
  ours,
  theirs,
  upload,
  type WalkedWorld,
} from "./foreign-case.fixture.ts";
import * as seed from "./seed-records.fixture.ts";

/** A dataset of ours with an edit in its draft. */
const edited = async (world: WalkedWorld) => {
  const { id } = await seed.seedDataset(world, ours);
  await world.ourClient.call("editDataset", { params: { id }, body: { edits: [{ action: "delete", key: "0" }] } });
  return id;
};

export const datasetCases = {
  async putUpload(world) {
    const name = await upload(world);
    return [{ args: { params: { name }, body: "https://b.example/1\n" }, expected: "nothing" }];
  },
  async createDataset(world) {
    const sources = ["a", "b"].map((name) => ({ class: name, urls: urls(name, 4) }));
    const again = { body: { name: "once", sources }, headers: { "idempotency-key": newId("dataset") } };
    const { id } = await world.ourClient.call("createDataset", again);
    const ofUpload = { body: { sources: [{ class: "c", upload: await upload(world) }, ...sources] } };
    return [
      { args: ofUpload, expected: "upload_not_found" },
      { args: again, expected: "nothing", telling: [id] },
    ];
  },
  listDatasets: async (world) => listed((await seed.seedDataset(world, ours)).id),
  getDataset: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  describeDataset: (world) => hiddenAll(seed.seedDataset(world, ours), { body: { note: "seen" } }),
  cancelDataset: async (world) => hidden((await seed.seedDataset(world, { ...ours, state: "running" })).id),
  deleteDataset: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  editDataset: (world) =>
    hiddenAll(seed.seedDataset(world, ours), { body: { edits: [{ action: "delete", key: "0" }] } }),
  getDraft: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  discardDraft: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async commitDataset(world) {
    const params = { id: await edited(world) };
    const again = { params, body: {}, headers: { "idempotency-key": newId("dataset") } };
    const { id } = await world.ourClient.call("commitDataset", again);
    return [{ args: again, expected: "not_found", telling: [id] }];
  },
  async addToDataset(world) {
    const { id } = await seed.seedDataset(world, ours);
    const body = { sources: [{ class: "black", urls: urls("new", 2) }] };
    const mine = await seed.seedDataset(world, theirs);
    // Neither to a dataset of ours, nor from a list of ours.
    const ofUpload = { sources: [{ class: "black", upload: await upload(world) }] };
    return [
      { args: { params: { id }, body }, expected: "not_found" },
      {
        args: { params: { id: mine.id }, body: ofUpload },
        ...{ ownArgs: { params: { id }, body: ofUpload }, expected: "upload_not_found" },
      },
    ];
  },
  retryDataset: (world) => hiddenAll(seed.seedDataset(world, ours), { body: {} }),
  async diffDataset(world) {
    const [to, from] = [await seed.seedDataset(world, ours), await seed.seedDataset(world, ours)];
    const own = await seed.seedDataset(world, theirs);
    // Neither by its own address nor as what another one is compared with.
    return [
      { args: { params: { id: to.id }, query: { from: from.id } }, expected: "not_found", telling: [from.id] },
      {
        args: { params: { id: own.id }, query: { from: from.id } },
        ...{ ownArgs: { params: { id: to.id }, query: { from: from.id } }, expected: "not_found" },
      },
    ];
  },
  listItems: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async listItemNeighbours(world) {
    const { id } = await seed.seedDataset(world, ours);
    return hidden(id, { params: { id, key: "0" } });
  },
  getReport: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async showBatch(world) {
    const items = seed.ITEMS.slice(0, 1);
    const { id } = await seed.seedDataset(world, { ...ours, items });
    await world.store.put(keys.image(OURS, items[0]?.sha256 ?? ""), await drawBear("black", 1));
    const twin = await seed.seedDataset(world, { ...theirs, items });
    const args = { params: { id }, query: {} };
    return [
      ...hidden(id, args),
      { args: { ...args, params: { id: twin.id } }, ownArgs: args, expected: "not_found" as const },
    ];
  },
  async getItemImage(world) {
    const { id } = await seed.seedDataset(world, ours);
    await world.store.put(keys.image(OURS, seed.ITEMS[0]?.sha256 ?? ""), await drawBear("black", 1));
    // The same list, read by them: the picture's bytes were fetched by us and not by them.
    const twin = await seed.seedDataset(world, theirs);
    const ofTwin = { params: { id: twin.id, key: "0" }, query: {} };
    const args = { params: { id, key: "0" }, query: {} };
    return [...hidden(id, args), { args: ofTwin, ownArgs: args, expected: "not_found" as const }];
  },
  datasetEvents: async (world) => hidden((await seed.seedDataset(world, ours)).id),
} satisfies Partial<CasesOf>;
