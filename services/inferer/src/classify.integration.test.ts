// The stories of one picture and the model that answers it, told with a real inferer process.

import type { PictureAnswer } from "@ursa/classifier/classify-picture";
import type { Model } from "@ursa/contracts/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWorld, type World } from "./inferer-world.fixture.ts";

let world: World;
let model: Model;
let url: string;
beforeAll(async () => {
  world = await createWorld();
  model = await world.storeModel();
  url = await world.startInferer("classify").url();
});
afterAll(() => world[Symbol.asyncDispose]());

async function classify(id: string, picture: Uint8Array) {
  const query = new URLSearchParams({ namespace: "default", model: id });
  const response = await fetch(`${url}/classify?${query}`, { method: "POST", body: Uint8Array.from(picture) });
  return { status: response.status, body: await response.json() };
}

async function answerTo(picture: Uint8Array): Promise<PictureAnswer> {
  const { status, body } = await classify(model.id, picture);
  expect(status).toBe(200);
  // As the API reads it; `milliseconds` and the rest are looked at below.
  return body as PictureAnswer;
}

const metric = async (name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\S* (\\S+)$`, "m").exec(text)?.[1]);
};

test("a hundred pictures at once are answered by one load of the model", async () => {
  const pictures = await Promise.all(Array.from({ length: 100 }, (_, seed) => world.bear(seed % 6)));
  const answers = await Promise.all(pictures.map(answerTo));
  expect(await metric("ursa_model_load_seconds_count")).toBe(1);
  expect(await metric("ursa_models_loaded")).toBe(1);
  expect(await metric("ursa_storage_request_duration_seconds_count")).toBeGreaterThan(0);
  for (const [index, { predictions }] of answers.entries())
    expect(predictions).toEqual(answers[index % 6]?.predictions);
});

test("an answer ranks every class, and says which one it is and how long it took", async () => {
  const answer = await answerTo(await world.bear(0));
  const probabilities = answer.predictions.map(([, probability]) => probability);
  expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
  expect(answer.predictions.map(([name]) => name).toSorted()).toEqual(model.classes.toSorted());
  expect(answer.class).toBe(answer.predictions[0]?.[0]);
  expect(model.classes[answer.index]).toBe(answer.class);
  expect(answer.milliseconds).toEqual({ decode: expect.any(Number), model: expect.any(Number) });
});

test("what is no picture is refused with its outcome, and the next one is answered", async () => {
  const refused = await classify(model.id, Buffer.from("<html>no bear here</html>"));
  expect(refused).toMatchObject({ status: 422, body: { code: "bad_image", outcome: "not_an_image" } });
  const cut = (await world.bear(1)).subarray(0, 4000);
  const torn = await classify(model.id, cut);
  expect(torn).toMatchObject({
    status: 422,
    body: { outcome: "corrupt_image", reason: expect.stringMatching(/vips|jpeg/i) },
  });
  expect(torn.body).toMatchObject({ detail: "The picture is damaged or cut short: send a copy that is whole." });
  expect((await classify(model.id, await world.bear(1))).status).toBe(200);
});

test("a model that is not there, not trained, or not named is a problem of the caller", async () => {
  const picture = await world.bear(1);
  const missing = await classify("mdl_01J00000000000000000000000", picture);
  expect(missing).toMatchObject({ status: 404, body: { code: "unknown_model" } });
  const { id } = await world.catalog.create("model", { ...model, id: "mdl_01J00000000000000000000001", artifacts: [] });
  expect(await classify(id, picture)).toMatchObject({ status: 409, body: { code: "model_not_ready" } });
  expect(await classify("../../etc", picture)).toMatchObject({ status: 422, body: { code: "invalid_request" } });
});

test("a model file with one flipped bit is never loaded, and other models are answered meanwhile", async () => {
  const damaged = await world.storeModel(2);
  const { key = "" } = damaged.artifacts.find(({ name }) => name === "model.onnx") ?? {};
  const { body } = await world.store.get(key);
  body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  await world.store.put(key, body);
  const picture = await world.bear(1);
  expect(await classify(damaged.id, picture)).toMatchObject({ status: 500, body: { code: "model_integrity" } });
  expect((await classify(model.id, picture)).status).toBe(200);
});

test("model files that do not belong together are refused", async () => {
  const [one, other] = [await world.storeModel(3), await world.storeModel(4)];
  const [json] = one.artifacts.filter(({ name }) => name === "model.json");
  const files = other.artifacts.filter(({ name }) => name !== "model.json");
  const id = "mdl_01J00000000000000000000002";
  await world.catalog.create("model", { ...one, id, artifacts: json ? [json, ...files] : files });
  const answer = await classify(id, await world.bear(1));
  expect(answer).toMatchObject({ status: 500, body: { code: "model_integrity" } });
});

test("it is ready, and stops in good order", async () => {
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const inferer = world.startInferer("classify");
  await inferer.url();
  inferer.kill("SIGTERM");
  expect(await inferer.exited()).toBe(0);
});
