// What a model may start from, and what is said of what it may not.
import { rateBasisOf } from "@ursa/classifier/stage-2-rates";
import type { Artifact, Finder, Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel, sha256Of } from "./seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const weights = (stage: Artifact["stage"]): Artifact => ({
  ...{ stage, name: "weights.safetensors", key: `weights of ${stage}`, bytes: 1, sha256: sha256Of(stage) },
});
const both = [weights("stage-1"), weights("stage-2")];
const trained = (more: Partial<Model> = {}) => seedModel(world, { artifacts: [...both], ...more });

async function train(from: string | undefined, recipe: Parameters<typeof recipeSchema.parse>[0] = {}) {
  const { id: dataset } = await seedDataset(world);
  return world.client.call("createModel", { body: { dataset, recipe: recipeSchema.parse(recipe), from } });
}

test("a stage is started from by its name, the last one by the model's alone", async () => {
  const { id } = await trained();
  const first = await train(`${id}@stage-1`, { phases: ["stage-2"] });
  expect(first.from).toEqual({
    ...{ model: id, stage: "stage-1", head: "kept", stage1Rate: 3e-3 },
    ...{ key: "weights of stage-1", sha256: sha256Of("stage-1") },
  });
  expect((await train(id)).from).toMatchObject({ model: id, stage: "stage-2" });
  expect((await train(undefined)).from).toBeUndefined();
});

test("on other classes a new head begins, so the phases must train one", async () => {
  const { id } = await trained({ classes: ["teddy", "black"] });
  expect((await train(id, { phases: ["stage-1"] })).from).toMatchObject({ head: "new" });
  const errors = [{ in: "body", path: "recipe.phases", message: expect.stringContaining("needs stage-1") }];
  expect((await train(id, { phases: ["lr-find"] })).from, "looks at a new head").toMatchObject({ head: "new" });
  for (const phases of [["stage-2"], ["lr-find", "stage-2"]])
    await expect(train(id, { phases })).rejects.toMatchObject({ code: "invalid_request", extra: { errors } });
});

test("the whole network is not trained without a head, nor a stage of another backbone", async () => {
  const { id } = await trained();
  const faultOf = (path: string, message: string) => ({
    ...{
      code: "invalid_request",
      extra: { errors: [{ in: "body", path, message: expect.stringContaining(message) }] },
    },
  });
  await expect(train(undefined, { phases: ["stage-2"] })).rejects.toMatchObject(
    faultOf("recipe.phases", "no trained head: put stage-1 first"),
  );
  await expect(train(id, { backbone: "resnet18" })).rejects.toMatchObject(
    faultOf("from", "is a efficientnet_lite0, but the recipe's backbone is resnet18"),
  );
  await expect(train("mdl_1")).rejects.toMatchObject({ code: "invalid_request" });
  await expect(train("mdl_01K00000000000000000000000")).rejects.toMatchObject({ code: "unknown_model" });
});

test("stage 2 goes by the rate and the finder of the stage that it starts from, also further down", async () => {
  const finder: Finder = { layers: "all", points: [], suggestions: { valley: 1e-5, steepest: 1e-4 }, seconds: 1 };
  const recipe = recipeSchema.parse({ phases: ["stage-1", "lr-find"], stage1: { learningRate: 1e-2 } });
  const { id } = await trained({ recipe, finder, artifacts: [weights("stage-1")] });
  const second = await train(id, { phases: ["stage-2"] });
  expect(second.from).toMatchObject({ stage1Rate: 1e-2, finder: { suggestions: finder.suggestions } });
  expect(rateBasisOf(second)).toMatchObject({ stage1Rate: 1e-2, found: { suggestions: { valley: 1e-5 } } });
  expect(rateBasisOf(await train(id)), "a head of its own").toMatchObject({ stage1Rate: 3e-3, found: undefined });
  const { from, recipe: of } = second;
  const { id: next } = await trained({ ...(from ? { from } : {}), recipe: of, artifacts: [weights("stage-2")] });
  const third = (await train(next, { phases: ["stage-2"] })).from;
  expect([third?.stage1Rate, third?.finder], "the finder saw other weights").toEqual([1e-2, undefined]);
});

test("what `from` would silently override or make dishonest is refused", async () => {
  const { id: dataset, manifest } = await seedDataset(world);
  const { id } = await trained({ dataset: { id: dataset, version: 1, manifestSha256: manifest?.sha256 ?? "" } });
  const ask = (recipe: object, from = id) =>
    world.client.call("createModel", { body: { dataset, recipe: recipeSchema.parse(recipe), from } });
  const faultOf = (path: string, message: string) => ({
    extra: { errors: [{ in: "body", path, message: expect.stringContaining(message) }] },
  });
  await expect(ask({ pretrained: false })).rejects.toMatchObject(faultOf("recipe.pretrained", `starts from ${id}`));
  await expect(ask({ validFraction: 0.4 })).rejects.toMatchObject(
    faultOf("recipe.validFraction", `pictures that ${id} was trained on: it kept 0.2`),
  );
  expect((await ask({ validFraction: 0.1 })).from, "within what it kept").toMatchObject({ model: id });
  expect((await train(id, { validFraction: 0.4 })).from, "of other pictures").toMatchObject({ model: id });
});

test("a stage that diverged is not started from, but the one before it is", async () => {
  const { id } = await trained({
    ...{ state: "failed", error: { code: "training_diverged", message: "The loss is not a number." } },
    recipe: recipeSchema.parse({ phases: ["stage-1", "stage-2"] }),
    stages: [{ name: "stage-1", errorRate: 0.1, validLoss: 0.2, seconds: 3 }],
    artifacts: [weights("stage-1")],
  });
  await expect(train(`${id}@stage-2`)).rejects.toMatchObject({
    code: "model_not_ready",
    message: `stage-2 of ${id} diverged: start again from the pretrained weights, or from the last healthy stage, ${id}@stage-1.`,
  });
  expect((await train(id)).from).toMatchObject({ stage: "stage-1" });
});

test("a model that another starts from is kept until that has ended", async () => {
  const { id } = await trained();
  const { id: next } = await train(id);
  const message = expect.stringContaining(`needed by ${next}`);
  await expect(world.client.call("deleteModel", { params: { id } })).rejects.toMatchObject({ code: "in_use", message });
  await world.client.call("cancelModel", { params: { id: next } });
  await world.client.call("deleteModel", { params: { id } });
});
