// Test items never train or choose a model: a run beside test items that cannot even be read gives the model it gives without them.
import type { Model } from "@ursa/contracts/model";
import { expect, test } from "vitest";
import { createWorld } from "./trainer-world.fixture.ts";

const RECIPE = {
  ...{ size: 64, validFraction: 0.5, earlyStop: 2, keepBest: true },
  stage1: { epochs: 4, batchSize: 4 },
};

async function trained(lostTests: number): Promise<{ model: Model; card: Record<string, unknown> }> {
  await using world = await createWorld({ perClass: 4, lostTests });
  world.startTrainer();
  const model = await world.ended((await world.request(RECIPE)).id);
  const { key = "" } = model.artifacts.find(({ name }) => name === "model.json") ?? {};
  return { model, card: JSON.parse(String((await world.store.get(key)).body)) };
}

test("test items change neither the weights, nor the epoch that is kept, nor what is counted", async () => {
  const [without, beside] = [await trained(0), await trained(9)];
  expect(beside.model.state).toBe("ready");
  expect(beside.card).toMatchObject({ trainCount: 6, validCount: 6, epoch: without.card.epoch });
  const onnxOf = ({ model }: typeof beside) => model.artifacts.find(({ name }) => name === "model.onnx")?.sha256;
  expect(onnxOf(beside)).toBe(onnxOf(without));
  const rowsOf = ({ model }: typeof beside) => model.epochs.map(({ seconds: _, ...row }) => row);
  expect(rowsOf(beside)).toEqual(rowsOf(without));
});
