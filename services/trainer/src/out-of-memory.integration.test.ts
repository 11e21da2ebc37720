// A run for which there is too little memory, told with real processes.
import { createHash } from "node:crypto";
import type { Model } from "@ursa/contracts/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const SCARCE = new URL("../../../libs/tensor/src/scarce-memory.fixture.ts", import.meta.url);
let world: World;
beforeAll(async () => {
  world = await createWorld({ perClass: 4 });
});
afterAll(() => world[Symbol.asyncDispose]());

const recipe = (batchSize: number) => ({ size: 64, stage1: { epochs: 2, batchSize } });
const onnxOf = ({ artifacts }: Model) => artifacts.find(({ name }) => name === "model.onnx")?.sha256;

test("a batch that does not fit is halved, remembered and told of; the weights are those of the smaller batch", async () => {
  await using trainer = world.startTrainer({
    NODE_OPTIONS: `--import=${SCARCE.href}`,
    TEST_LARGEST_BATCH: "2",
  });
  const { id } = await world.request(recipe(8));
  const model = await world.ended(id);
  const notes = ["stage-1: batch 8 → 4: did not fit in memory", "stage-1: batch 4 → 2: did not fit in memory"];
  expect(model).toMatchObject({ state: "ready", fence: 3, notes, batchLimits: { "stage-1": 2 } });
  const logs = (await world.eventsOf(id)).flatMap((event) => (event.type === "log" ? event.message : []));
  expect(logs.slice(0, 2)).toEqual(notes);
  const card = model.artifacts.find(({ name }) => name === "model.json");
  const { body } = await world.store.get(card?.key ?? "");
  expect(createHash("sha256").update(body).digest("hex")).toBe(card?.sha256);
  expect(JSON.parse(String(body))).toMatchObject({ notes, batchSize: 2 });
  const asked = await world.ended((await world.request(recipe(2))).id);
  expect(asked.notes).toBeUndefined();
  expect(onnxOf(model)).toBe(onnxOf(asked));
  expect(trainer.lines.filter(({ msg }) => msg === "training")).toHaveLength(4);
});

test("where not even two pictures fit, the run ends with what to do, after a bounded number of attempts", async () => {
  await using trainer = world.startTrainer({
    NODE_OPTIONS: `--import=${SCARCE.href}`,
    TEST_LARGEST_BATCH: "1",
  });
  const model = await world.ended((await world.request(recipe(8))).id);
  expect(model).toMatchObject({ state: "failed", error: { code: "out_of_memory" }, batchLimits: { "stage-1": 2 } });
  expect(model.error?.message).toMatch(/^stage-1 with a batch of 2 does not fit in memory; /);
  expect(trainer.lines.filter(({ msg }) => msg === "training")).toHaveLength(3);
});

test("a child that grows beyond the trainer's limit is ended, and not again and again", async () => {
  await using trainer = world.startTrainer({ URSA_TRAIN_MEMORY_MB: "64" });
  const model = await world.ended((await world.request(recipe(2))).id);
  expect(model).toMatchObject({ state: "failed", error: { code: "out_of_memory" } });
  expect(model.error?.message).toMatch(/at most 64 MB are allowed/);
  expect(trainer.lines.filter(({ msg }) => msg === "job started")).toHaveLength(1);
});
