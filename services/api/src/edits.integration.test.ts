// The draft of a dataset and its commit, as a client meets them: nothing twice, nothing half, nothing lost.
import { restoreBackup, writeBackup } from "@ursa/catalog/backup";
import type { Dataset } from "@ursa/contracts/dataset";
import type { Edit } from "@ursa/contracts/edits";
import { readDecisions } from "@ursa/dataset/committed-edits";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, toArray, type World } from "./api-world.fixture.ts";
import { COUNTS, ITEMS, seedDataset } from "./seed-records.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
let world: World;

beforeAll(async () => {
  world = await startWorld({ adminKey: ADMIN_KEY });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const edit = ({ id }: Dataset, edits: Edit[], allowNewClasses = false) =>
  world.client.call("editDataset", { params: { id }, body: { edits, allowNewClasses } });
const commit = ({ id }: Dataset, headers: Record<string, string> = {}, body = {}) =>
  world.client.call("commitDataset", { params: { id }, body, headers });
const draft = ({ id }: Dataset) => world.client.call("getDraft", { params: { id } });
const seed = () => seedDataset(world, { counts: COUNTS, name: "bears" });
const removal = (key: string): Edit => ({ action: "delete", key });

describe("edits", () => {
  test("many at once gather in the draft, with who said it; sent again they change nothing", async () => {
    const dataset = await seed();
    const many = ITEMS.slice(0, 10).map(({ key }): Edit => ({ action: "keep", key }));
    const first = await edit(dataset, [...many, removal("3")]);
    expect(first.counts).toEqual({ keep: 9, delete: 1 });
    expect(first.edits.at(-1)).toMatchObject({ key: "3", action: "delete", by: "URSA_ADMIN_KEY" });
    expect(await edit(dataset, [...many.filter(({ key }) => key !== "3"), removal("3")])).toEqual(first);
    const { decisions, ...rest } = await draft(dataset);
    expect(rest).toEqual(first);
    // Of item 3 it was said first that it is to stay; that is not lost.
    expect(decisions?.filter(({ key }) => key === "3").map(({ action }) => action)).toEqual(["keep", "delete"]);
    await world.client.call("discardDraft", { params: { id: dataset.id } });
    expect((await draft(dataset)).edits).toEqual([]);
  });

  test("one that cannot be made keeps all of them from it, and each such one is named", async () => {
    const dataset = await seed();
    const refused = await refusalOf(edit(dataset, [removal("0"), removal("99"), { action: "keep", key: "10" }]));
    expect(refused.code).toBe("edits_refused");
    expect(refused.message).toContain("there is no item 99; item 10 is http_4xx: keep is for ok, label_conflict");
    expect(refused.extra.refused).toMatchObject([{ key: "99" }, { key: "10" }]);
    expect((await draft(dataset)).edits).toEqual([]);
  });

  test("a class that the dataset lacks is a mistake unless it is asked for", async () => {
    const dataset = await seed();
    const brown: Edit = { action: "relabel", key: "0", class: "brown" };
    const refused = await refusalOf(edit(dataset, [brown]));
    expect([refused.code, refused.message]).toEqual(["unknown_class", expect.stringContaining("black, teddy")]);
    await edit(dataset, [brown], true);
    // It is known now.
    expect((await edit(dataset, [{ ...brown, key: "1" }])).counts).toEqual({ relabel: 2 });
  });

  test("of many clients at once none is lost", async () => {
    const dataset = await seed();
    await Promise.all(ITEMS.slice(0, 10).map(({ key }) => edit(dataset, [{ action: "keep", key }])));
    expect((await draft(dataset)).counts).toEqual({ keep: 10 });
  });

  test("are in a backup, since they are a person's work", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0")]);
    const backup = await toArray(writeBackup(world.store, "1.0.0"));
    await world.client.call("discardDraft", { params: { id: dataset.id } });
    const lines = async function* () {
      yield* backup;
    };
    await restoreBackup(world.store, lines, { overwrite: false });
    expect((await draft(dataset)).counts).toEqual({ delete: 1 });
  });

  test("need a dataset that has items", async () => {
    const dataset = await seedDataset(world, { state: "running" });
    expect((await refusalOf(edit(dataset, [removal("0")]))).code).toBe("dataset_not_ready");
    expect((await refusalOf(commit(dataset))).code).toBe("dataset_not_ready");
  });
});

describe("a commit", () => {
  test("makes the next version, which names its parent and author, and empties the draft", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0"), { action: "relabel", key: "1", class: "teddy" }]);
    const made = await commit(dataset);
    expect(made).toMatchObject({
      ...{ version: 2, state: "queued", author: "URSA_ADMIN_KEY", name: "bears", listed: 12, planned: 0, shards: 0 },
      parent: { id: dataset.id, version: 1, manifestSha256: dataset.manifest?.sha256 },
      edits: { counts: { delete: 1, relabel: 1 } },
    });
    expect((await draft(dataset)).edits).toEqual([]);
    expect(await world.producer.isQueued("dataset", made)).toBe(true);
    expect(await world.client.call("getDataset", { params: { id: dataset.id } })).toEqual(dataset);
  });

  test("of an empty draft is refused", async () => {
    const dataset = await seed();
    const refused = await refusalOf(commit(dataset));
    expect([refused.code, refused.status]).toEqual(["draft_is_empty", 409]);
  });

  test("that is asked for twice under one key is one, also when the draft goes on meanwhile", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0")]);
    const key = { "idempotency-key": dataset.id };
    const made = await commit(dataset, key);
    await edit(dataset, [removal("1")]);
    expect(await commit(dataset, key)).toEqual(made);
    expect((await draft(dataset)).edits).toMatchObject([{ key: "1" }]);
    expect((await refusalOf(commit(dataset, key, { name: "other" }))).code).toBe("idempotency_conflict");
    expect(await commit(dataset)).toMatchObject({ edits: { counts: { delete: 1 } }, version: 2 });
  });

  test("has all that was said on the way to it, whoever said it last", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0")]);
    await edit(dataset, [{ action: "relabel", key: "0", class: "teddy" }, removal("1")]);
    const made = await commit(dataset);
    expect(made.edits?.counts).toEqual({ relabel: 1, delete: 1 });
    const said = await readDecisions(world.store, made);
    expect(said.map(({ key, action, by }) => [key, action, by])).toEqual([
      ["0", "delete", "URSA_ADMIN_KEY"],
      ["0", "relabel", "URSA_ADMIN_KEY"],
      ["1", "delete", "URSA_ADMIN_KEY"],
    ]);
    expect(await draft(dataset)).toMatchObject({ edits: [], decisions: [] });
  });

  test("that would leave too little is refused, and the draft stays", async () => {
    const dataset = await seed();
    // The only one of its class to check with.
    await edit(dataset, [removal("4")]);
    expect((await refusalOf(commit(dataset))).code).toBe("too_few_pictures");
    expect((await draft(dataset)).counts).toEqual({ delete: 1 });
  });
});

