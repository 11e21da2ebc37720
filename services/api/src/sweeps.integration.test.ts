// Asking for a sweep: what its grid is, what is refused, and that no crash loses a run or makes one twice.
import { advanceSweep } from "@ursa/catalog/advance-sweep";
import { newId } from "@ursa/catalog/new-id";
import { reconcile } from "@ursa/catalog/reconciler";
import type { Artifact, Finder, Model } from "@ursa/contracts/model";
import { MAX_RUNS, type Sweep } from "@ursa/contracts/sweep";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, toArray, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel, seedSweep, sha256Of } from "./seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

type Asked = Record<string, unknown> & { dataset?: string };
async function ask(body: Asked = {}, headers = {}): Promise<Sweep> {
  const { id: dataset } = body.dataset ? { id: body.dataset } : await seedDataset(world);
  return world.client.call("createSweep", { body: { dataset, ...body }, headers });
}
const viewOf = (id: string) => world.client.call("getSweep", { params: { id } });
const reconciled = () => reconcile({ ...world, signal: new AbortController().signal, graceMs: -1 });

/** The models that name this sweep, oldest first. */
async function modelsOf({ id }: Pick<Sweep, "id">): Promise<Model[]> {
  const { items } = await world.catalog.list("model", "default", { limit: 200 });
  return items.filter(({ sweep }) => sweep === id).reverse();
}
/** As a worker ends its runs, or leaves them running. */
async function end({ runs }: Pick<Sweep, "runs">, endings: Partial<Model>[]): Promise<void> {
  for (const [at, { model: id }] of runs.entries()) {
    const owner = { namespace: "default", id };
    await world.catalog.take("model", owner);
    await world.catalog.update("model", owner, (model) => ({ ...model, state: "failed", ...endings[at] }));
  }
}

test("a run for each combination and seed, on one split, the first seeds first; each an ordinary model", async () => {
  const sweep = await ask({
    ...{ name: "bears", learningRates: [1e-3, 1e-2], epochs: [1, 4], repeats: 2 },
    recipe: { size: 96, seed: 7, validFraction: 0.5 },
  });
  expect(sweep.split).toEqual({ seed: 42, validFraction: 0.5 });
  expect(sweep.runs.map(({ cell, seed }) => `${cell} ${seed}`)).toEqual([
    "0 7",
    "1 7",
    "2 7",
    "3 7",
    "0 8",
    "1 8",
    "2 8",
    "3 8",
  ]);
  const models = await modelsOf(sweep);
  expect(models.map(({ id }) => id)).toEqual(sweep.runs.map(({ model }) => model));
  expect(models[6]).toMatchObject({
    ...{
      state: "queued",
      name: "bears: lr 1e-2, 1 epoch, seed 8",
      dataset: sweep.dataset,
      classes: ["black", "teddy"],
    },
    recipe: { size: 96, seed: 8, validFraction: 0.5, stage1: { learningRate: 1e-2, epochs: 1 } },
  });
  for (const model of models) expect(await world.producer.isQueued("model", model)).toBe(true);
  expect(await viewOf(sweep.id)).toMatchObject({ state: "running", progress: { done: 0, total: 8, running: 0 } });
});

const weights = (stage: Artifact["stage"]): Artifact => ({
  ...{ stage, name: "weights.safetensors", key: `weights of ${stage}`, bytes: 1, sha256: sha256Of(stage) },
});
const stage2 = { phases: ["stage-2"] };

test("from a trained stage all runs start from the same weights, by slices around what the finder suggests", async () => {
  const suggestions = { valley: 1e-5, steepest: 1e-4 };
  const finder: Finder = { layers: "all", points: [], suggestions, seconds: 1 };
  const { id } = await seedModel(world, { artifacts: [weights("stage-1")], finder });
  const found = await ask({ from: `${id}@stage-1`, recipe: stage2 });
  expect(found.cells.map(({ slice }) => slice)).toEqual([
    [3.33e-6, 1e-4],
    [1e-5, 3e-4],
    [3e-5, 9e-4],
  ]);
  const { id: blind } = await seedModel(world, { artifacts: [weights("stage-1")] });
  const unsearched = await ask({ from: blind, recipe: { ...stage2, stage1: { learningRate: 1e-2 } } });
  expect(unsearched.cells[1], "a tenth of what its head was trained at").toEqual({ learningRate: 3e-4, epochs: 2 });
  const [model] = await modelsOf(found);
  expect(model).toMatchObject({
    from: { model: id, stage: "stage-1", sha256: sha256Of("stage-1"), head: "kept" },
    recipe: { phases: ["stage-2"], stage2: { rates: { lower: 3.33e-6, upper: 1e-4 }, epochs: 2 } },
  });
  const heads = await ask({ from: id, recipe: stage2, learningRates: [1e-3], epochs: [3] });
  expect((await modelsOf(heads))[0]?.recipe.stage2).toMatchObject({ rates: { upper: 1e-3 }, epochs: 3 });
  const refused = await refusalOf(world.client.call("deleteModel", { params: { id } }));
  expect(refused).toMatchObject({ code: "in_use", message: expect.stringContaining(found.id) });
});

