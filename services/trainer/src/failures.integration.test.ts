// The lesson's four ways to fail, as their recipes run them on small drawn pictures: none crashes, and each leaves its signature.
import type { EpochRow, Model } from "@ursa/contracts/model";
import { NAMED_RECIPES, type RecipeName } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

/** What a guess among three costs. */
const GUESS = Math.log(3);
let world: World;
let trainer: ReturnType<World["startTrainer"]>;
beforeAll(async () => {
  world = await createWorld({ perClass: 24 });
  trainer = world.startTrainer();
});
afterAll(async () => {
  await trainer[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const recipeOf = (name: RecipeName) => recipeSchema.parse({ ...NAMED_RECIPES[name].fields, size: 64 });
const train = async (recipe: ReturnType<typeof recipeOf>): Promise<Model> =>
  world.ended((await world.request(recipe)).id);
const loss = (row: EpochRow | undefined, name: "trainLoss" | "trainLossEval" | "validLoss") =>
  row?.[name] ?? Number.NaN;

test("a rate too high: the loss bursts, the run ends as diverged, and its epoch and checkpoint are kept", async () => {
  const { state, error, epochs, checkpoints, artifacts } = await train(recipeOf("lr-too-high"));
  expect({ state, error, artifacts }).toMatchObject({
    ...{ state: "failed", artifacts: [] },
    error: { code: "training_diverged", message: expect.stringContaining("the learning rate 0.5 is too high") },
  });
  expect(epochs).toHaveLength(1);
  expect(loss(epochs[0], "trainLossEval")).toBeGreaterThan(4 * GUESS);
  const [kept] = checkpoints;
  expect(kept).toMatchObject({ stage: "stage-1", epoch: 1 });
  expect(await world.store.head(kept?.key ?? "")).toBeDefined();
});

test("a rate too low: five epochs leave the loss about where a guess is", async () => {
  const { state, epochs } = await train(recipeOf("lr-too-low"));
  expect({ state, epochs }).toMatchObject({ state: "ready", epochs: { length: 5 } });
  const [first, last] = [loss(epochs[0], "trainLoss"), loss(epochs[4], "trainLoss")];
  expect(last).toBeLessThan(first);
  expect(last).toBeGreaterThan(GUESS);
});

test("too few epochs: the train loss stays far above the valid loss", async () => {
  const { state, epochs } = await train(recipeOf("one-epoch"));
  expect({ state, epochs }).toMatchObject({ state: "ready", epochs: { length: 1 } });
  expect(loss(epochs[0], "trainLoss")).toBeGreaterThan(2 * loss(epochs[0], "validLoss"));
});

test("too many epochs on few pictures: the train loss falls far below the valid loss", async () => {
  const recipe = recipeOf("too-many-epochs");
  // Of 6 pictures three steps an epoch, as in the lesson; half the epochs show it too.
  const { state, epochs } = await train({ ...recipe, stage2: { ...recipe.stage2, batchSize: 2, epochs: 20 } });
  expect(state).toBe("ready");
  const unfrozen = epochs.filter(({ stage }) => stage === "stage-2");
  expect(unfrozen).toHaveLength(20);
  expect(unfrozen.at(-1)?.validCount).toBe(66);
  expect(loss(unfrozen.at(-1), "trainLossEval")).toBeLessThan(loss(unfrozen.at(-1), "validLoss") / 2);
});
