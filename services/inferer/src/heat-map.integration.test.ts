// What spoke for an answer, told with a real inferer process: only to who asks for it, and by the model's own explain.onnx.
import { classificationSchema } from "@ursa/contracts/prediction";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./inferer-world.fixture.ts";

let world: World;
let url: string;
beforeAll(async () => {
  world = await createWorld();
  url = await world.startInferer("classify").url();
});
afterAll(() => world[Symbol.asyncDispose]());

const answerSchema = classificationSchema
  .omit({ model: true })
  .extend({ milliseconds: classificationSchema.shape.milliseconds.omit({ total: true }) });

async function ask(model: string, more: Record<string, string>) {
  const query = new URLSearchParams({ namespace: "default", model, ...more });
  const body = Uint8Array.from(await world.bear(0));
  const response = await fetch(`${url}/classify?${query}`, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

test("the answer comes with its heat map where that is asked for, and is the same answer", async () => {
  const { id } = await world.storeModel();
  const plain = answerSchema.parse((await ask(id, {})).body);
  expect(plain).not.toHaveProperty("heatMap");
  const { heatMap, ...answer } = answerSchema.parse((await ask(id, { heatMap: "true" })).body);
  expect(answer).toMatchObject({ predictions: plain.predictions, class: plain.class });
  // Of 96 pixels the last feature map of EfficientNet-Lite0 has a 32nd.
  expect(heatMap).toMatchObject({ class: plain.class, rows: 3, columns: 3 });
  expect(heatMap?.values).toHaveLength(9);
  expect(answer.milliseconds.heatMap).toBeGreaterThan(0);
});

test("another class has another map, and one that the model does not know is refused", async () => {
  const { id, classes } = await world.storeModel();
  const maps = await Promise.all(
    classes.map(async (name) => {
      const { heatMap } = answerSchema.parse((await ask(id, { heatMap: "true", class: name })).body);
      expect(heatMap?.class).toBe(name);
      return String(heatMap?.values);
    }),
  );
  expect(new Set(maps).size).toBeGreaterThan(1);
  expect(await ask(id, { heatMap: "true", class: "panda" })).toMatchObject({
    status: 422,
    body: { code: "unknown_class", detail: expect.stringContaining(`it has ${classes.join(", ")}`) },
  });
});

test("a model of an earlier version answers, and says how it gets heat maps", async () => {
  const model = await world.storeModel();
  const id = "mdl_01J00000000000000000000003";
  const artifacts = model.artifacts.filter(({ name }) => name !== "explain.onnx");
  await world.catalog.create("model", { ...model, id, artifacts });
  expect((await ask(id, {})).status).toBe(200);
  expect(await ask(id, { heatMap: "true" })).toMatchObject({
    status: 409,
    body: { code: "no_heat_maps", detail: expect.stringContaining(`ursa model export ${id}`) },
  });
});

test("a damaged explain.onnx explains nothing, and the model answers on", async () => {
  const { id, artifacts } = await world.storeModel();
  await world.store.put(artifacts.find(({ name }) => name === "explain.onnx")?.key ?? "", "not a graph");
  expect(await ask(id, { heatMap: "true" })).toMatchObject({ status: 500, body: { code: "model_integrity" } });
  expect((await ask(id, {})).status).toBe(200);
});
