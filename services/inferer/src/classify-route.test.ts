import type { Classifier } from "@ursa/classifier/predict";
import { Problem } from "@ursa/contracts/problem";
import { createMetrics } from "@ursa/service/metrics";
import { expect, test } from "vitest";
import { classifyRoute } from "./classify-route.ts";

const QUERY = new URLSearchParams({ namespace: "default", model: "mdl_01J00000000000000000000000" });

function route(view: () => Promise<Uint8Array>, fault?: Problem) {
  let predictions = 0;
  const classifier: Classifier = {
    ...{ classes: ["black", "teddy"], size: 1, bytes: 1 },
    async predict(views) {
      predictions += views.length;
      return views.map(() => Float32Array.of(0.25, 0.75));
    },
    close: async () => {},
  };
  const use = async <T>(_: unknown, work: (classifier: Classifier) => Promise<T>) => {
    if (fault) throw fault;
    return work(classifier);
  };
  const decoders = { view, ttaViews: async () => Array.from({ length: 9 }, () => Uint8Array.of(1)) };
  const explainers = { use: () => Promise.reject(new Error("nobody asked for a heat map")) };
  const { handler } = classifyRoute({ models: { use }, explainers, decoders, metrics: createMetrics("test") });
  const ask = (signal = new AbortController().signal, query = QUERY) =>
    handler({ id: "r", query, headers: {}, body: Buffer.of(1), signal });
  return { ask, predictions: () => predictions };
}

test("more pictures at once than can be answered soon are turned away, and those before them are answered", async () => {
  const { promise: view, resolve } = Promise.withResolvers<Uint8Array>();
  const { ask } = route(() => view);
  const waiting = Array.from({ length: 256 }, () => ask());
  await expect(ask()).rejects.toMatchObject({ code: "too_busy", status: 503 });
  resolve(Uint8Array.of(1, 2, 3));
  const answers = await Promise.all(waiting);
  expect(answers[255]).toMatchObject({ json: { class: "teddy", index: 1 } });
  expect(await ask()).toMatchObject({ json: { class: "teddy" } });
});

test("the network is not asked for a caller who has gone", async () => {
  const gone = new AbortController();
  const { ask, predictions } = route(async () => {
    gone.abort(new Error("gone"));
    return Uint8Array.of(1, 2, 3);
  });
  await expect(ask(gone.signal)).rejects.toThrow("gone");
  expect(predictions()).toBe(0);
});

test.each([
  ["not_found", "unknown_model", 404],
  ["model_not_ready", "model_not_ready", 409],
] as const)("a model that is %s is told to the API as %s", async (code, told, status) => {
  const { ask } = route(async () => Uint8Array.of(1), new Problem(code, "There is no model mdl_1."));
  await expect(ask()).rejects.toMatchObject({ code: told, status, message: "There is no model mdl_1." });
});

test("a caller who asks for test-time augmentation is answered from nine views, and nobody else is", async () => {
  const { ask, predictions } = route(async () => Uint8Array.of(1));
  await ask();
  expect(predictions()).toBe(1);
  const query = new URLSearchParams({ ...Object.fromEntries(QUERY), tta: "true" });
  await ask(undefined, query);
  expect(predictions()).toBe(1 + 9);
});
