// Asking for an evaluation: what is settled when it is created, and what is refused before any work is done.
import { reconcile } from "@ursa/catalog/reconciler";
import type { Dataset } from "@ursa/contracts/dataset";
import type { CreateEvaluation } from "@ursa/contracts/evaluation";
import { recipeSchema } from "@ursa/contracts/recipe";
import { keys } from "@ursa/store/keys";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedDataset, seedEvaluation, seedModel, sha256Of } from "./seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

type Body = Omit<Partial<CreateEvaluation>, "model" | "dataset"> & { model: string; dataset: string };
const evaluate = (body: Body, headers = {}) => world.client.call("createEvaluation", { body, headers });

type Sides = { train: number; valid: number; test: number };
function countsOf(classes: Record<string, Sides>): NonNullable<Dataset["counts"]> {
  const counted = Object.entries(classes).map(([name, sides]) => ({
    ...{ class: name, listed: 9, outcomes: {}, validFraction: 0.2, ...sides },
  }));
  return { outcomes: {}, classes: counted };
}
const UNMARKED = countsOf({ black: { train: 4, valid: 1, test: 0 }, teddy: { train: 4, valid: 1, test: 0 } });
const MARKED = countsOf({ black: { train: 4, valid: 1, test: 3 }, teddy: { train: 4, valid: 1, test: 0 } });

test("is of the test pictures where there are some, and else of the validation pictures", async () => {
  const { id: model } = await seedModel(world);
  const [unmarked, marked] = [
    await seedDataset(world, { counts: UNMARKED }),
    await seedDataset(world, { counts: MARKED }),
  ];
  expect(await evaluate({ model, dataset: unmarked.id })).toMatchObject({ split: "valid" });
  const made = await evaluate({ model, dataset: marked.id });
  const version = { id: marked.id, version: 1, manifestSha256: marked.manifest?.sha256 };
  expect(made).toMatchObject({ split: "test", tta: false, classes: ["black", "teddy"], dataset: version });
  expect(made).not.toHaveProperty("validFraction");
  expect(await world.producer.isQueued("evaluation", made)).toBe(true);
});

test("names the model behind the alias, and the stage that is the latest now", async () => {
  const { id: model } = await seedModel(world);
  await world.aliases.put("default", "bears@staging", { model });
  const { id: dataset } = await seedDataset(world, { counts: UNMARKED });
  const made = await evaluate({ model: "bears@staging", dataset, tta: true });
  expect(made).toMatchObject({ model, alias: "bears@staging", stage: "stage-1", tta: true });
  const refused = await refusalOf(evaluate({ model, dataset, stage: "stage-2" }));
  expect([refused.code, refused.message]).toEqual([
    "model_not_ready",
    expect.stringContaining("its latest is stage-1"),
  ]);
});

test("of the dataset that the model was trained on, with another fraction, uses the model's own cut", async () => {
  const { id: dataset, manifest } = await seedDataset(world, { counts: UNMARKED });
  const own = { id: dataset, version: 1, manifestSha256: manifest?.sha256 ?? "" };
  const recipe = recipeSchema.parse({ validFraction: 0.5 });
  const { id: model } = await seedModel(world, { dataset: own, recipe });
  const { id: stranger } = await seedModel(world, { recipe });
  expect(await evaluate({ model, dataset })).toMatchObject({ validFraction: 0.5 });
  expect(await evaluate({ model: stranger, dataset })).not.toHaveProperty("validFraction");
});

test("of a side without pictures is refused and says what to do", async () => {
  const { id: model } = await seedModel(world);
  const { id: dataset } = await seedDataset(world, { counts: UNMARKED });
  const refused = await refusalOf(evaluate({ model, dataset, split: "test" }));
  expect(refused.code).toBe("split_is_empty");
  expect(refused.message).toMatch(/^ds_\w+ has no test items: .*folder named test.*split: train, valid, test or all/);
  // @ts-expect-error: the client's own types know the sides.
  const unknown = await refusalOf(evaluate({ model, dataset, split: "exam" }));
  expect([unknown.code, unknown.extra.errors]).toMatchObject(["invalid_request", [{ path: "split" }]]);
});

