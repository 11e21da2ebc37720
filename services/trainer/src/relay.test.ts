import { createCatalog, FenceLost } from "@ursa/catalog/catalog";
import type { UrsaEvent } from "@ursa/contracts/events";
import type { EpochRow, Finder, Model } from "@ursa/contracts/model";
import { recipeSchema } from "@ursa/contracts/recipe";
import { createLogger } from "@ursa/service/logger";
import { createMetrics } from "@ursa/service/metrics";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { checkDiverged } from "./check-diverged.ts";
import { createLiveTraining } from "./live-training.ts";
import { createRelay } from "./relay.ts";

const SHA = "a".repeat(64);
const owner = { namespace: "default", id: "mdl_01J00000000000000000000000" };
const MODEL: Model = {
  ...{ ...owner, state: "queued", enqueued: 1, fence: 0 },
  ...{ createdAt: "2026-01-01T00:00:00Z", updatedAt: "2026-01-01T00:00:00Z" },
  dataset: { id: "ds_01J00000000000000000000000", version: 1, manifestSha256: SHA },
  recipe: recipeSchema.parse({}),
  ...{ classes: ["a", "b"], epochs: [], checkpoints: [], stages: [], artifacts: [] },
};
const row = (epoch: number): EpochRow => ({
  ...{ stage: "stage-1", epoch, learningRate: 0.003, seconds: 1 },
  ...{ trainLoss: 1, trainLossEval: 1, validLoss: 1, validCount: 1 },
  ...{ wrong: 0, errorRate: 0, errorRateLow: 0, errorRateHigh: 1 },
});
const epoch = (number: number) => {
  const checkpoint = { stage: "stage-1", epoch: number, fence: 1, key: `checkpoint-${number}`, sha256: SHA } as const;
  return { type: "epoch", row: row(number), checkpoint, trainCount: 4 } as const;
};

async function takenModel() {
  await using building = new AsyncDisposableStack();
  const scratch = building.use(await createScratchFolder());
  const store = await openStore(`file://${scratch.path}`);
  const catalog = createCatalog({ store });
  await catalog.create("model", MODEL);
  const { fence } = await catalog.take("model", owner);
  const told: UrsaEvent[] = [];
  const nothing = async () => undefined;
  const events = {
    ...{ reportProgress: nothing, expectTotal: nothing, latestProgress: nothing, clear: nothing, close: nothing },
    publish: async (_: unknown, event: UrsaEvent) => void told.push(event),
    async *backlog() {},
    async *follow() {},
  };
  const log = createLogger({ service: "test", level: "silent" });
  const metrics = createMetrics("test");
  const relay = createRelay({
    engine: "compiled",
    store,
    catalog,
    events,
    log,
    metrics,
    live: createLiveTraining(metrics),
    owner,
    fence,
  });
  const living = building.move();
  const get = () => catalog.get("model", owner.namespace, owner.id);
  return { store, catalog, relay, metrics, told, get, [Symbol.asyncDispose]: () => living.disposeAsync() };
}

test("an epoch is recorded before it is told of, and what no pointer names is deleted", async () => {
  await using world = await takenModel();
  for (const number of [1, 2, 3]) {
    await world.store.put(`checkpoint-${number}`, "bytes");
    await world.relay.onMessage(epoch(number));
  }
  expect((await world.get()).checkpoints.map(({ key }) => key)).toEqual(["checkpoint-2", "checkpoint-3"]);
  expect(await world.store.head("checkpoint-1")).toBeUndefined();
  expect(await world.store.head("checkpoint-2")).toBeDefined();
  expect(world.told).toEqual([1, 2, 3].map((number) => ({ type: "epoch", row: row(number) })));
});

test("an epoch whose losses are no numbers is recorded as it is, with its checkpoint", async () => {
  await using world = await takenModel();
  const burst = { ...row(1), trainLoss: null, trainLossEval: null, validLoss: null };
  await world.relay.onMessage({ ...epoch(1), row: burst });
  expect(await world.get()).toMatchObject({ epochs: [burst], checkpoints: [{ key: "checkpoint-1" }] });
  expect(world.told).toEqual([{ type: "epoch", row: burst }]);
});

