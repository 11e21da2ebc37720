// Every route of the table, called through the derived client, which parses each answer with the route's own schema.
import type { AnswerOf } from "@ursa/contracts/client";
import { QUEUE_NAMES } from "@ursa/contracts/queues";
import { ROUTES, type RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCESS_STORIES } from "./access-stories.fixture.ts";
import { keysUnder, refusalOf, startWorld, toArray, urls, type World } from "./api-world.fixture.ts";
import { EVALUATION_STORIES } from "./evaluation-stories.fixture.ts";
import { INSPECTION_STORIES } from "./inspection-stories.fixture.ts";
import { JUDGEMENT_STORIES } from "./judgement-stories.fixture.ts";
import { PUBLIC_ALIAS_STORIES } from "./public-alias-stories.fixture.ts";
import { REGRESSION_STORIES } from "./regression-stories.fixture.ts";
import { ITEMS, seedDataset, seedModel, seedPrediction, seedSweep } from "./seed-records.fixture.ts";
import { versionStories } from "./version-stories.fixture.ts";
import { WEBHOOK_STORIES } from "./webhook-stories.fixture.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const pair = [
  { class: "black", urls: urls("black", 3) },
  { class: "teddy", urls: urls("teddy", 3) },
];
const textOf = async (response: Response) => `${response.headers.get("content-type")}\n${await response.text()}`;

type Story = (world: World) => Promise<void>;

