// Training on the native engine, through a real trainer and its child. Runs where native is installed: `ursa engine install native`.
import type { PhaseName } from "@ursa/contracts/recipe";
import { isInstalled, nativePackage } from "@ursa/engine/native-package";
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const isHere = isInstalled(nativePackage("native"));
if (!isHere) reportAbsentPart("native is not installed, so no model was trained on it: `ursa engine install native`.");
const hasGpuPackage = isInstalled(nativePackage("native-gpu"));

let world: World;
beforeAll(async () => {
  world = await createWorld({ perClass: 4 });
});
afterAll(() => world[Symbol.asyncDispose]());

test.skipIf(!isHere)("both stages are trained on native, and the record and the model's card say so", async () => {
  await using trainer = world.startTrainer({ URSA_TRAINER_ENGINE: "native" });
  const phases: PhaseName[] = ["stage-1", "stage-2"];
  const stage2 = { epochs: 1, batchSize: 4, rates: { upper: 1e-4 } };
  const { id } = await world.request({ size: 64, phases, stage1: { epochs: 1, batchSize: 4 }, stage2 });
  const model = await world.ended(id);
  expect(model).toMatchObject({ state: "ready", stages: [{ engines: ["native"] }, { engines: ["native"] }] });
  const card = model.artifacts.findLast(({ name }) => name === "model.json");
  const { body } = await world.store.get(card?.key ?? "");
  expect(JSON.parse(String(body))).toMatchObject({ stage: "stage-2", engines: ["native"] });
  const chosen = trainer.lines.find(({ msg }) => msg === "engine chosen");
  expect(chosen).toMatchObject({ engine: "native" });
});

test.skipIf(hasGpuPackage)("a trainer that is told to use a GPU that is not there does not start", async () => {
  await using trainer = world.startTrainer({ URSA_TRAINER_ENGINE: "native-gpu" });
  expect(await trainer.exited()).toBe(1);
  const said = trainer.lines.map(({ msg }) => msg).join("\n");
  expect(said).toMatch(/A GPU was asked for, and none would be used: native-gpu is not installed/);
});