test("what the finder saw is recorded, and where it was on its way is deleted", async () => {
  await using world = await takenModel();
  const place = {
    stage: "stage-2",
    phase: "lr-find",
    epoch: 8,
    batch: 1,
    fence: 1,
    key: "climb",
    sha256: SHA,
  } as const;
  await world.store.put("climb", "bytes");
  await world.relay.onMessage({ type: "checkpoint", checkpoint: place });
  expect((await world.get()).checkpoints).toEqual([place]);
  const finder: Finder = { layers: "all", points: [], seconds: 1 };
  await world.relay.onMessage({ type: "found", finder });
  expect(await world.get()).toMatchObject({ finder, checkpoints: [] });
  expect(await world.store.head("climb")).toBeUndefined();
});

test("checkpoints are counted with their size, and those that failed by why", async () => {
  await using world = await takenModel();
  await world.relay.onMessage({ type: "checkpoint-stored", bytes: 2000, seconds: 0.02 });
  await world.relay.onMessage({ type: "checkpoint-failed", reason: "corrupt" });
  const text = await world.metrics.render();
  expect(text).toContain('ursa_checkpoint_bytes_sum{service="test"} 2000');
  expect(text).toContain('ursa_checkpoint_write_seconds_bucket{le="0.05",service="test"} 1');
  expect(text).toContain('ursa_checkpoint_failures_total{reason="corrupt",service="test"} 1');
});

test("an epoch of a run that is another worker's now is refused and not told of", async () => {
  await using world = await takenModel();
  await world.catalog.take("model", owner);
  await expect(world.relay.onMessage(epoch(1))).rejects.toThrow(FenceLost);
  expect(world.told).toEqual([]);
});

test("a child that finds another worker's fence in the record leaves it to that worker", async () => {
  await using world = await takenModel();
  await expect(world.relay.onMessage({ type: "superseded", message: "fence 2" })).rejects.toThrow(FenceLost);
  expect(world.relay.isFinished()).toBe(false);
  expect(world.told).toEqual([]);
});

test("a run that diverged has ended: the record says so and nobody tries again", async () => {
  await using world = await takenModel();
  await world.relay.onMessage({ type: "failed", code: "training_diverged", message: "why" });
  expect(world.relay.isFinished()).toBe(true);
  expect(await world.get()).toMatchObject({ state: "failed", error: { code: "training_diverged", message: "why" } });
});

test("any other failure is the queue's to judge", async () => {
  await using world = await takenModel();
  const failed = world.relay.onMessage({ type: "failed", code: "store_unavailable", message: "away" });
  await expect(failed).rejects.toMatchObject({ code: "store_unavailable", message: "away" });
  expect((await world.get()).state).toBe("running");
});

test("a loss that is not a number, or that has burst, ends training with advice", () => {
  const bounds = { learningRate: 0.5, classes: 3 };
  const burst = { ...row(2), trainLoss: 12.2, trainLossEval: 1e4, validLoss: 1e9 };
  expect(() => checkDiverged(row(1), bounds)).not.toThrow();
  expect(() => checkDiverged({ ...row(2), validLoss: null }, bounds)).toThrow(
    "The loss of stage-1 epoch 2 is not a number: the learning rate 0.5 is too high, try a tenth of it.",
  );
  expect(() => checkDiverged(burst, bounds)).toThrow(
    "The loss of stage-1 epoch 2 was 1.00e+4, where a guess costs 1.10",
  );
  expect(() => checkDiverged(burst, bounds)).toThrow(expect.objectContaining({ code: "training_diverged" }));
  // The end of the cycle mends what burst in its middle; measured on photographs of three bears, one epoch at 0.5.
  const mended = { ...row(1), trainLoss: 5.17, trainLossEval: 3.66, validLoss: 3.4e-8 };
  expect(() => checkDiverged(mended, bounds)).toThrow("epoch 1 was 5.17");
  // Statistics that lag behind after a first epoch of one step.
  expect(() => checkDiverged({ ...burst, trainLoss: 0.9 }, bounds)).not.toThrow();
});