test("of classes that the model does not know is refused, unless this side has none of them", async () => {
  const { id: model } = await seedModel(world);
  const counts = countsOf({ grizzly: { train: 2, valid: 1, test: 0 }, teddy: { train: 4, valid: 1, test: 2 } });
  const { id: dataset } = await seedDataset(world, { counts, classes: ["grizzly", "teddy"] });
  const refused = await refusalOf(evaluate({ model, dataset, split: "valid" }));
  expect([refused.code, refused.extra]).toMatchObject(["classes_differ", { unknown: ["grizzly"] }]);
  expect(refused.message).toContain("does not know: grizzly. It knows black, teddy");
  expect(await evaluate({ model, dataset, split: "test" })).toMatchObject({ classes: ["black", "teddy"] });
});

test("needs a model and a dataset that are there and ready", async () => {
  const [{ id: model }, { id: dataset }] = [await seedModel(world), await seedDataset(world, { counts: UNMARKED })];
  const [young, empty] = [await seedModel(world, { state: "running" }), await seedDataset(world, { state: "running" })];
  const gone = { model: model.replace(/.{4}$/, "0000"), dataset: dataset.replace(/.{4}$/, "0000") };
  const codeOf = async (body: Body) => (await refusalOf(evaluate(body))).code;
  expect(await codeOf({ model: young.id, dataset })).toBe("model_not_ready");
  expect(await codeOf({ model, dataset: empty.id })).toBe("dataset_not_ready");
  expect(await codeOf({ model: gone.model, dataset })).toBe("unknown_model");
  expect(await codeOf({ model, dataset: gone.dataset })).toBe("not_found");
});

test("keeps its model and its dataset until it has ended", async () => {
  const [{ id: model }, { id: dataset }] = [await seedModel(world), await seedDataset(world, { counts: UNMARKED })];
  const { id } = await evaluate({ model, dataset });
  const calls = () =>
    [
      world.client.call("deleteModel", { params: { id: model } }),
      world.client.call("deleteDataset", { params: { id: dataset } }),
    ] as const;
  for (const call of calls()) expect((await refusalOf(call)).message).toContain(`still needed by ${id}`);
  await world.client.call("cancelEvaluation", { params: { id } });
  await Promise.all(calls());
});

test("whose job was lost is enqueued again, and the same key makes one evaluation", async () => {
  const [{ id: model }, { id: dataset }] = [await seedModel(world), await seedDataset(world, { counts: UNMARKED })];
  const headers = { "idempotency-key": "evaluate once" };
  const first = await evaluate({ model, dataset }, headers);
  expect(await evaluate({ model, dataset }, headers)).toEqual(first);
  await world.producer.cancel("evaluation", first);
  const { catalog, producer, log } = world;
  const signal = new AbortController().signal;
  expect(await reconcile({ catalog, producer, log, signal, graceMs: 0 })).toContain(first.id);
  const { enqueued } = await catalog.get("evaluation", "default", first.id);
  expect(await producer.isQueued("evaluation", { ...first, enqueued })).toBe(true);
});

test("answers the very bytes of evaluation.json, and until then why there are none", async () => {
  const { id, result } = await seedEvaluation(world);
  const response = await fetch(`${world.url}/v1/evaluations/${id}/result`);
  expect(sha256Of(Buffer.from(await response.arrayBuffer()))).toBe(result?.sha256);
  const resultOf = (id: string) => refusalOf(world.client.call("getEvaluationResult", { params: { id } }));
  expect((await resultOf((await seedEvaluation(world, { state: "running" })).id)).code).toBe("still_running");
  expect((await resultOf((await seedEvaluation(world, { state: "failed" })).id)).code).toBe("not_found");
  await world.client.call("deleteEvaluation", { params: { id } });
  expect(await world.store.head(keys.evaluation.result({ namespace: "default", id }, 1))).toBeUndefined();
});
