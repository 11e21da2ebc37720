// Stopping after the head to choose rates, and going on from it: the phases of several runs, told with real processes.
import { createHash } from "node:crypto";
import { createAliases } from "@ursa/catalog/aliases";
import { untrained } from "@ursa/catalog/untrained";
import type { Lineage, Model } from "@ursa/contracts/model";
import type { PhaseName, Recipe } from "@ursa/contracts/recipe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const SMALL = { size: 64, stage1: { epochs: 1, batchSize: 4 }, stage2: { epochs: 1, batchSize: 4 } };
let world: World;
let trainer: ReturnType<World["startTrainer"]>;
/** A head, and what the finder saw of the layers under it. */
let first: Model;

beforeAll(async () => {
  world = await createWorld({ perClass: 4 });
  trainer = world.startTrainer();
  first = await train(["stage-1", "lr-find"]);
});
afterAll(async () => {
  await trainer[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

type Given = Parameters<World["request"]>[1] & { stage2?: Partial<Recipe["stage2"]> };
async function train(phases: PhaseName[], { stage2, ...given }: Given = {}): Promise<Model> {
  const { id } = await world.request({ ...SMALL, phases, stage2: { ...SMALL.stage2, ...stage2 } }, given);
  return world.ended(id);
}

function fileOf({ artifacts }: Model, stage: Lineage["stage"], name: string) {
  const file = artifacts.find((each) => each.stage === stage && each.name === name);
  if (!file) throw new Error(`There is no ${stage}/${name}.`);
  return file;
}

/** As the API finds it. */
function from(model: Model, head: Lineage["head"] = "kept"): Lineage {
  const { key, sha256 } = fileOf(model, "stage-1", "weights.safetensors");
  return { model: model.id, stage: "stage-1", key, sha256, head };
}

const cardOf = async (model: Model, stage: Lineage["stage"]) =>
  JSON.parse(String((await world.store.get(fileOf(model, stage, "model.json").key)).body));

const saidOf = async ({ id }: Model): Promise<string[]> =>
  (await world.eventsOf(id)).flatMap((event) => (event.type === "log" ? event.message : []));

test("a person looks at the curve and goes on from the head with rates of their own", async () => {
  expect(first).toMatchObject({ state: "ready", stages: [{ name: "stage-1" }], finder: { layers: "all" } });
  expect(first.finder?.points.length).toBeGreaterThan(10);
  const stage2 = { trainFrom: "body-high", rates: { lower: 1e-5, upper: 3e-4 } };
  const second = await train(["stage-2"], { from: from(first), stage2 });
  expect(second).toMatchObject({ state: "ready", stages: [{ name: "stage-2" }], epochs: [{ stage: "stage-2" }] });
  expect(second.finder).toBeUndefined();
  expect(await cardOf(second, "stage-2")).toMatchObject({
    from: { model: first.id, stage: "stage-1", sha256: from(first).sha256 },
    recipe: { stage2: { epochs: 1, batchSize: 4, ...stage2 } },
  });
});

test("without rates stage 2 goes by those of the head that it starts from, not by its own recipe's", async () => {
  const finder = { suggestions: { valley: 1e-5, steepest: 1e-4 } };
  const second = await train(["stage-2"], { from: { ...from(first), stage1Rate: 1e-2, finder } });
  const close = (rate: number) => expect.closeTo(rate, 12);
  expect((await cardOf(second, "stage-2")).rates).toEqual([1e-5, close(1e-4), close(1e-3)]);
});

test("of the same classes the head goes on; of others a new one begins on the same body", async () => {
  const kept = await train(["stage-1"], { from: from(first) });
  expect(kept).toMatchObject({ state: "ready", epochs: [{ epoch: 1 }] });
  // A second epoch for the same head: nothing else is different.
  expect(kept.epochs[0]?.trainLoss).toBeLessThan(first.epochs[0]?.trainLoss ?? 0);
  expect(await saidOf(kept)).not.toContainEqual(expect.stringContaining("a new head begins"));
  const other = await train(["stage-1"], { from: from(first, "new"), classes: ["grizzly", "teddy"] });
  expect(other).toMatchObject({ state: "ready", epochs: [{ epoch: 1, validCount: 2 }] });
  expect((await cardOf(other, "stage-1")).classes).toEqual(["grizzly", "teddy"]);
  expect(await saidOf(other)).toContainEqual(expect.stringContaining(`not those of ${first.id}@stage-1: a new head`));
});

test("a run that only looks leaves a curve and no weights: of the head, or of the layers that it was told to unfreeze", async () => {
  const head = await train(["lr-find"]);
  expect(head).toMatchObject({ state: "ready", finder: { layers: "head" }, epochs: [], stages: [], artifacts: [] });
  expect(await saidOf(head)).toContainEqual(expect.stringContaining("finder on the head: "));
  const upper = await train(["lr-find"], { from: from(first), stage2: { trainFrom: "body-high" } });
  expect(upper).toMatchObject({ state: "ready", finder: { layers: "all" }, epochs: [], stages: [], artifacts: [] });
  expect(await saidOf(upper)).toContainEqual(expect.stringContaining("finder on the network from body-high up: "));
  expect(untrained(upper).message).toBe(`${upper.id} only looks for a learning rate: it has no trained stage.`);
});

test("a second stage that diverges leaves its epoch and checkpoint, and the first stage as good as before", async () => {
  const burst = await train(["stage-1", "stage-2"], { stage2: { epochs: 3, rates: { lower: 10, upper: 10 } } });
  expect(burst).toMatchObject({
    ...{ state: "failed", stages: [{ name: "stage-1" }] },
    error: { code: "training_diverged", message: expect.stringContaining("the learning rate 10 is too high") },
    epochs: [{ stage: "stage-1" }, { stage: "stage-2", epoch: 1 }],
  });
  const kept = burst.checkpoints.at(-1);
  expect(kept).toMatchObject({ stage: "stage-2", epoch: 1 });
  expect(await world.store.head(kept?.key ?? "")).toBeDefined();
  expect(untrained(burst, "stage-2")).toMatchObject({
    code: "model_not_ready",
    message: `stage-2 of ${burst.id} diverged: start again from the pretrained weights, or from the last healthy stage, ${burst.id}@stage-1.`,
  });
  const alias = await createAliases(world).put("default", "bears", { model: burst.id });
  expect(alias.model).toBe(burst.id);
  expect(await train(["stage-1"], { from: from(burst) })).toMatchObject({ state: "ready" });
});

test("losses that are no numbers from the first epoch on are recorded as null, and the checkpoint is kept", async () => {
  // No rate brings the small network there within an epoch: a weight that is not a number does.
  const { body } = await world.store.get(from(first).key);
  const broken = Buffer.from(body);
  broken.writeFloatLE(Number.NaN, broken.byteLength - 4);
  const sha256 = createHash("sha256").update(broken).digest("hex");
  await world.store.put("broken", broken);
  const { state, error, epochs, checkpoints } = await train(["stage-1"], {
    from: { ...from(first), key: "broken", sha256 },
  });
  expect({ state, error, epochs }).toMatchObject({
    ...{ state: "failed", error: { code: "training_diverged" } },
    epochs: [{ stage: "stage-1", epoch: 1, trainLoss: null, trainLossEval: null, validLoss: null }],
  });
  expect(error?.message).toContain("The loss of stage-1 epoch 1 is not a number");
  expect(checkpoints).toMatchObject([{ stage: "stage-1", epoch: 1 }]);
  expect(await world.store.head(checkpoints[0]?.key ?? "")).toBeDefined();
});

test("a first stage that diverged is no alias's model", async () => {
  const { id } = await world.request({ size: 64, stage1: { epochs: 4, batchSize: 4, learningRate: 10 } });
  expect(await world.ended(id)).toMatchObject({ state: "failed", error: { code: "training_diverged" } });
  await expect(createAliases(world).put("default", "bears", { model: id })).rejects.toMatchObject({
    code: "model_not_ready",
    message: `stage-1 of ${id} diverged: start again from the pretrained weights, or from a stage of another model.`,
  });
});