test("a grid that is no use, too large or unusual is refused, and no model is made of it", async () => {
  const { items: before } = await world.catalog.list("model", "default", { limit: 200 });
  const faultOf = async (body: Asked) => {
    const { code, extra } = await refusalOf(ask(body));
    // Every invalid_request names its faults.
    const [fault] = extra.errors as { path: string; message: string }[];
    return `${code} ${fault?.path}: ${fault?.message}`;
  };
  const rates = Array.from({ length: 21 }, (_, i) => (i + 1) / 1000);
  expect(await faultOf({ learningRates: rates, repeats: 5 })).toMatch(
    /21 combinations with 5 repeats each are 105 runs; .*at most 100/,
  );
  expect(await faultOf({ learningRates: [1e-3, 0.5] })).toMatch(
    /^invalid_request : lr 5e-1, 4 epochs: stage1.learningRate: .*on purpose/,
  );
  expect(await faultOf({ learningRates: [1e-3, 1e-3] })).toMatch(/learningRates: names a value twice/);
  expect(await faultOf({ learningRates: [] })).toMatch(/learningRates: /);
  expect(await faultOf({ slices: [[1e-3, 1e-5]] })).toMatch(
    /slice 1e-3,1e-5, 4 epochs: stage2.rates: has a lower rate above/,
  );
  expect(await faultOf({ slices: [[1e-5, 0.5]] })).toMatch(/stage2.rates.upper: upper 0.5 is above .*on purpose/);
  expect(await faultOf({ recipe: "quick", slices: [[1e-5, 1e-3]] })).toMatch(/slices: .*add stage-2/);
  expect(await faultOf({ recipe: { phases: ["lr-find"] } })).toMatch(/recipe.phases: trains nothing/);
  expect(await faultOf({ recipe: stage2 })).toMatch(/recipe.phases: .*no trained head/);
  expect(await faultOf({ repeats: MAX_RUNS + 1 })).toMatch(/repeats/);
  expect(await faultOf({ repeats: 2, recipe: { seed: 2 ** 31 - 1 } })).toMatch(/: seed: /);
  const { id: young } = await seedDataset(world, { state: "running" });
  expect((await refusalOf(ask({ dataset: young }))).code).toBe("dataset_not_ready");
  const { items: after } = await world.catalog.list("model", "default", { limit: 200 });
  expect(after).toEqual(before);
});

test("the same key makes one sweep and its runs once", async () => {
  const { id: dataset } = await seedDataset(world);
  const headers = { "idempotency-key": "sweep once" };
  const both = await Promise.all([ask({ dataset }, headers), ask({ dataset }, headers)]);
  expect(both[1]).toEqual(both[0]);
  expect(await modelsOf(both[0])).toHaveLength(3);
});

test("killed between any two lines, it is completed: no run is lost, none is made twice", async () => {
  const whole = await ask({ learningRates: [1e-3, 2e-3, 3e-3] });
  // Three times a record and a job, and last the state.
  for (let alive = 0; alive < 7; alive += 1) {
    const sweep = await left(whole, {});
    await expect(advanceSweep(dyingAfter(alive), sweep)).rejects.toThrow("killed");
    await Promise.all([reconciled(), reconciled()]);
    const models = await modelsOf(sweep);
    expect(
      models.map(({ id }) => id),
      `killed after ${alive} writes`,
    ).toEqual(sweep.runs.map(({ model }) => model));
    await reconciled();
    for (const { id } of models)
      expect(await world.producer.isQueued("model", await world.catalog.get("model", "default", id))).toBe(true);
    expect((await world.catalog.get("sweep", "default", sweep.id)).state).toBe("running");
  }
});

test("a cancel that is cut short is completed too, also of a sweep whose runs are not all made", async () => {
  const whole = await ask({ learningRates: [1e-3, 2e-3, 3e-3] });
  for (let alive = 0; alive < 5; alive += 1) {
    const sweep = await left(whole, { cancelRequested: true });
    await advanceSweep(dyingAfter(1), { ...sweep, cancelRequested: false }).catch(() => {});
    await expect(advanceSweep(dyingAfter(alive), sweep)).rejects.toThrow("killed");
    await reconciled();
    expect((await modelsOf(sweep)).map(({ state }) => state)).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect((await world.catalog.get("sweep", "default", sweep.id)).state).toBe("cancelled");
  }
});

