import { reconcile } from "@ursa/catalog/reconciler";
import type { Producer } from "@ursa/queue/producer";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel } from "./seed-records.fixture.ts";

let world: World;
let model: Awaited<ReturnType<typeof seedModel>>;
let isEnqueueBroken = false;

beforeAll(async () => {
  world = await startWorld({ producer: breakable });
  model = await seedModel(world);
  await world.aliases.put("default", "bears@production", { model: model.id });
});
afterAll(() => world?.[Symbol.asyncDispose]());

function breakable(real: Producer): Producer {
  const failing = async () => {
    if (isEnqueueBroken) throw new Error("killed between record and job");
  };
  return {
    ...real,
    enqueueModel: (record) => failing().then(() => real.enqueueModel(record)),
    enqueuePrediction: (record) => failing().then(() => real.enqueuePrediction(record)),
  };
}

type Input = Parameters<typeof world.client.call<"createPrediction">>[1]["body"]["input"];
const predict = (input: Input, reference?: string) =>
  world.client.call("createPrediction", { body: { input, ...(reference ? { model: reference } : {}) } });

describe("a prediction", () => {
  test("of URLs, by the default model", async () => {
    const made = await predict({ urls: [...urls("any", 300), "nonsense"] });
    const model_ = { model: model.id, alias: "bears@production", classes: ["black", "teddy"] };
    expect(made).toMatchObject({ ...model_, source: "urls", inputs: 301, state: "queued" });
    expect(await world.producer.isQueued("prediction", made)).toBe(true);
    const { body } = await world.store.get(keys.prediction.plan(made, made.shards - 1));
    const last = JSON.parse(body.toString().trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ index: 300, outcome: "bad_scheme", source: "urls", line: 301 });
  });

  test("of URLs has one input for each, in order, the unusable ones with their outcome", async () => {
    const list = ["", "# hi", "https://a.example/1,x", "https://a.example/1\nhttps://b.example/2", "url"];
    const made = await predict({ urls: list });
    expect(made.inputs).toBe(5);
    const { body } = await world.store.get(keys.prediction.plan(made, 0));
    const lines = body.toString().trim().split("\n");
    const rows = lines.map((line): Record<string, unknown> => JSON.parse(line));
    const outcomes = ["bad_scheme", "bad_scheme", undefined, "bad_scheme", "bad_scheme"];
    expect(rows.map(({ line, outcome }) => [line, outcome])).toEqual(outcomes.map((outcome, n) => [n + 1, outcome]));
    expect(rows.map(({ url }) => url)).toEqual([...list.slice(0, 3), JSON.stringify(list[3]), "url"]);
  });

  test("with test-time augmentation says so", async () => {
    const input = { urls: urls("any", 1) };
    const made = await world.client.call("createPrediction", { body: { input, tta: true } });
    expect(made.tta).toBe(true);
    expect(await predict(input)).not.toHaveProperty("tta");
  });

  test("of an upload, by a model's id", async () => {
    await world.client.call("putUpload", { params: { name: "more.csv" }, body: `url,label\n${urls("a", 1)},x\n` });
    const made = await predict({ upload: "more.csv" }, model.id);
    expect(made).toMatchObject({ model: model.id, source: "urls", inputs: 1 });
    expect(made).not.toHaveProperty("alias");
  });

  test("of a dataset's items, all or some of them, usable ones only", async () => {
    const dataset = (await seedDataset(world)).id;
    expect(await predict({ dataset })).toMatchObject({ source: "items", dataset, inputs: 10 });
    expect(await predict({ dataset, split: "valid" })).toMatchObject({ inputs: 2 });
    expect(await predict({ dataset, class: "teddy", split: "train" })).toMatchObject({ inputs: 4 });
  });

  test("needs a model, items and a list that are there", async () => {
    const [training, running] = [
      await seedModel(world, { state: "running" }),
      await seedDataset(world, { state: "running" }),
    ];
    const dataset = (await seedDataset(world)).id;
    const list = { urls: urls("any", 1) };
    await world.store.put(keys.upload("default", "empty.txt"), "\n");
    const before = await keysUnder(world);
    const refusals = await Promise.all([
      refusalOf(predict(list, "cats@production")),
      refusalOf(predict(list, training.id)),
      refusalOf(predict({ dataset: running.id })),
      refusalOf(predict({ dataset: "ds_01J00000000000000000000000" })),
      refusalOf(predict({ dataset, class: "grizzly" })),
      refusalOf(predict({ upload: "nowhere.txt" })),
      refusalOf(predict({ upload: "empty.txt" })),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([
      ...["unknown_model", "model_not_ready", "dataset_not_ready", "not_found", "invalid_request"],
      ...["upload_not_found", "list_is_empty"],
    ]);
    expect(await keysUnder(world)).toEqual(before);
  });
});

test("a model needs a dataset that is ready, and carries its lineage", async () => {
  const [dataset, failed] = [await seedDataset(world), await seedDataset(world, { state: "failed" })];
  const train = (id: string) =>
    world.client.call("createModel", { body: { dataset: id, recipe: { stage1: { epochs: 1 } } } });
  const made = await train(dataset.id);
  expect(made.dataset).toEqual({ id: dataset.id, version: 1, manifestSha256: dataset.manifest?.sha256 });
  expect(made.recipe.stage1).toEqual({ epochs: 1, learningRate: 3e-3, batchSize: "auto" });
  expect(await world.producer.isQueued("model", made)).toBe(true);
  expect(await refusalOf(train(failed.id))).toMatchObject({ code: "dataset_not_ready" });
  expect(await refusalOf(train("ds_01J00000000000000000000000"))).toMatchObject({ code: "not_found" });
});

test("models and predictions that lost their job are enqueued by the reconciler", async () => {
  const dataset = await seedDataset(world);
  isEnqueueBroken = true;
  const training = await world.client.call("createModel", { body: { dataset: dataset.id } });
  const prediction = await predict({ dataset: dataset.id });
  isEnqueueBroken = false;
  const { catalog, producer, log } = world;
  const done = await reconcile({ catalog, producer, log, signal: new AbortController().signal, graceMs: 0 });
  expect(done).toEqual(expect.arrayContaining([training.id, prediction.id]));
});

test("one Idempotency-Key may be used once for each kind of record", async () => {
  const dataset = await seedDataset(world);
  const headers = { "idempotency-key": "same" };
  const train = () => world.client.call("createModel", { body: { dataset: dataset.id }, headers });
  const ask = () => world.client.call("createPrediction", { body: { input: { dataset: dataset.id } }, headers });
  const [trained, predicted] = [await train(), await ask()];
  expect(await train()).toEqual(trained);
  expect(await ask()).toEqual(predicted);
});
