// The stories of a training run, told with real processes, a real Redis and drawn pictures.
import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Model } from "@ursa/contracts/model";
import { isProcessAlive } from "@ursa/testing/is-process-alive";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./trainer-world.fixture.ts";

/** Small pictures and batches of two: epochs that take a tenth of a second, so that a test can meet one in the middle. */
const RECIPE = { size: 64, stage1: { epochs: 6, batchSize: 2 } };
let world: World;
/** A run that nothing happened to. */
let calm: Model;

beforeAll(async () => {
  world = await createWorld({ perClass: 12 });
  await using trainer = world.startTrainer();
  calm = await world.ended((await world.request(RECIPE)).id);
  trainer.kill("SIGTERM");
  expect(await trainer.exited()).toBe(0);
});
afterAll(() => world[Symbol.asyncDispose]());

async function artifactOf({ artifacts }: Model, name: string) {
  const artifact = artifacts.find((file) => file.name === name);
  const { body } = await world.store.get(artifact?.key ?? "");
  expect(createHash("sha256").update(body).digest("hex")).toBe(artifact?.sha256);
  return body;
}

/** What must not depend on what happened during a run. */
const resultOf = ({ epochs, artifacts }: Model) => ({
  rows: epochs.map(({ seconds: _, ...row }) => row),
  onnx: artifacts.find(({ name }) => name === "model.onnx")?.sha256,
});

