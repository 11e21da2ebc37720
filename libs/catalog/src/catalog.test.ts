import { drawDataset, drawModel, drawPrediction } from "@ursa/queue/records.fixture";
import { keys } from "@ursa/store/keys";
import { expect, test } from "vitest";
import { createCatalog, FenceLost, IllegalMove } from "./catalog.ts";
import { openScratchStore } from "./scratch-store.fixture.ts";

test("a record is created once, and a repeat answers what is stored", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const record = drawDataset({ name: "bears" });
  expect(await catalog.create("dataset", record)).toEqual(record);
  expect(await catalog.create("dataset", { ...record, name: "cats" })).toEqual(record);
  expect(await catalog.get("dataset", "default", record.id)).toEqual(record);
  await expect(catalog.get("dataset", "other", record.id)).rejects.toMatchObject({ code: "not_found" });
});

test("what is not a record is never written", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  await expect(catalog.create("dataset", drawDataset({ classes: [] }))).rejects.toThrow(/classes/);
});

test("a record goes through its life, and only forward", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const model = await catalog.create("model", drawModel());
  await expect(catalog.update("model", model, (now) => ({ ...now, state: "ready" }))).rejects.toThrow(IllegalMove);
  expect(await catalog.take("model", model)).toMatchObject({ state: "running", fence: 1 });
  await catalog.update("model", model, (now) => ({ ...now, state: "queued" }));
  expect(await catalog.take("model", model)).toMatchObject({ state: "running", fence: 2 });
  await catalog.update("model", model, (now) => ({ ...now, state: "ready" }), { fence: 2 });
  await expect(catalog.take("model", model)).rejects.toMatchObject({ code: "already_final" });
  const cancel = catalog.update("model", model, (now) => ({ ...now, state: "cancelled" }));
  await expect(cancel).rejects.toMatchObject({ code: "already_final" });
  await expect(catalog.update("model", model, (now) => ({ ...now, fence: 1 }))).rejects.toThrow(IllegalMove);
});

test("a worker whose fence was raised by another can write nothing more", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const model = await catalog.create("model", drawModel());
  const slow = await catalog.take("model", model);
  const quick = await catalog.take("model", model);
  const late = catalog.update("model", model, (now) => ({ ...now, state: "ready" }), { fence: slow.fence });
  await expect(late).rejects.toThrow(FenceLost);
  await catalog.update("model", model, (now) => ({ ...now, state: "ready" }), { fence: quick.fence });
});

test("a cancelled record refuses its own worker", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const model = await catalog.create("model", drawModel());
  const { fence } = await catalog.take("model", model);
  await catalog.update("model", model, (now) => ({ ...now, state: "cancelled" }));
  const late = catalog.update("model", model, (now) => ({ ...now, epochs: [] }), { fence });
  await expect(late).rejects.toThrow(FenceLost);
});

test("of twenty workers that take a record at once, each gets a fence of its own", async () => {
  await using scratch = await openScratchStore();
  const model = await createCatalog(scratch).create("model", drawModel());
  const taken = await Promise.all(Array.from({ length: 20 }, () => createCatalog(scratch).take("model", model)));
  expect(taken.map(({ fence }) => fence).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
});

test("what a later version wrote survives an update by this one, however deep it lies", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const model = drawModel({ state: "queued" });
  const later = {
    ...model,
    region: "eu",
    dataset: { ...model.dataset, origin: "camera" },
    recipe: { ...model.recipe, stage1: { ...model.recipe.stage1, sharpness: 3 } },
  };
  const key = keys.record("default", "models", model.id);
  await scratch.store.put(key, JSON.stringify(later));
  await catalog.take("model", model);
  await catalog.update("model", model, (now) => ({ ...now, state: "ready", name: "a" }));
  const { body } = await scratch.store.get(key);
  expect(JSON.parse(body.toString())).toEqual({
    ...later,
    state: "ready",
    name: "a",
    fence: 1,
    updatedAt: expect.any(String),
    endedAt: expect.any(String),
  });
});

test("unfinished records of every namespace are found, and a damaged one does not hide the rest", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const open = [
    await catalog.create("dataset", drawDataset({ namespace: "a" })),
    await catalog.create("model", drawModel({ namespace: "a-b" })),
    await catalog.create("prediction", drawPrediction({ namespace: "b" })),
  ];
  const done = await catalog.create("model", drawModel({ namespace: "b", state: "ready" }));
  await scratch.store.put(keys.record("b", "models", drawModel().id), "{ half a rec");
  await scratch.store.put(keys.image("b", "0".repeat(64)), "not a record");
  const find = async () => {
    const found: string[] = [];
    for await (const { record } of catalog.unfinished()) found.push(record.id);
    return found.sort();
  };
  expect(await find()).toEqual(open.map(({ id }) => id));
  // Again, with what has ended remembered.
  expect(await find()).not.toContain(done.id);
  await catalog.update("model", open[1] ?? done, (now) => ({ ...now, state: "failed" }));
  expect(await find()).toEqual([open[0]?.id, open[2]?.id]);
});

test("a dataset and a model know who still needs them", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const dataset = await catalog.create("dataset", drawDataset({ state: "ready" }));
  const lineage = { id: dataset.id, version: 1, manifestSha256: "0".repeat(64) };
  expect(await catalog.usersOf("dataset", dataset)).toEqual([]);
  const model = await catalog.create("model", drawModel({ dataset: lineage }));
  await catalog.create("prediction", drawPrediction({ model: model.id, dataset: dataset.id, state: "ready" }));
  const running = await catalog.create("prediction", drawPrediction({ model: model.id, dataset: dataset.id }));
  expect(await catalog.usersOf("dataset", dataset)).toEqual([model.id, running.id]);
  expect(await catalog.usersOf("model", model)).toEqual([running.id]);
});

test("a model is needed by another that starts from it until that has ended", async () => {
  await using scratch = await openScratchStore();
  const catalog = createCatalog(scratch);
  const first = await catalog.create("model", drawModel({ state: "ready" }));
  const from = { model: first.id, stage: "stage-1", key: "k", sha256: "0".repeat(64), head: "kept" } as const;
  const second = await catalog.create("model", drawModel({ from, state: "running" }));
  expect(await catalog.usersOf("model", first)).toEqual([second.id]);
  await catalog.update("model", second, (now) => ({ ...now, state: "ready" }));
  expect(await catalog.usersOf("model", first)).toEqual([]);
});

test("whoever ends a record is told of it, once, with when that was; other changes are told to nobody", async () => {
  await using scratch = await openScratchStore();
  const told: unknown[] = [];
  const catalog = createCatalog({ ...scratch, onEnded: async (kind, record) => void told.push([kind, record]) });
  const model = await catalog.create("model", drawModel());
  await catalog.take("model", model);
  await catalog.update("model", model, (now) => ({ ...now, note: "soon" }));
  expect(told).toEqual([]);
  const states = ["ready", "failed", "cancelled"] as const;
  const ends = states.map((state) => catalog.update("model", model, (now) => ({ ...now, state })));
  const [won] = (await Promise.allSettled(ends)).flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  await catalog.update("model", model, (now) => ({ ...now, note: "done" }));
  expect(told).toEqual([["model", won]]);
  expect(won?.endedAt).toBe(won?.updatedAt);
  expect((await catalog.get("model", "default", model.id)).endedAt).toBe(won?.endedAt);
});