/** The type names every route: one without a story does not compile. */
const stories: Record<RouteId, Story> = {
  async putUpload({ client }) {
    const answer = await client.call("putUpload", {
      params: { name: "urls_black.txt" },
      body: "https://a.example/1\n",
    });
    expect(answer).toMatchObject({ name: "urls_black.txt", bytes: 20 });
  },
  async createDataset({ client }) {
    const made = await client.call("createDataset", { body: { name: "bears", sources: pair } });
    expect(made).toMatchObject({ state: "queued", classes: ["black", "teddy"], listed: 6, shards: 1, name: "bears" });
  },
  async listDatasets({ client, ...rest }) {
    const made = await seedDataset(rest);
    const { items } = await client.call("listDatasets", { query: { limit: 200 } });
    expect(items).toContainEqual(made);
  },
  async getDataset({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    expect(await client.call("getDataset", { params: { id } })).toMatchObject({ id, state: "ready" });
  },
  async cancelDataset({ client, ...rest }) {
    const { id } = await seedDataset(rest, { state: "running" });
    expect(await client.call("cancelDataset", { params: { id } })).toMatchObject({ id, state: "cancelled" });
  },
  async deleteDataset({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    expect(await client.call("deleteDataset", { params: { id } })).toBeUndefined();
  },
  ...versionStories,
  ...PUBLIC_ALIAS_STORIES,
  ...ACCESS_STORIES,
  async listItems({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    expect(await client.call("listItems", { params: { id } })).toEqual({ items: ITEMS });
  },
  async getReport({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    expect(await textOf(await client.call("getReport", { params: { id } }))).toMatch(/^text\/csv.*\nindex,class,url/);
  },
  async getItemImage({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    await rest.store.put(keys.image("default", ITEMS[0]?.sha256 ?? ""), await drawBear("black", 1));
    const response = await client.call("getItemImage", { params: { id, key: "0" }, query: { size: 64 } });
    expect(response.headers.get("content-type")).toBe("image/jpeg");
  },
  async datasetEvents({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    await expectEnd(await client.call("datasetEvents", { params: { id } }));
  },
  ...EVALUATION_STORIES,
  ...INSPECTION_STORIES,
  ...REGRESSION_STORIES,
  ...WEBHOOK_STORIES,
  async createModel({ client, ...rest }) {
    const dataset = await seedDataset(rest);
    const made = await client.call("createModel", { body: { dataset: dataset.id } });
    expect(made).toMatchObject({ state: "queued", dataset: { id: dataset.id }, recipe: { stage1: { epochs: 4 } } });
    const recipe = { classWeights: { dragon: 2 } };
    await expect(client.call("createModel", { body: { dataset: dataset.id, recipe } })).rejects.toMatchObject({
      code: "invalid_request",
      extra: {
        errors: [{ in: "body", path: "recipe.classWeights", message: expect.stringContaining("names dragon") }],
      },
    });
  },
  async createSweep({ client, ...rest }) {
    const { id: dataset } = await seedDataset(rest);
    const made = await client.call("createSweep", { body: { dataset } });
    expect(made).toMatchObject({ state: "queued", cells: [{ learningRate: 1e-3 }, {}, { learningRate: 1e-2 }] });
  },
  async listSweeps({ client, ...rest }) {
    const { id } = await seedSweep(rest, { models: [{}, {}] });
    const { items } = await client.call("listSweeps", { query: { limit: 1 } });
    expect(items).toMatchObject([{ id, state: "ready" }]);
  },
  async getSweep({ client, ...rest }) {
    const { id } = await seedSweep(rest, { models: [{ state: "running" }, { state: "queued" }] });
    const { table, progress } = await client.call("getSweep", { params: { id } });
    expect(progress).toEqual({ phase: "sweep", done: 0, total: 2, running: 1 });
    expect(table.rows.map(({ runs }) => runs[0]?.state)).toEqual(["running", "queued"]);
  },
  async cancelSweep({ client, ...rest }) {
    const { id } = await seedSweep(rest, { models: [{ state: "running" }, { state: "queued" }] });
    expect(await client.call("cancelSweep", { params: { id } })).toMatchObject({ id, state: "cancelled" });
  },
  async deleteSweep({ client, ...rest }) {
    const { id } = await seedSweep(rest, { state: "cancelled" });
    expect(await client.call("deleteSweep", { params: { id } })).toBeUndefined();
  },
  async sweepEvents({ client, ...rest }) {
    const { id } = await seedSweep(rest, { models: [{}, {}] });
    await expectEnd(await client.call("sweepEvents", { params: { id } }));
  },
  async importModel({ client }) {
    const refusal = await refusalOf(client.call("importModel", { body: "no archive" }));
    expect(refusal).toMatchObject({ code: "bad_model", message: expect.stringContaining("no zip archive") });
  },
  async listModels({ client, ...rest }) {
    const made = await seedModel(rest);
    expect((await client.call("listModels", { query: { state: "ready" } })).items).toContainEqual(made);
  },
  async getModel({ client, ...rest }) {
    const { id } = await seedModel(rest);
    expect(await client.call("getModel", { params: { id } })).toMatchObject({ id });
  },
  async cancelModel({ client, ...rest }) {
    const { id } = await seedModel(rest, { state: "queued" });
    expect(await client.call("cancelModel", { params: { id } })).toMatchObject({ state: "cancelled" });
  },
  async deleteModel({ client, ...rest }) {
    const { id } = await seedModel(rest);
    expect(await client.call("deleteModel", { params: { id } })).toBeUndefined();
  },
  async getHistory({ client, ...rest }) {
    const { id, epochs } = await seedModel(rest);
    expect(await client.call("getHistory", { params: { id } })).toEqual({ epochs });
  },
  async getLrCurve({ client, ...rest }) {
    const finder = { layers: "all" as const, points: [], seconds: 3 };
    const { id } = await seedModel(rest, { finder });
    expect(await client.call("getLrCurve", { params: { id } })).toEqual({ finder, schedule: [] });
  },
  ...JUDGEMENT_STORIES,
  async listArtifacts({ client, ...rest }) {
    const { id, artifacts } = await seedModel(rest);
    expect(await client.call("listArtifacts", { params: { id } })).toEqual({ items: artifacts });
  },
  async getArtifact({ client, ...rest }) {
    const { id } = await seedModel(rest);
    const response = await client.call("getArtifact", { params: { id, stage: "stage-1", name: "model.json" } });
    expect(await textOf(response)).toBe("application/octet-stream\nthe bytes of model.json");
  },
  async modelEvents({ client, ...rest }) {
    const { id } = await seedModel(rest);
    await expectEnd(await client.call("modelEvents", { params: { id } }));
  },
  async putAlias({ client, ...rest }) {
    const model = await seedModel(rest);
    const put = await client.call("putAlias", { params: { name: "put@test" }, body: { model: model.id } });
    expect(put).toMatchObject({ name: "put@test", model: model.id });
  },
  async listAliases({ client, ...rest }) {
    const alias = await seedAlias(rest, "list@test");
    expect((await client.call("listAliases", {})).items).toContainEqual(alias);
  },
  async getAlias({ client, ...rest }) {
    const alias = await seedAlias(rest, "get@test");
    expect(await client.call("getAlias", { params: { name: "get@test" } })).toEqual(alias);
  },
  async deleteAlias({ client, ...rest }) {
    await seedAlias(rest, "delete@test");
    expect(await client.call("deleteAlias", { params: { name: "delete@test" } })).toBeUndefined();
    expect(await client.call("deleteAlias", { params: { name: "delete@test" } })).toBeUndefined();
  },
  async classify({ client, ...rest }) {
    const { id } = await seedModel(rest);
    const answer = await client.call("classify", { query: { model: id }, body: Buffer.from("a picture") });
    expect(answer).toMatchObject({ class: "teddy", model: id });
  },
  async classifyUrl({ client, ...rest }) {
    const { id } = await seedModel(rest);
    const answer = await client.call("classifyUrl", { query: { model: id, url: "https://pictures.example/1.jpg" } });
    expect(answer.milliseconds.fetch).toBeGreaterThanOrEqual(0);
  },
  async createPrediction({ client, ...rest }) {
    const model = await seedModel(rest);
    const made = await client.call("createPrediction", { body: { model: model.id, input: { urls: urls("any", 2) } } });
    expect(made).toMatchObject({ state: "queued", source: "urls", inputs: 2, model: model.id });
  },
  async listPredictions({ client, ...rest }) {
    const made = await seedPrediction(rest);
    expect((await client.call("listPredictions", {})).items).toContainEqual(made);
  },
  async getPrediction({ client, ...rest }) {
    const { id } = await seedPrediction(rest);
    expect(await client.call("getPrediction", { params: { id } })).toMatchObject({ id });
  },
  async cancelPrediction({ client, ...rest }) {
    const { id } = await seedPrediction(rest, { state: "running" });
    expect(await client.call("cancelPrediction", { params: { id } })).toMatchObject({ state: "cancelled" });
  },
  async deletePrediction({ client, ...rest }) {
    const { id } = await seedPrediction(rest);
    expect(await client.call("deletePrediction", { params: { id } })).toBeUndefined();
  },
  async getResults({ client, ...rest }) {
    const { id } = await seedPrediction(rest);
    expect(await textOf(await client.call("getResults", { params: { id } }))).toMatch(/^application\/x-ndjson/);
  },
  async predictionEvents({ client, ...rest }) {
    const { id } = await seedPrediction(rest);
    await expectEnd(await client.call("predictionEvents", { params: { id } }));
  },
  async createKey({ client }) {
    await expect(client.call("createKey", { body: { name: "ci", scopes: ["read"] } })).rejects.toMatchObject({
      code: "keys_off",
    });
  },
  async listKeys({ client, apiKeys }) {
    const { token: _, ...made } = await apiKeys.create({ name: "ci", scopes: ["read"], namespace: "default" });
    expect((await client.call("listKeys", {})).items).toContainEqual(made);
  },
  async getKey({ client, apiKeys }) {
    const { token: _, ...made } = await apiKeys.create({ name: "ci", scopes: ["read"], namespace: "default" });
    expect(await client.call("getKey", { params: { id: made.id } })).toEqual(made);
  },
  async revokeKey({ client, apiKeys }) {
    const { id } = await apiKeys.create({ name: "ci", scopes: ["read"], namespace: "default" });
    const { revokedAt } = await client.call("revokeKey", { params: { id } });
    expect(await client.call("revokeKey", { params: { id } })).toMatchObject({ id, revokedAt });
  },
  async getUsage({ client }) {
    const { namespace, quotas } = await client.call("getUsage", {});
    expect([namespace, quotas.map(({ limit }) => limit)]).toEqual(["default", quotas.map(() => undefined)]);
  },
  async operationsStatus({ client }) {
    const { queues } = await client.call("operationsStatus", {});
    expect(queues.map(({ queue, paused }) => [queue, paused])).toEqual(QUEUE_NAMES.map((name) => [name, false]));
  },
  async drain({ client }) {
    const { queues } = await client.call("drain", { body: { paused: true, queues: ["train"] } });
    expect(queues.filter(({ paused }) => paused).map(({ queue }) => queue)).toEqual(["train"]);
    await client.call("drain", { body: { paused: false } });
  },
  async operationsChecks({ client }) {
    const { findings } = await client.call("operationsChecks", {});
    expect(findings.filter(({ state }) => state === "fault")).toEqual([]);
  },
  async reconcile({ client }) {
    expect(await client.call("reconcile", {})).toEqual({ enqueued: [] });
  },
  async collectGarbage({ client }) {
    const told = await toArray(await client.call("collectGarbage", { body: {} }));
    expect(told).toEqual([{ data: { type: "done", dryRun: true } }]);
  },
  async backup({ client, ...rest }) {
    const { id } = await seedDataset(rest);
    expect(await (await client.call("backup", {})).text()).toContain(`ns/default/records/datasets/${id}.json`);
  },
  async restore({ client }) {
    const body = await (await client.call("backup", {})).text();
    expect(await client.call("restore", { body })).toMatchObject({ restored: 0, kept: [] });
  },
  async livez({ client }) {
    expect(await client.call("livez", {})).toEqual({ status: "ok", checks: {} });
  },
  async readyz({ client }) {
    expect(await client.call("readyz", {})).toEqual({ status: "ok", checks: { redis: "ok", store: "ok" } });
  },
  async metrics({ client }) {
    expect(await textOf(await client.call("metrics", {}))).toContain("ursa_http_request_duration_seconds");
  },
  async openapi({ client }) {
    const document: { paths: object } = JSON.parse(await (await client.call("openapi", {})).text());
    const paths = Object.values(ROUTES).map(({ path }) => path);
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(paths)].sort());
  },
  async docs({ client }) {
    expect(await textOf(await client.call("docs", {}))).toMatch(/^text\/html.*\n<!doctype html>/);
  },
  async home({ client }) {
    expect(await textOf(await client.call("home", {}))).toMatch(/^text\/html.*\n<!doctype html>/);
  },
  async statusPage({ client }) {
    expect(await textOf(await client.call("statusPage", {}))).toMatch(/^text\/html.*\n<!doctype html>/);
  },
};

async function seedAlias(rest: Pick<World, "catalog" | "store" | "aliases">, name: string) {
  const { id } = await seedModel(rest);
  return rest.aliases.put("default", name, { model: id });
}

async function expectEnd(stream: AnswerOf<"datasetEvents">): Promise<void> {
  expect((await toArray(stream)).map(({ data }) => data)).toEqual([{ type: "state", state: "ready" }]);
}

const routeIds = Object.keys(ROUTES) as RouteId[]; // The keys of ROUTES are what RouteId names.

test.each(routeIds)("%s answers what its schema says", async (id) => {
  const story = stories[id];
  await story(world);
});

test("no story is about a route that is gone", () => {
  expect(Object.keys(stories).sort()).toEqual([...routeIds].sort());
});

test("everything that was made lies in the namespace of the caller", async () => {
  const all = await keysUnder(world, "");
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter((key) => !/^(ns\/default|keys|webhook-secrets)\//.test(key) && key !== keys.linkSecret)).toEqual(
    [],
  );
});

test("nothing but what the stories asked for was worth a warning", () => {
  expect(world.logs.filter(({ level }) => level !== "debug" && level !== "info")).toEqual([]);
});