/** The record of a sweep like this one, as a process leaves it that dies right after it. */
function left({ runs, ...sweep }: Sweep, more: Partial<Sweep>): Promise<Sweep> {
  const { cells, recipe, dataset } = sweep;
  return seedSweep(world, {
    ...{ cells, recipe, dataset, state: "queued", ...more },
    runs: runs.map((run) => ({ ...run, model: newId("model") })),
  });
}

/** What a sweep stands on, in a process that is killed after so many writes. */
function dyingAfter(writes: number): World {
  let left = writes;
  const live =
    <T extends unknown[], R>(write: (...given: T) => Promise<R>) =>
    async (...given: T): Promise<R> => {
      left -= 1;
      if (left < 0) throw new Error("killed");
      return write(...given);
    };
  const { catalog, producer } = world;
  const dying = { create: live(catalog.create), update: live(catalog.update) };
  return {
    ...world,
    // Generic methods lose their type parameters in `live`; they are called as before.
    catalog: { ...catalog, ...(dying as Pick<typeof catalog, "create" | "update">) },
    producer: { ...producer, enqueueModel: live(producer.enqueueModel) },
  };
}

test("ends with its last run: ready when one is, with a table that never calls a failed one the best", async () => {
  const sweep = await ask({ learningRates: [1e-3, 1e-2] });
  const [first, second] = sweep.runs;
  const stages = [{ name: "stage-1", errorRate: 0.1, validLoss: 0.3, seconds: 2 }] as const;
  await end(sweep, [
    { state: "running" },
    { error: { code: "training_diverged", message: "It burst." }, stages: [...stages] },
  ]);
  expect((await viewOf(sweep.id)).table).not.toHaveProperty("best");
  const events = world.client.call("sweepEvents", { params: { id: sweep.id } });
  const told = toArray(await events);
  await world.catalog.update("model", { namespace: "default", id: first?.model ?? "" }, (model) => ({
    ...{ ...model, state: "ready" as const, stages: [...stages] },
  }));
  const { state, table } = await viewOf(sweep.id);
  expect([state, table.best]).toEqual(["ready", { row: 0, model: first?.model, tied: [], by: "error" }]);
  expect(table.rows[1]?.runs).toEqual([
    { model: second?.model, seed: 42, state: "failed", error: "training_diverged" },
  ]);
  expect((await told).map(({ data }) => data)).toEqual([
    { type: "progress", progress: expect.objectContaining({ phase: "sweep", done: 1, total: 2 }) },
    { type: "log", message: "lr 1e-3, 4 epochs, seed 42: error 10.0 %, valid loss 0.3000" },
    { type: "progress", progress: { phase: "sweep", done: 2, total: 2 } },
    { type: "state", state: "ready" },
  ]);
});

test("of which no run is ready is failed, and says how its first failure went", async () => {
  const sweep = await ask({ learningRates: [1e-3] });
  await end(sweep, [{ error: { code: "out_of_memory", message: "Not even two pictures fit." } }]);
  expect(await viewOf(sweep.id)).toMatchObject({
    state: "failed",
    error: {
      code: "out_of_memory",
      message: "None of its runs is ready. The first that failed: Not even two pictures fit.",
    },
  });
  const refused = await refusalOf(world.client.call("cancelSweep", { params: { id: sweep.id } }));
  expect(refused.code).toBe("already_final");
});

test("cancel leaves what has ended; delete takes the models that nothing refers to", async () => {
  const { id, runs, ...sweep } = await ask({ learningRates: [1e-3, 2e-3, 3e-3] });
  const remove = () => world.client.call("deleteSweep", { params: { id } });
  expect((await refusalOf(remove())).code).toBe("still_running");
  const [kept = "", taken = ""] = runs.map(({ model }) => model);
  expect((await refusalOf(world.client.call("deleteDataset", { params: { id: sweep.dataset.id } }))).code).toBe(
    "in_use",
  );
  await end({ runs: runs.slice(0, 2) }, [{ state: "ready", artifacts: [weights("stage-1")] }, { state: "ready" }]);
  expect((await refusalOf(world.client.call("deleteModel", { params: { id: taken } }))).message).toContain(id);
  await world.aliases.put("default", "bears@sweep", { model: kept });
  expect(await world.client.call("cancelSweep", { params: { id } })).toMatchObject({ id, state: "cancelled" });
  expect((await modelsOf({ id })).map(({ state }) => state)).toEqual(["ready", "ready", "cancelled"]);
  await remove();
  expect((await modelsOf({ id })).map(({ id: model }) => model)).toEqual([kept]);
  expect((await refusalOf(world.client.call("getSweep", { params: { id } }))).code).toBe("not_found");
});
