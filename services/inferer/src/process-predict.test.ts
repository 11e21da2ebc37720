import { createCatalog } from "@ursa/catalog/catalog";
import { drawPrediction } from "@ursa/queue/records.fixture";
import type { Held } from "@ursa/queue/run-job";
import { createMetrics } from "@ursa/service/metrics";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { createPredictEnding, createPredictProcess } from "./process-predict.ts";

const WITHOUT_MODEL = new Error("no model here");

/** A prediction in a folder, and predict jobs that get as far as their model. */
async function createSurroundings(wrap: (store: ObjectStore) => ObjectStore = (store) => store) {
  const folder = await createScratchFolder();
  const store = wrap(await openStore(`file://${folder.path}`));
  const catalog = createCatalog({ store });
  const prediction = await catalog.create("prediction", drawPrediction({ shards: 64, inputs: 64 }));
  const { namespace, id } = prediction;
  const nothing = async () => undefined;
  const events = {
    ...{ reportProgress: nothing, expectTotal: nothing, latestProgress: nothing, clear: nothing, close: nothing },
    publish: nothing,
    async *backlog() {},
    async *follow() {},
  };
  const models = { use: () => Promise.reject(WITHOUT_MODEL) };
  const decoders = { view: () => Promise.reject(WITHOUT_MODEL), ttaViews: () => Promise.reject(WITHOUT_MODEL) };
  const deps = { store, catalog, events, models, decoders, metrics: createMetrics("test") };
  const held: Held = {};
  const context = {
    ...{ signal: new AbortController().signal, attempt: 1, starts: 1, jobId: "1", handBack: () => Promise.reject() },
    holdFence: (fence: number) => void Object.assign(held, { fence }),
  };
  const process = createPredictProcess(deps);
  const run = (shard: number) => process({ v: 1, namespace, id, shard }, context);
  const dispose = async () => {
    await store.close();
    await folder[Symbol.asyncDispose]();
  };
  return { deps, held, prediction, run, [Symbol.asyncDispose]: dispose };
}

test("of 64 shards that start at once, each tries at most once to say so, and none is refused", async () => {
  let writes = 0;
  const counted = (store: ObjectStore): ObjectStore => ({
    ...store,
    put(key, ...rest) {
      if (key.includes("/predictions/prd_") && key.endsWith(".json")) writes += 1;
      return store.put(key, ...rest);
    },
  });
  await using around = await createSurroundings(counted);
  const { prediction, run, deps } = around;
  const plan = { index: 0, key: "k", class: "teddy", url: "http://bears/", source: "list", line: 0 };
  const shards = Array.from({ length: 64 }, (_, shard) => shard);
  await Promise.all(
    shards.map((shard) => deps.store.put(keys.prediction.plan(prediction, shard), JSON.stringify(plan))),
  );
  const ends = await Promise.allSettled(shards.map(run));
  expect(new Set(ends.map((end) => end.status === "rejected" && end.reason))).toEqual(new Set([WITHOUT_MODEL]));
  expect(await deps.catalog.get("prediction", "default", prediction.id)).toMatchObject({ state: "running" });
  // One creates the record, and each shard tries at most once: whoever loses sees that it runs.
  expect(writes).toBeGreaterThan(1);
  expect(writes).toBeLessThanOrEqual(65);
});

test("a shard whose prediction is being collected has no say in how it ends", async () => {
  await using around = await createSurroundings();
  const { prediction, run, deps, held } = around;
  await expect(run(0)).rejects.toThrow();
  await deps.catalog.take("prediction", prediction);
  const error = { code: "model_integrity", message: "damaged" } as const;
  const giveUp = createPredictEnding(deps);
  const told = giveUp({ v: 1, namespace: prediction.namespace, id: prediction.id, shard: 0 }, error, held);
  await expect(told).rejects.toMatchObject({ name: "FenceLost" });
  expect(await deps.catalog.get("prediction", "default", prediction.id)).toMatchObject({ state: "running", fence: 1 });
});
