// How records end on request: cancelled in any state that is not final, deleted once nothing needs them.
import { isFinal, STATES } from "@ursa/contracts/record";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";
import { ITEMS, seedDataset, seedModel, seedPrediction } from "./seed-records.fixture.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const KINDS = [
  { kind: "dataset", seed: seedDataset, cancel: "cancelDataset", remove: "deleteDataset" },
  { kind: "model", seed: seedModel, cancel: "cancelModel", remove: "deleteModel" },
  { kind: "prediction", seed: seedPrediction, cancel: "cancelPrediction", remove: "deletePrediction" },
] as const;
const CASES = KINDS.flatMap((one) => STATES.map((state) => ({ ...one, state })));
const final = CASES.filter(({ state }) => isFinal(state));
const unfinished = CASES.filter(({ state }) => !isFinal(state));
const error = { code: "worker_failed", message: "It failed." } as const;
const of = (id: string) => ({ params: { id } });
const left = async (id: string) => (await keysUnder(world)).filter((key) => key.includes(id));

describe("cancel", () => {
  test.each(unfinished)("a $kind that is $state", async ({ kind, seed, cancel, state }) => {
    const { id, namespace } = await seed(world, { state });
    const cancelled = await world.client.call(cancel, of(id));
    expect(cancelled).toMatchObject({ id, state: "cancelled", error: { code: "cancelled" } });
    expect(await world.catalog.get(kind, namespace, id)).toEqual(cancelled);
  });

  test.each(final)("a $kind that is $state already: refused, and unchanged", async ({ kind, seed, cancel, state }) => {
    const made = await seed(world, { state, ...(state === "failed" ? { error } : {}) });
    const refusal = await refusalOf(world.client.call(cancel, of(made.id)));
    expect(refusal).toMatchObject({ code: "already_final", message: expect.stringContaining(state) });
    expect(await world.catalog.get(kind, made.namespace, made.id)).toEqual(made);
  });

  test("takes the jobs that have not started out of the queue", async () => {
    const sources = ["black", "teddy"].map((name) => ({ class: name, urls: urls(name, 600) }));
    const { id, shards } = await world.client.call("createDataset", { body: { sources } });
    const before = await world.producer.counts();
    await world.client.call("cancelDataset", of(id));
    const after = await world.producer.counts();
    expect(before.fetch.prioritized).toBe(shards);
    expect(after.fetch.prioritized).toBe(0);
    expect(after.assemble["waiting-children"]).toBe(0);
  });

  test("of what is not there", async () => {
    const refusal = await refusalOf(world.client.call("cancelModel", of("mdl_01J00000000000000000000000")));
    expect(refusal).toMatchObject({ code: "not_found", status: 404 });
  });
});

describe("delete", () => {
  test.each(unfinished)("a $kind that is $state is refused until it is cancelled", async (one) => {
    const { id } = await one.seed(world, { state: one.state });
    const refusal = await refusalOf(world.client.call(one.remove, of(id)));
    expect(refusal).toMatchObject({ code: "still_running", message: expect.stringContaining("cancel it first") });
    await world.client.call(one.cancel, of(id));
    await world.client.call(one.remove, of(id));
    expect(await left(id)).toEqual([]);
  });

  test.each(final)("a $kind that is $state takes everything of its own along", async ({ seed, remove, state }) => {
    const made = await seed(world, { state });
    await world.events.publish(made, { type: "log", message: "something" });
    expect(await left(made.id)).not.toEqual([]);
    await world.client.call(remove, of(made.id));
    expect(await left(made.id)).toEqual([]);
    expect(await world.connection.redis.keys(`*${made.id}*`)).toEqual([]);
    // Again: there is no such thing any more, and nothing breaks.
    expect(await refusalOf(world.client.call(remove, of(made.id)))).toMatchObject({ code: "not_found" });
  });

  test("a dataset leaves the pictures, which others may share, and is gone from the list", async () => {
    const shared = keys.image("default", ITEMS[0]?.sha256 ?? "");
    await world.store.put(shared, "a picture");
    const [first, second] = [await seedDataset(world), await seedDataset(world)];
    await world.client.call("deleteDataset", of(first.id));
    expect(await world.store.head(shared)).toBeDefined();
    const { items } = await world.client.call("listDatasets", { query: { limit: 200 } });
    expect(items.map(({ id }) => id)).toContain(second.id);
    expect(items.map(({ id }) => id)).not.toContain(first.id);
  });

  test("hundreds of objects go", async () => {
    const made = await seedDataset(world);
    const shards = Array.from({ length: 200 }, (_, shard) => keys.dataset.part(made, shard));
    await Promise.all(shards.map((key) => world.store.put(key, "{}\n")));
    await world.client.call("deleteDataset", of(made.id));
    expect(await left(made.id)).toEqual([]);
  });

  test("what was deleted halfway can be deleted again", async () => {
    const made = await seedModel(world);
    await world.store.delete(made.artifacts[0]?.key ?? "");
    await world.client.call("deleteModel", of(made.id));
    expect(await left(made.id)).toEqual([]);
  });
});

describe("what something else needs is kept", () => {
  test("a dataset that a model was trained on", async () => {
    const dataset = await seedDataset(world);
    const lineage = { id: dataset.id, version: 1, manifestSha256: dataset.manifest?.sha256 ?? "" };
    const model = await seedModel(world, { dataset: lineage });
    const refusal = await refusalOf(world.client.call("deleteDataset", of(dataset.id)));
    expect(refusal).toMatchObject({ code: "in_use", message: expect.stringContaining(model.id) });
    expect(await world.client.call("listItems", of(dataset.id))).toMatchObject({ items: expect.any(Array) });
    await world.client.call("deleteModel", of(model.id));
    await world.client.call("deleteDataset", of(dataset.id));
  });

  test("a model that an alias names, which says which", async () => {
    const model = await seedModel(world);
    for (const name of ["a@x", "b@x", "c@x", "d@x"]) {
      await world.client.call("putAlias", { params: { name }, body: { model: model.id } });
    }
    const refusal = await refusalOf(world.client.call("deleteModel", of(model.id)));
    expect(refusal).toMatchObject({ code: "in_use", message: expect.stringContaining("a@x, b@x, c@x and 1 more") });
    for (const name of ["a@x", "b@x", "c@x", "d@x"]) await world.client.call("deleteAlias", { params: { name } });
    await world.client.call("deleteModel", of(model.id));
  });

  test("a dataset and a model that a prediction is at work on", async () => {
    const [dataset, model] = [await seedDataset(world), await seedModel(world)];
    const prediction = await seedPrediction(world, { state: "running", model: model.id, dataset: dataset.id });
    const refusals = [
      await refusalOf(world.client.call("deleteDataset", of(dataset.id))),
      await refusalOf(world.client.call("deleteModel", of(model.id))),
    ];
    const inUse = { code: "in_use", message: expect.stringContaining(prediction.id) };
    expect(refusals).toMatchObject([inUse, inUse]);
    await world.client.call("cancelPrediction", of(prediction.id));
    await world.client.call("deleteDataset", of(dataset.id));
    await world.client.call("deleteModel", of(model.id));
  });
});
