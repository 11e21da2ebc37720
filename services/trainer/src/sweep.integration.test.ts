// A sweep through a real trainer: its runs are trained like any model, and its table is what they came to.
import { advanceSweep, readRuns } from "@ursa/catalog/advance-sweep";
import { newId } from "@ursa/catalog/new-id";
import { tabulateSweep } from "@ursa/catalog/tabulate-sweep";
import type { Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import type { Sweep } from "@ursa/contracts/sweep";
import { createLogger } from "@ursa/service/logger";
import { expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const RATES = [1e-5, 1e-2];
const SEEDS = [42, 43];

/** As the API writes it: two rates for one epoch, with two seeds. */
function newSweep({ id, version, manifest, classes }: World["dataset"]): Sweep {
  const now = new Date().toISOString();
  return {
    ...{
      id: newId("sweep"),
      namespace: "default",
      state: "queued",
      createdAt: now,
      updatedAt: now,
      enqueued: 1,
      fence: 0,
    },
    dataset: { id, version, manifestSha256: manifest?.sha256 ?? "" },
    ...{ classes, split: { seed: 42, validFraction: 0.2 }, repeats: 2 },
    recipe: recipeSchema.parse({ size: 64, phases: ["stage-1"], stage1: { batchSize: 4 } }),
    cells: RATES.map((learningRate) => ({ learningRate, epochs: 1 })),
    runs: SEEDS.flatMap((seed) => RATES.map((_, cell) => ({ cell, seed, model: newId("model") }))),
  };
}

test("two rates with two seeds each are four models; the table has their numbers, and the seeds differ", async () => {
  await using world = await createWorld({ perClass: 8 });
  const deps = { ...world, log: createLogger({ service: "test", level: "silent" }) };
  const made = await advanceSweep(deps, await world.catalog.create("sweep", newSweep(world.dataset)));
  expect(made.state).toBe("running");
  world.startTrainer();
  const models: Model[] = [];
  for (const { model } of made.runs) models.push(await world.ended(model));
  const sweep = await advanceSweep(deps, made);
  expect(sweep.state).toBe("ready");

  const { rows, best } = tabulateSweep(sweep, await readRuns(world.catalog, sweep));
  const lossOf = (at: number) => models[at]?.stages[0]?.validLoss ?? Number.NaN;
  const spreads = [
    [lossOf(0), lossOf(2)],
    [lossOf(1), lossOf(3)],
  ];
  for (const [at, losses] of spreads.entries()) {
    expect(rows[at]?.validLoss).toMatchObject({ min: Math.min(...losses), max: Math.max(...losses) });
    expect(new Set(losses).size).toBe(2);
  }
  // After one epoch a rate that hardly moves the head is no match for the lesson's.
  expect(best).toMatchObject({ row: 1 });
  const { recipe, dataset } = models[3] ?? {};
  expect(recipe).toMatchObject({ seed: 43, stage1: { learningRate: 1e-2, epochs: 1 } });
  expect(dataset).toEqual(sweep.dataset);
});
