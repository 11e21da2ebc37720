// The stories of a run of both stages, told with real processes. Small pictures: a step of a whole network takes a second.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "@ursa/contracts/model";
import type { PhaseName } from "@ursa/contracts/recipe";
import { watchCrowding } from "@ursa/testing/crowding";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

const RECIPE = {
  size: 64,
  phases: ["stage-1", "stage-2"] satisfies PhaseName[],
  stage1: { epochs: 1, batchSize: 4 },
  stage2: { epochs: 2, batchSize: 4, rates: { upper: 1e-4 } },
};
/** Of nine pictures an epoch. */
const BATCHES = 3;
/** Steps of the finder between two checkpoints. */
const SAVE_EVERY = 25;
let world: World;
/** A run that nothing happened to. */
let calm: Model;

beforeAll(async () => {
  world = await createWorld({ perClass: 4 });
  await using trainer = world.startTrainer();
  calm = await world.ended((await world.request(RECIPE)).id);
  trainer.kill("SIGTERM");
  await trainer.exited();
});
afterAll(() => world[Symbol.asyncDispose]());

/** What must not depend on what happened during a run. */
const resultOf = ({ epochs, artifacts }: Model) => ({
  rows: epochs.map(({ seconds: _, ...row }) => row),
  weights: artifacts.flatMap(({ stage, name, sha256 }) => (name === "model.onnx" ? [stage, sha256] : [])),
});

test("both stages are trained, and the artifacts of both are kept", () => {
  expect(calm).toMatchObject({ state: "ready", stages: [{ name: "stage-1" }, { name: "stage-2" }] });
  expect(calm.epochs.map(({ stage, epoch }) => [stage, epoch])).toEqual([
    ["stage-1", 1],
    ["stage-2", 1],
    ["stage-2", 2],
  ]);
  expect(calm.artifacts.map(({ stage, name }) => `${stage}/${name}`).toSorted()).toEqual([
    ...["stage-1/explain.onnx", "stage-1/model.json", "stage-1/model.onnx", "stage-1/weights.safetensors"],
    ...["stage-2/explain.onnx", "stage-2/model.json", "stage-2/model.onnx", "stage-2/weights.safetensors"],
  ]);
  expect(resultOf(calm).weights[1]).not.toBe(resultOf(calm).weights[3]);
});

test("killed between the stages and within the second: neither is trained twice, and the weights are the same", async () => {
  await using trainer = world.startTrainer();
  const { id } = await world.request(RECIPE);
  const isSaved = async () => (await world.get(id)).stages.length === 1;
  await waitUntil(isSaved, { what: "stage 1 to be saved", timeoutMs: 100_000 });
  process.kill(await trainer.childOf(id), "SIGKILL");
  await world.reached(id, 2);
  process.kill(await trainer.childOf(id), "SIGKILL");
  const model = await world.ended(id);
  expect(model).toMatchObject({ state: "ready", fence: 3 });
  expect(resultOf(model)).toEqual(resultOf(calm));
  const told = (await world.eventsOf(id)).flatMap((event) =>
    event.type === "epoch" ? `${event.row.stage} ${event.row.epoch}` : [],
  );
  expect(told).toEqual(["stage-1 1", "stage-2 1", "stage-2 2"]);
});

test("begun where no graph is kept, killed, and ended on graphs of earlier runs: the weights are the same", async () => {
  const kept = await readdir(join(world.workDir, "graphs"));
  expect(kept, "a step for the head, and one for the network").toHaveLength(2);
  const begun = await (async () => {
    await using without = world.startTrainer({ URSA_GRAPH_CACHE_MB: "0" });
    const { id } = await world.request(RECIPE);
    await world.reached(id, 2);
    without.kill("SIGTERM");
    await without.exited();
    return await world.get(id);
  })();
  expect(begun.state).toBe("queued");
  await using _ = world.startTrainer();
  const model = await world.ended(begun.id);
  expect(model).toMatchObject({ state: "ready", fence: 2 });
  expect(resultOf(model)).toEqual(resultOf(calm));
  expect(await readdir(join(world.workDir, "graphs"))).toEqual(kept);
});

const WITH_FINDER = {
  ...RECIPE,
  phases: ["stage-1", "lr-find", "stage-2"] satisfies PhaseName[],
};

