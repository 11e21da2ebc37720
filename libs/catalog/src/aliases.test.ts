import type { Artifact } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { drawModel } from "@ursa/queue/records.fixture";
import { expect, test, vi } from "vitest";
import { createAliases } from "./aliases.ts";
import { createCatalog } from "./catalog.ts";
import { openScratchStore, type ScratchStore } from "./scratch-store.fixture.ts";

const artifact: Artifact = { stage: "stage-1", name: "model.onnx", key: "k", bytes: 1, sha256: "0".repeat(64) };

function open({ store }: ScratchStore) {
  const catalog = createCatalog({ store });
  const trained = () => catalog.create("model", drawModel({ state: "ready", artifacts: [artifact] }));
  return { catalog, trained, aliases: createAliases({ store, catalog }) };
}

test("the first alias becomes the default, a later one only when asked to", async () => {
  await using scratch = await openScratchStore();
  const { aliases, trained } = open(scratch);
  const [one, two] = [await trained(), await trained()];
  await expect(aliases.resolve("default", undefined)).rejects.toMatchObject({ code: "no_default_model" });
  expect(await aliases.put("default", "bears@production", { model: one.id })).toMatchObject({ default: true });
  expect(await aliases.put("default", "bears@staging", { model: two.id })).toMatchObject({ default: false });
  expect(await aliases.resolve("default", undefined)).toEqual({ modelId: one.id, alias: "bears@production" });
  expect(await aliases.put("default", "bears@staging", { model: two.id, default: true })).toMatchObject({
    default: true,
  });
  expect(await aliases.resolve("default", undefined)).toEqual({ modelId: two.id, alias: "bears@staging" });
  const list = await aliases.list("default");
  expect(list.map(({ name, default: isDefault }) => [name, isDefault])).toEqual([
    ["bears@production", false],
    ["bears@staging", true],
  ]);
});

test("moving an alias keeps its birthday and moves what it resolves to", async () => {
  await using scratch = await openScratchStore();
  const { aliases, trained, catalog } = open(scratch);
  const [one, two] = [await trained(), await trained()];
  const before = await aliases.put("default", "bears@production", { model: one.id });
  expect(await catalog.usersOf("model", one)).toEqual(["bears@production"]);
  const after = await aliases.put("default", "bears@production", { model: two.id });
  expect(after).toMatchObject({ createdAt: before.createdAt, model: two.id, default: true });
  expect(await aliases.resolve("default", "bears@production")).toEqual({ modelId: two.id, alias: "bears@production" });
  expect(await catalog.usersOf("model", one)).toEqual([]);
});

test("an alias needs a model that exists and can be served", async () => {
  await using scratch = await openScratchStore();
  const { aliases, catalog } = open(scratch);
  const untrained = await catalog.create("model", drawModel());
  const put = (model: string) => aliases.put("default", "bears@production", { model });
  await expect(put(drawModel().id)).rejects.toMatchObject({ code: "unknown_model" });
  await expect(put(untrained.id)).rejects.toMatchObject({ code: "model_not_ready" });
  const diverged = drawModel({ state: "failed", error: { code: "training_diverged", message: "The loss is 9." } });
  const fromWhere = expect.stringMatching(/stage-1 of mdl_\d+ diverged: start again from the pretrained weights/);
  await expect(put((await catalog.create("model", diverged)).id)).rejects.toMatchObject({ message: fromWhere });
  const finder = drawModel({ state: "ready", recipe: recipeSchema.parse({ phases: ["lr-find"] }) });
  const nothing = expect.stringContaining("only looks for a learning rate");
  await expect(put((await catalog.create("model", finder)).id)).rejects.toMatchObject({ message: nothing });
  await expect(aliases.resolve("default", untrained.id)).rejects.toMatchObject({ code: "model_not_ready" });
  await expect(aliases.resolve("default", "cats@production")).rejects.toMatchObject({ code: "unknown_model" });
  expect(await aliases.list("default")).toEqual([]);
});

test("without the default alias there is no default, until another is put", async () => {
  await using scratch = await openScratchStore();
  const { aliases, trained } = open(scratch);
  const model = await trained();
  await aliases.put("default", "a@production", { model: model.id });
  await aliases.put("default", "b@production", { model: model.id });
  await aliases.remove("default", "b@production");
  expect(await aliases.resolve("default", undefined)).toMatchObject({ alias: "a@production" });
  await aliases.remove("default", "a@production");
  await aliases.remove("default", "a@production");
  await expect(aliases.resolve("default", undefined)).rejects.toMatchObject({ code: "no_default_model" });
  await expect(aliases.get("default", "a@production")).rejects.toMatchObject({ code: "not_found" });
  expect(await aliases.put("default", "b@production", { model: model.id })).toMatchObject({ default: true });
});

test("an alias put and removed by many at once ends as one of them, with one default at most", async () => {
  await using scratch = await openScratchStore();
  const { trained } = open(scratch);
  const models = await Promise.all([trained(), trained(), trained(), trained()]);
  const names = ["a@x", "b@x", "c@x", "d@x"];
  await Promise.all(
    names.map((name, at) => open(scratch).aliases.put("default", name, { model: models[at]?.id ?? "", default: true })),
  );
  const list = await open(scratch).aliases.list("default");
  expect(list.filter((alias) => alias.default)).toHaveLength(1);
});

test("another process's move is seen within a second, and asking again costs nothing meanwhile", async () => {
  await using scratch = await openScratchStore();
  const { aliases, trained } = open(scratch);
  const [one, two] = [await trained(), await trained()];
  await aliases.put("default", "bears@production", { model: one.id });
  const read = vi.spyOn(scratch.store, "get");
  await aliases.resolve("default", undefined);
  const reads = read.mock.calls.length;
  await aliases.resolve("default", undefined);
  expect(read.mock.calls.length).toBe(reads);
  await open(scratch).aliases.put("default", "bears@production", { model: two.id });
  await vi.waitFor(
    async () => expect(await aliases.resolve("default", undefined)).toMatchObject({ modelId: two.id }),
    3000,
  );
});

test("an alias is private until it is made public, stays as it is when it moves, and is private again when told so", async () => {
  await using scratch = await openScratchStore();
  const { aliases, trained } = open(scratch);
  const [one, two] = [await trained(), await trained()];
  const access = { origins: ["https://friend.example"], ratePerMinute: 5 };
  expect(await aliases.put("default", "bears@web", { model: one.id })).not.toHaveProperty("public");
  expect(await aliases.put("default", "bears@web", { public: access })).toMatchObject({
    model: one.id,
    public: access,
  });
  expect(await aliases.put("default", "bears@web", { model: two.id })).toMatchObject({ model: two.id, public: access });
  expect(await aliases.list("default")).toMatchObject([{ public: access }]);
  expect(await aliases.put("default", "bears@web", { public: null })).not.toHaveProperty("public");
  expect(await aliases.get("default", "bears@web")).toMatchObject({ model: two.id });
});

test("a new alias needs a model", async () => {
  await using scratch = await openScratchStore();
  const { aliases } = open(scratch);
  const publish = aliases.put("default", "bears@web", { public: { origins: [], ratePerMinute: 5 } });
  await expect(publish).rejects.toMatchObject({ code: "not_found" });
  expect(await aliases.list("default")).toEqual([]);
});
