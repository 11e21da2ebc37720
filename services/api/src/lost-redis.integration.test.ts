// A Redis that is away: what needs a queue says so at once and leaves nothing behind; what is finished is answered as ever.
import { ROUTES } from "@ursa/contracts/routes";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, startWorld, toArray, urls, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel, seedPrediction } from "./seed-records.fixture.ts";

let world: World;
let made: {
  dataset: Awaited<ReturnType<typeof seedDataset>>;
  model: Awaited<ReturnType<typeof seedModel>>;
  prediction: Awaited<ReturnType<typeof seedPrediction>>;
  running: Awaited<ReturnType<typeof seedDataset>>;
};

beforeAll(async () => {
  world = await startWorld();
  made = {
    dataset: await seedDataset(world),
    model: await seedModel(world),
    prediction: await seedPrediction(world),
    running: await seedDataset(world, { state: "running" }),
  };
  await world.aliases.put("default", "bears@production", { model: made.model.id });
  await world.redis.stop();
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; milliseconds: number }> {
  const started = performance.now();
  const value = await work();
  return { value, milliseconds: performance.now() - started };
}

describe("while Redis is away", () => {
  const bodies = () => ({
    [ROUTES.createDataset.path]: {
      sources: [
        { class: "black", urls: urls("black", 3) },
        { class: "teddy", urls: urls("teddy", 3) },
      ],
    },
    [ROUTES.createModel.path]: { dataset: made.dataset.id },
    [ROUTES.createPrediction.path]: { input: { urls: urls("any", 2) } },
  });

  test.each([ROUTES.createDataset.path, ROUTES.createModel.path, ROUTES.createPrediction.path])(
    "POST %s is refused in under a second and leaves nothing",
    async (path) => {
      const before = await keysUnder(world);
      const init = {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": "while away" },
        body: JSON.stringify(bodies()[path]),
      };
      const { value: response, milliseconds } = await timed(() => fetch(`${world.url}${path}`, init));
      expect(response.status).toBe(503);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await response.json()).toMatchObject({ code: "queue_unavailable" });
      expect(milliseconds).toBeLessThan(1000);
      expect(await keysUnder(world)).toEqual(before);
    },
  );

  test("what is finished is read from the store", async () => {
    const { dataset, model, prediction } = made;
    const { client } = world;
    const answers = await timed(() =>
      Promise.all([
        client.call("getDataset", { params: { id: dataset.id } }),
        client.call("getModel", { params: { id: model.id } }),
        client.call("getPrediction", { params: { id: prediction.id } }),
        client.call("listItems", { params: { id: dataset.id } }),
        client.call("getResults", { params: { id: prediction.id } }),
        client.call("listAliases", {}),
        client.call("classify", { body: Buffer.from("a picture") }),
      ]),
    );
    expect(answers.milliseconds).toBeLessThan(1000);
    const lists = await Promise.all([
      client.call("listDatasets", {}),
      client.call("listModels", {}),
      client.call("listPredictions", {}),
    ]);
    expect(lists.map(({ items }) => items.length)).toEqual([2, 1, 1]);
  });

  test("a record under way is shown without its live progress", async () => {
    const { id } = made.running;
    const { value, milliseconds } = await timed(() => world.client.call("getDataset", { params: { id } }));
    expect(value).toEqual(made.running);
    expect(milliseconds).toBeLessThan(1000);
  });

  test("lists can still be uploaded", async () => {
    await world.client.call("putUpload", { params: { name: "a.txt" }, body: "https://a.example/1\n" });
  });

  test("a follower of what has ended is told the end", async () => {
    const stream = await world.client.call("modelEvents", { params: { id: made.model.id } });
    expect(await toArray(stream)).toEqual([{ data: { type: "state", state: "ready" } }]);
  });

  test("/readyz says no, /livez says yes", async () => {
    expect(await world.client.call("readyz", {})).toMatchObject({ status: "unavailable", checks: { store: "ok" } });
    const ready = await fetch(`${world.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ status: "unavailable", checks: { store: "ok" } });
    expect((await fetch(`${world.url}/livez`)).status).toBe(200);
  });

  test("the status page shows itself, and what is wrong", async () => {
    const { value, milliseconds } = await timed(async () => (await fetch(`${world.url}/status`)).text());
    expect(value).toContain("Redis cannot be reached");
    expect(value).toContain(made.dataset.id);
    expect(milliseconds).toBeLessThan(2000);
  });

  test("a cancel is kept: the record says so to whoever takes the job later", async () => {
    const { id } = await seedDataset(world, { state: "running" });
    const { value, milliseconds } = await timed(() => world.client.call("cancelDataset", { params: { id } }));
    expect(value).toMatchObject({ state: "cancelled" });
    expect(milliseconds).toBeLessThan(2000);
  });

  test("what has ended can be deleted", async () => {
    const { id } = await seedPrediction(world);
    await world.client.call("deletePrediction", { params: { id } });
    expect((await keysUnder(world)).filter((key) => key.includes(id))).toEqual([]);
  });
});

test("when Redis is back, the same request under the same key succeeds, and a follower that stayed hears the end", async () => {
  const { id } = made.running;
  const stream = await world.client.call("datasetEvents", { params: { id } });
  const heard = toArray(stream);
  await world.redis.restart();
  const body = { dataset: made.dataset.id };
  const again = () => world.client.call("createModel", { body, headers: { "idempotency-key": "while away" } });
  const model = await waitUntil(() => again().catch(() => undefined), { what: "Redis to be back" });
  expect(model).toMatchObject({ state: "queued" });
  await world.client.call("cancelDataset", { params: { id } });
  expect((await heard).at(-1)?.data).toMatchObject({ type: "state", state: "cancelled" });
  expect(world.logs.filter(({ level }) => level === "error")).toEqual([]);
});
