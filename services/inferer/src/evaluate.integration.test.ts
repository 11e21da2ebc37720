// The stories of an evaluation, told with real inferer processes and a real Redis. What is expected is computed in this process.
import { createHash } from "node:crypto";
import { newId } from "@ursa/catalog/new-id";
import { loadClassifier } from "@ursa/classifier/predict";
import { blend } from "@ursa/classifier/tta";
import { type Dataset, datasetOptionsSchema, type Item } from "@ursa/contracts/dataset";
import { type Evaluation, type EvaluationResult, evaluationResultSchema } from "@ursa/contracts/evaluation";
import type { Model } from "@ursa/contracts/model";
import { isFinal } from "@ursa/contracts/record";
import { type DecoderPool, startDecoderPool } from "@ursa/imaging/decoder-pool";
import { connectProducer } from "@ursa/queue/connection";
import { createProducer, type Producer } from "@ursa/queue/producer";
import { keys } from "@ursa/store/keys";
import { BEAR_KINDS } from "@ursa/testing/pictures";
import { startRedis } from "@ursa/testing/redis";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./inferer-world.fixture.ts";

const parts = new AsyncDisposableStack();
let world: World;
let producer: Producer;
let decoders: DecoderPool;
let model: Model;
/** Ten sound pictures, one that is cut short, and one that is not in the store. */
let pictures: { sha256: string; bytes?: Buffer }[];

beforeAll(async () => {
  const redis = parts.use(await startRedis());
  world = parts.use(await createWorld({ URSA_REDIS_URL: redis.url }));
  const connection = connectProducer(redis.url);
  parts.defer(() => connection.close());
  producer = createProducer(connection);
  parts.defer(() => producer.close());
  decoders = parts.use(startDecoderPool({ processes: 1 }));
  model = await world.storeModel();
  const bears = await Promise.all(Array.from({ length: 10 }, (_, seed) => world.bear(seed)));
  const cut = await world.storePicture(bears[0]?.subarray(0, 4000) ?? Buffer.alloc(0));
  const sound = await Promise.all(bears.map(async (bytes) => ({ sha256: await world.storePicture(bytes), bytes })));
  pictures = [...sound, { sha256: cut }, { sha256: "f".repeat(64) }];
});
afterAll(() => parts.disposeAsync());

const itemOf = (index: number, split: Item["split"]): Item => ({
  ...{ index, key: String(index), class: BEAR_KINDS[index % 3] ?? "teddy", url: `http://bears/${index}` },
  ...{ outcome: "ok", source: "list", line: index + 1, sha256: pictures[index % pictures.length]?.sha256, split },
});

