// What a model may start from, and what is said of what it may not.
import type { Artifact, Model } from "@ursa/contracts/model";
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
    ...{ model: id, stage: "stage-1", head: "kept" },
    ...{ key: "weights of stage-1", sha256: sha256Of("stage-1") },
  });
  expect((await train(id)).from).toMatchObject({ model: id, stage: "stage-2" });
  expect((await train(undefined)).from).toBeUndefined();
});

test("on other classes a new head begins, so the phases must train one", async () => {
  const { id } = await trained({ classes: ["teddy", "black"] });
  expect((await train(id, { phases: ["stage-1"] })).from).toMatchObject({ head: "new" });
  const errors = [{ in: "body", path: "recipe.phases", message: expect.stringContaining("needs stage-1") }];
  for (const phases of [["stage-2"], ["lr-find"]])
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