describe("additions and a retry", () => {
  const add = ({ id }: Dataset, more: string[], headers: Record<string, string> = {}) =>
    world.client.call("addToDataset", { params: { id }, body: { sources: [{ class: "black", urls: more }] }, headers });

  test("plan only what would be fetched, and leave the draft alone", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0")]);
    const made = await add(dataset, [ITEMS[0]?.url ?? "", "https://new.example/1.jpg"]);
    expect(made).toMatchObject({ name: "bears", listed: 14, planned: 2, author: "URSA_ADMIN_KEY" });
    const plan = (await world.store.get(keys.dataset.plan(made, 0))).body.toString().trim().split("\n");
    expect(plan.map((line) => JSON.parse(line))).toMatchObject([
      { key: "12", outcome: "duplicate", of: "0" },
      { key: "13", url: "https://new.example/1.jpg" },
    ]);
    expect((await draft(dataset)).counts).toEqual({ delete: 1 });
    const retried = await world.client.call("retryDataset", { params: { id: dataset.id }, body: {} });
    const again = (await world.store.get(keys.dataset.plan(retried, 0))).body.toString();
    // The line that is no URL is not tried again; what had come of the other one is forgotten.
    expect(JSON.parse(again)).toEqual({
      index: 10,
      key: "10",
      class: "black",
      url: ITEMS[10]?.url,
      source: "urls_black.txt",
      line: 11,
    });
  });

  test("without anything to fetch leave nothing behind", async () => {
    const dataset = await seed();
    const before = await keysUnder(world);
    expect((await refusalOf(add(dataset, [ITEMS[0]?.url ?? ""]))).code).toBe("nothing_to_fetch");
    expect(await keysUnder(world)).toEqual(before);
  });

  test("under one key are made once, and the same lists for another dataset are another request", async () => {
    const [dataset, other] = [await seed(), await seed()];
    const key = { "idempotency-key": dataset.id };
    const made = await add(dataset, ["https://new.example/1.jpg"], key);
    expect(await add(dataset, ["https://new.example/1.jpg"], key)).toEqual(made);
    expect((await refusalOf(add(other, ["https://new.example/1.jpg"], key))).code).toBe("idempotency_conflict");
  });
});

describe("deleting", () => {
  test("a version that another was made of waits until that one is gone, and takes its draft along", async () => {
    const dataset = await seed();
    await edit(dataset, [removal("0")]);
    const made = await commit(dataset);
    await edit(dataset, [removal("1")]);
    const remove = ({ id }: Dataset) => world.client.call("deleteDataset", { params: { id } });
    const refused = await refusalOf(remove(dataset));
    expect([refused.code, refused.message]).toEqual(["in_use", expect.stringContaining(made.id)]);
    // Cancelled before it had a manifest, it needs nothing.
    await world.client.call("cancelDataset", { params: { id: made.id } });
    await remove(dataset);
    await remove(made);
    expect(await keysUnder(world, keys.dataset.all(dataset))).toEqual([]);
    expect(await keysUnder(world, keys.record("default", "drafts", dataset.id))).toEqual([]);
  });
});