/** Test items, and among them some that are not. */
async function storeDataset(tests: number): Promise<Dataset> {
  const items = Array.from({ length: tests + 5 }, (_, index) => itemOf(index, index < 5 ? "train" : "test"));
  const id = newId("dataset");
  const key = keys.dataset.manifest({ namespace: "default", id }, 1);
  const text = items.map((item) => `${JSON.stringify(item)}\n`).join("");
  await world.store.put(key, text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return world.catalog.create("dataset", {
    ...newRecord(id),
    ...{ state: "ready", version: 1, classes: [...BEAR_KINDS], listed: items.length, shards: 1 },
    options: datasetOptionsSchema.parse({}),
    manifest: { key, sha256, items: items.length },
  });
}

function newRecord(id: string) {
  const now = new Date().toISOString();
  return { id, namespace: "default", state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 } as const;
}

async function request(dataset: Dataset, more: Partial<Evaluation> = {}): Promise<Evaluation> {
  const { id, version, manifest } = dataset;
  const record = await world.catalog.create("evaluation", {
    ...newRecord(newId("evaluation")),
    ...{ model: model.id, stage: "stage-1", split: "test", tta: false, classes: model.classes },
    dataset: { id, version, manifestSha256: manifest?.sha256 ?? "" },
    ...more,
  });
  await producer.enqueueEvaluation(record);
  return record;
}

const read = ({ id }: Evaluation) => world.catalog.get("evaluation", "default", id);

async function ended(evaluation: Evaluation): Promise<Evaluation> {
  const isOver = async () => isFinal((await read(evaluation)).state);
  await waitUntil(isOver, { what: `${evaluation.id} to end`, timeoutMs: 100_000 });
  return read(evaluation);
}

async function resultOf({ result }: Evaluation): Promise<EvaluationResult> {
  const { body } = await world.store.get(result?.key ?? "");
  expect([body.length, createHash("sha256").update(body).digest("hex")]).toEqual([result?.bytes, result?.sha256]);
  return evaluationResultSchema.parse(JSON.parse(String(body)));
}

/** Whose name the result carries is all that may differ between two evaluations of the same. */
const measured = ({ evaluationId: _, ...rest }: EvaluationResult) => rest;

/** By hand: true and predicted class and loss of each test item, in order. */
async function expected(dataset: Dataset, tta: boolean) {
  const file = (name: string) => model.artifacts.find((each) => each.name === name)?.key ?? "";
  const [modelJson, modelOnnx] = await Promise.all(
    ["model.json", "model.onnx"].map(async (name) => (await world.store.get(file(name))).body),
  );
  if (!modelJson || !modelOnnx) throw new Error("no model");
  const classifier = await loadClassifier({ modelJson, modelOnnx }, { threads: 1 });
  const answers = await Promise.all(
    pictures.map(async ({ bytes }) => {
      if (!bytes) return undefined;
      const views = tta ? await decoders.ttaViews(bytes, 96) : [await decoders.view(bytes, 96)];
      return blend(await classifier.predict(views));
    }),
  );
  await classifier.close();
  const tests = Array.from({ length: dataset.listed - 5 }, (_, n) => itemOf(n + 5, "test"));
  return tests.flatMap(({ index, key, class: actual }) => {
    const answer = answers[index % pictures.length];
    if (!answer) return [];
    const probability = answer[model.classes.indexOf(actual)] ?? 0;
    const predicted = model.classes[answer.indexOf(Math.max(...answer))] ?? "";
    return [{ key, actual, predicted, probability, loss: -Math.log(probability) }];
  });
}

test.each([false, true])("a model is measured on the test items and on nothing else (tta: %s)", async (tta) => {
  await using _inferer = world.startInferer("batch");
  const dataset = await storeDataset(84);
  const evaluation = await ended(await request(dataset, { tta }));
  expect(evaluation).toMatchObject({ state: "ready", fence: 1 });
  const [result, wanted] = [await resultOf(evaluation), await expected(dataset, tta)];
  expect(result).toMatchObject({ ...evaluation.summary, count: 70, unread: { corrupt_image: 7, worker_failed: 7 } });
  expect(wanted).toHaveLength(70);
  expect(result.wrong).toBe(wanted.filter(({ actual, predicted }) => actual !== predicted).length);
  for (const [row, actual] of model.classes.entries()) {
    const counts = model.classes.map(
      (predicted) => wanted.filter((each) => each.actual === actual && each.predicted === predicted).length,
    );
    expect(result.confusion[row]).toEqual(counts);
  }
  expect(result.loss).toBeCloseTo(wanted.reduce((sum, { loss }) => sum + loss, 0) / 70, 5);
  const highest = wanted.toSorted((a, b) => b.loss - a.loss)[0];
  expect(result.topLosses[0]?.loss).toBeCloseTo(highest?.loss ?? 0, 5);
  expect(result.topLosses).toHaveLength(70);
  expect(result.unreadItems[0]).toMatchObject({ outcome: "corrupt_image", reason: expect.any(String) });
});

test("an inferer that is killed in the middle leaves its parts to the next, and the result is the same", async () => {
  const dataset = await storeDataset(600);
  await using first = world.startInferer("batch");
  const calm = await ended(await request(dataset));
  const disturbed = await request(dataset);
  await waitUntil(() => world.store.head(keys.evaluation.answers(disturbed, 1)), { what: "a part", timeoutMs: 60_000 });
  first.kill("SIGKILL");
  await first.exited();
  expect((await read(disturbed)).state).toBe("running");
  await using _second = world.startInferer("batch");
  const after = await ended(disturbed);
  expect(after).toMatchObject({ state: "ready", fence: 2 });
  expect(measured(await resultOf(after))).toEqual(measured(await resultOf(calm)));
});

test("a job that is delivered once more changes nothing", async () => {
  await using _inferer = world.startInferer("batch");
  const before = await ended(await request(await storeDataset(10)));
  await producer.enqueueEvaluation({ ...before, enqueued: 2 });
  const isOver = async () => !(await producer.isQueued("evaluation", { ...before, enqueued: 2 }));
  await waitUntil(isOver, { what: "the second job to end", timeoutMs: 60_000 });
  expect(await read(before)).toEqual(before);
});

test("of all of a dataset each side is measured by itself, as it is when it is asked for alone", async () => {
  await using _inferer = world.startInferer("batch");
  const dataset = await storeDataset(84);
  const [all, tests, trained] = [
    await resultOf(await ended(await request(dataset, { split: "all" }))),
    await resultOf(await ended(await request(dataset))),
    await resultOf(await ended(await request(dataset, { split: "train" }))),
  ];
  const { model: _, stage, dataset: __, split, tta, classes, format, evaluationId, ...alone } = tests;
  expect(all.sides?.test).toEqual(alone);
  expect(all.sides?.train).toMatchObject({ count: trained.count, wrong: trained.wrong, loss: trained.loss });
  expect(all.count).toBe(tests.count + trained.count);
  expect(all.calibration?.bins.reduce((sum, { count }) => sum + count, 0)).toBe(all.count);
  // No validation picture is among them, so there is nothing to fit a temperature on.
  expect(all).not.toHaveProperty("temperature");
});

test("the stage that was asked for is measured, also when a later one is there", async () => {
  await using _inferer = world.startInferer("batch");
  const other = await world.storeModel(7);
  const later = other.artifacts.map((file) => ({ ...file, stage: "stage-2" as const }));
  const both = { ...other, id: newId("model"), artifacts: [...model.artifacts, ...later] };
  const { id } = await world.catalog.create("model", both);
  const dataset = await storeDataset(20);
  const lossOf = async (more: Partial<Evaluation>) => (await ended(await request(dataset, more))).summary?.loss;
  const [first, second] = [await lossOf({}), await lossOf({ model: other.id })];
  expect(first).not.toBe(second);
  expect(await lossOf({ model: id, stage: "stage-1" })).toBe(first);
  expect(await lossOf({ model: id, stage: "stage-2" })).toBe(second);
});

test("what was deleted or damaged meanwhile ends the evaluation with a reason, and no result", async () => {
  await using _inferer = world.startInferer("batch");
  const [dataset, gone, damaged] = [await storeDataset(10), await storeDataset(10), await world.storeModel(3)];
  await world.catalog.remove("dataset", gone);
  await world.store.put(damaged.artifacts.find(({ name }) => name === "model.onnx")?.key ?? "", "not a model");
  const codeOf = async (evaluation: Evaluation) => {
    const { state, error, result } = await ended(evaluation);
    return { state, code: error?.code, result };
  };
  const failed = (code: string) => ({ state: "failed", code, result: undefined });
  expect(await codeOf(await request(gone))).toEqual(failed("not_found"));
  expect(await codeOf(await request(dataset, { model: newId("model") }))).toEqual(failed("not_found"));
  expect(await codeOf(await request(dataset, { model: damaged.id }))).toEqual(failed("model_integrity"));
  expect(await codeOf(await request(dataset, { split: "valid" }))).toEqual(failed("split_is_empty"));
});