test("a model is trained, recorded and told of", async () => {
  expect(calm).toMatchObject({ state: "ready", fence: 1, stages: [{ name: "stage-1" }] });
  expect(calm.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(calm.stages[0]?.errorRate).toBe(calm.epochs.at(-1)?.errorRate);
  expect(calm.artifacts.map(({ name }) => name).toSorted()).toEqual([
    "explain.onnx",
    "model.json",
    "model.onnx",
    "weights.safetensors",
  ]);
  const card = JSON.parse(String(await artifactOf(calm, "model.json")));
  expect(card).toMatchObject({
    modelId: calm.id,
    classes: ["black", "grizzly", "teddy"],
    trainCount: 27,
    validCount: 9,
  });
  const events = await world.eventsOf(calm.id);
  expect(events.filter(({ type }) => type === "epoch")).toHaveLength(6);
  expect(events.flatMap((event) => (event.type === "state" ? event.state : []))).toEqual(["running", "ready"]);
  expect(events.flatMap((event) => (event.type === "progress" ? event.progress.phase : []))).toContain("features");
});

test("a run that diverges ends with its epochs and its checkpoint", async () => {
  await using trainer = world.startTrainer();
  const model = await world.ended(
    (await world.request({ ...RECIPE, stage1: { ...RECIPE.stage1, learningRate: 10 } })).id,
  );
  expect(model).toMatchObject({ state: "failed", error: { code: "training_diverged" }, artifacts: [] });
  expect(model.epochs.length).toBeGreaterThan(0);
  expect(model.checkpoints.at(-1)?.epoch).toBe(model.epochs.length);
  trainer.kill("SIGTERM");
  await trainer.exited();
});

test("nothing is left over but graphs for the next run: no scratch files, and no checkpoint that the record does not name", async () => {
  expect(await readdir(world.workDir)).toEqual(["graphs"]);
  const kept: string[] = [];
  for await (const { key } of world.store.list(`ns/default/models/${calm.id}/checkpoints/`)) kept.push(key);
  expect(kept).toEqual(calm.checkpoints.map(({ key }) => key));
});

test("a child that is killed in the middle is replaced, and the model is the one that would have been", async () => {
  await using trainer = world.startTrainer();
  const { id } = await world.request(RECIPE);
  await world.reached(id, 3);
  process.kill(await trainer.childOf(id), "SIGKILL");
  const model = await world.ended(id);
  expect(model).toMatchObject({ state: "ready", fence: 2 });
  expect(resultOf(model)).toEqual(resultOf(calm));
});

test("what a killed child had computed is there for the next: activations are not computed again", async () => {
  await using trainer = world.startTrainer();
  const { id } = await world.request({ ...RECIPE, stage1: { epochs: 20, batchSize: 2 } });
  await world.reached(id, 2);
  const before = await activationsOnDisk();
  expect(before).toHaveLength(2);
  process.kill(await trainer.childOf(id), "SIGKILL");
  const { fence } = await world.get(id);
  const { length } = (await world.get(id)).epochs;
  await world.reached(id, length + 3);
  expect(await activationsOnDisk()).toEqual(before);
  expect((await world.get(id)).fence).toBe(fence + 1);
  await world.ended(id);
});

/** Where they lie, and when they were written. */
async function activationsOnDisk(): Promise<string[]> {
  const names = await readdir(world.workDir, { recursive: true });
  const files = names.filter((name) => /features-.*\.f32$/.test(name)).toSorted();
  return Promise.all(files.map(async (name) => `${name} ${(await stat(join(world.workDir, name))).mtimeMs}`));
}

test("a trainer that is stopped hands its job to the next, which goes on where it was", async () => {
  await using first = world.startTrainer();
  const { id } = await world.request(RECIPE);
  await world.reached(id, 2);
  first.kill("SIGTERM");
  expect(await first.exited()).toBe(0);
  const handedBack = await world.get(id);
  expect(handedBack).toMatchObject({ state: "queued", fence: 1 });
  await using second = world.startTrainer();
  const model = await world.ended(id);
  expect(model).toMatchObject({ state: "ready", fence: 2 });
  expect(resultOf(model)).toEqual(resultOf(calm));
  const told = (await world.eventsOf(id)).flatMap((event) => (event.type === "epoch" ? event.row.epoch : []));
  expect(told).toEqual([1, 2, 3, 4, 5, 6]);
  expect(second.lines.find(({ msg }) => msg === "job started")).toMatchObject({ attempt: 1 });
});

test("a damaged checkpoint is told of and the one before it is used", async () => {
  await using first = world.startTrainer();
  const { id } = await world.request(RECIPE);
  await world.reached(id, 3);
  first.kill("SIGTERM");
  await first.exited();
  const newest = (await world.get(id)).checkpoints.at(-1);
  const { body } = await world.store.get(newest?.key ?? "");
  body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  await world.store.put(newest?.key ?? "", body);
  await using _second = world.startTrainer();
  expect(resultOf(await world.ended(id))).toEqual(resultOf(calm));
  const logs = (await world.eventsOf(id)).flatMap((event) => (event.type === "log" ? event.message : []));
  const corrupt = new RegExp(`^checkpoint_corrupt: stage-1 epoch ${newest?.epoch}: `);
  expect(logs).toEqual([expect.stringMatching(corrupt), "stage-1 is done and saved."]);
});

const ENDLESS = { ...RECIPE, stage1: { epochs: 1000, batchSize: 2 } };

test("a cancelled run is killed within five seconds and stays cancelled", async () => {
  await using trainer = world.startTrainer();
  const { id } = await world.request(ENDLESS);
  await world.reached(id, 1);
  const child = await trainer.childOf(id);
  // In the record only, as when Redis was away and nobody could tell the worker.
  const cancelled = await world.catalog.update("model", world.owner(id), (model) => ({ ...model, state: "cancelled" }));
  await waitUntil(() => !isProcessAlive(child), { what: "the child to be killed", timeoutMs: 5000 });
  trainer.kill("SIGTERM");
  await trainer.exited();
  expect(await world.get(id)).toEqual(cancelled);
});

test("a run that another worker took is dropped, and its late epochs change nothing", async () => {
  await using trainer = world.startTrainer();
  const { id } = await world.request(ENDLESS);
  await world.reached(id, 1);
  const child = await trainer.childOf(id);
  const taken = await world.catalog.take("model", world.owner(id));
  await waitUntil(() => !isProcessAlive(child), { what: "the child to be killed", timeoutMs: 5000 });
  const hasLetGo = () => trainer.lines.some(({ msg }) => msg === "job left to the worker that has it now");
  await waitUntil(hasLetGo, { what: "the trainer to let go" });
  expect(await world.get(id)).toEqual(taken);
});

test("a second delivery of a finished model changes nothing", async () => {
  await using _trainer = world.startTrainer();
  const again = { ...calm, enqueued: 2 };
  await world.producer.enqueueModel(again);
  await waitUntil(async () => !(await world.producer.isQueued("model", again)), {
    what: "the job to end",
    timeoutMs: 60_000,
  });
  expect(await world.get(calm.id)).toEqual(calm);
});

test("too few pictures are named by class, without a second attempt", async () => {
  await using poor = await createWorld({ perClass: 1 });
  await using trainer = poor.startTrainer();
  const model = await poor.ended((await poor.request()).id);
  expect(model).toMatchObject({ state: "failed", fence: 1, error: { code: "too_few_pictures" } });
  expect(model.error?.message).toMatch(/black has 0 to train on and 1 to check with/);
  expect(trainer.lines.filter(({ msg }) => msg === "job started")).toHaveLength(1);
});

test("a trainer that finds no Redis answers, is not ready, and stops when it is told to", async () => {
  await using trainer = world.startTrainer({ URSA_REDIS_URL: "redis://127.0.0.1:1" });
  const url = await trainer.url();
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  const asked = performance.now();
  trainer.kill("SIGTERM");
  expect(await trainer.exited()).toBe(143);
  expect(performance.now() - asked).toBeLessThan(5000);
});