/** The newest step of the whole network that was told of; others are not kept. */
const stepTold = async (id: string, phase: string) =>
  (await world.eventsOf(id)).flatMap((event) =>
    event.type === "progress" && event.progress.stage === "stage-2" && event.progress.phase === phase
      ? (event.progress.done ?? 0)
      : [],
  )[0];

test("killed in the finder, it takes the steps since its last checkpoint again, to the same curve and weights", async () => {
  await using trainer = world.startTrainer();
  // Its rates are what the finder says.
  const recipe = { ...WITH_FINDER, stage2: { epochs: 1, batchSize: 4 } };
  const { id: first } = await world.request(recipe);
  const left = await world.ended(first);
  const { id } = await world.request(recipe);
  const isBehind = async () => {
    const step = (await stepTold(id, "lr-find")) ?? 0;
    return step > SAVE_EVERY + 5 ? step : undefined;
  };
  const told =
    (await waitUntil(isBehind, { what: "the finder to be behind a checkpoint", timeoutMs: 100_000 })) ?? Number.NaN;
  process.kill(await trainer.childOf(id), "SIGKILL");
  const model = await world.ended(id);
  expect(model).toMatchObject({ state: "ready", fence: 2, finder: { ...left.finder, seconds: expect.any(Number) } });
  expect(model.finder?.suggestions).toBeDefined();
  expect(resultOf(model)).toEqual(resultOf(left));
  const said = (await world.eventsOf(id)).flatMap((event) => (event.type === "log" ? event.message : []));
  const places = said.flatMap((line) => [...line.matchAll(/^lr-find goes on behind batch (\d+) of epoch (\d+)\.$/g)]);
  expect(places, said.join("\n")).toHaveLength(1);
  const [, batch, epoch] = (places[0] ?? []).map(Number);
  const checkpoint = ((epoch ?? Number.NaN) - 1) * BATCHES + (batch ?? Number.NaN);
  expect(checkpoint % SAVE_EVERY, `step ${checkpoint}`).toBe(0);
  expect(told - checkpoint, "steps that are taken again").toBeLessThanOrEqual(SAVE_EVERY);
  for await (const { key } of world.store.list(`ns/default/models/${id}/checkpoints/`))
    expect(key, "of the finder nothing stays").not.toContain("lr-find");
});

/** Without an end, so that a stop is what ends it. */
const ENDLESS = { ...WITH_FINDER, stage2: { ...RECIPE.stage2, epochs: 1000 } };
/** From SIGTERM to the stored checkpoint, on an idle machine. */
const STOP_SECONDS = 5;

test.for(["lr-find", "train"] as const)(
  "stopped in `%s` of the whole network, it is handed back after the step it is in",
  async (phase) => {
    await using trainer = world.startTrainer();
    const { id } = await world.request(ENDLESS);
    const told = await waitUntil(() => stepTold(id, phase), {
      what: `a step of ${phase}`,
      timeoutMs: 100_000,
    });
    const asked = performance.now();
    const crowding = watchCrowding();
    trainer.kill("SIGTERM");
    // By then its checkpoint is stored.
    const isHandedBack = async () => (await world.get(id)).state === "queued";
    await waitUntil(isHandedBack, { what: "the job to be handed back", timeoutMs: 60_000 });
    expect((performance.now() - asked) / 1000).toBeLessThan(STOP_SECONDS * crowding());
    expect(await trainer.exited()).toBe(0);
    expect(trainer.lines.filter(({ msg }) => msg === "the child process had to be killed")).toEqual([]);
    const model = await world.get(id);
    expect(model).toMatchObject({ state: "queued", fence: 1 });
    const newest = model.checkpoints.at(-1);
    expect(newest).toMatchObject({ stage: "stage-2", ...(phase === "lr-find" ? { phase } : {}) });
    expect(newest?.phase === "lr-find").toBe(phase === "lr-find");
    expect((newest?.epoch ?? 0) * BATCHES + (newest?.batch ?? 0)).toBeGreaterThanOrEqual(told ?? Number.NaN);
    expect(model.finder === undefined).toBe(phase === "lr-find");
    await world.catalog.update("model", world.owner(id), (each) => ({ ...each, state: "cancelled" }));
  },
);
