// What routes.integration.test.ts tells of each route of regressions, and a record of one as a trainer leaves it.
import { createRegressionSchema, LESSON, type Regression, regressionResultSchema } from "@ursa/contracts/regression";
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { expect } from "vitest";
import { keysUnder, refusalOf, toArray, type World } from "./api-world.fixture.ts";
import { base, type Stored, sha256Of } from "./seed-records.fixture.ts";

const DRAWN = createRegressionSchema.shape.drawn.unwrap().parse({});

/** Of a ready one the result has its first step only. */
export async function seedRegression(
  { catalog, store }: Stored,
  { state = "ready", ...more }: Partial<Regression> = {},
): Promise<Regression> {
  const record: Regression = {
    ...base("regression", state),
    data: { source: "drawn", ...DRAWN },
    ...{ degree: 1, rescale: false, learningRate: 0.1, steps: 100, start: [...LESSON.start], seed: 42 },
    ...more,
  };
  if (state === "ready") {
    const optimum = { parameters: [3, 2.5], loss: 1 / 12 };
    const ended = { parameters: [-1, 1], firstLoss: 8, loss: 8, optimum, largestRate: 1 };
    record.summary = { outcome: "on-its-way", steps: 0, ...ended };
    const points: [number, number][] = [[0, 2.5]];
    const shown = { points, heldOut: [], xScale: { shift: 0, factor: 1 }, contours: [], grid: [], degrees: [] };
    const steps = [{ step: 0, parameters: [-1, 1], loss: 8 }];
    const result = { ...record, ...record.summary, ...shown, steps, format: 1, regressionId: record.id };
    const text = JSON.stringify(regressionResultSchema.parse(result));
    const key = keys.regression.result(record, 1);
    await store.put(key, text);
    record.result = { key, bytes: text.length, sha256: sha256Of(text) };
  }
  return catalog.create("regression", record);
}

export const REGRESSION_STORIES = {
  async createRegression({ client, producer, store }) {
    const lesson = await client.call("createRegression", { body: {} });
    const data = { source: "drawn", count: 100, coefficients: [3, 2], noise: "uniform", scale: 1 };
    expect(lesson).toMatchObject({ state: "queued", data, degree: 1, learningRate: 0.1, steps: 100, start: [-1, 1] });
    expect(await producer.isQueued("regression", lesson)).toBe(true);
    const own = await client.call("createRegression", { body: { csv: "x,y\n1,2\n2,4\n3,6\n4,9", degree: 2 } });
    expect(own).toMatchObject({ data: { source: "given", count: 4, heldOutFraction: 0.2 }, start: [0, -1, 1] });
    const { body } = await store.get(keys.regression.points(own));
    expect(own.data).toMatchObject({ sha256: sha256Of(body) });
  },
  async listRegressions({ client, ...rest }) {
    const made = await seedRegression(rest);
    expect((await client.call("listRegressions", {})).items).toContainEqual(made);
  },
  async getRegression({ client, ...rest }) {
    const { id } = await seedRegression(rest);
    expect(await client.call("getRegression", { params: { id } })).toMatchObject({ id, summary: { loss: 8 } });
  },
  async getRegressionResult({ client, ...rest }) {
    const { id } = await seedRegression(rest);
    const result = await client.call("getRegressionResult", { params: { id } });
    expect(result).toMatchObject({ regressionId: id, steps: [{ step: 0, parameters: [-1, 1] }] });
    const { id: running } = await seedRegression(rest, { state: "running" });
    const early = await refusalOf(client.call("getRegressionResult", { params: { id: running } }));
    expect(early.code).toBe("still_running");
  },
  async cancelRegression({ client, ...rest }) {
    const { id } = await seedRegression(rest, { state: "running" });
    expect(await client.call("cancelRegression", { params: { id } })).toMatchObject({ state: "cancelled" });
  },
  async deleteRegression({ client, ...rest }) {
    const { id } = await seedRegression(rest);
    expect(await client.call("deleteRegression", { params: { id } })).toBeUndefined();
    expect(await keysUnder(rest, keys.regression.all({ namespace: "default", id }))).toEqual([]);
  },
  async regressionEvents({ client, ...rest }) {
    const { id } = await seedRegression(rest);
    const told = await toArray(await client.call("regressionEvents", { params: { id } }));
    expect(told.map(({ data }) => data)).toEqual([{ type: "state", state: "ready" }]);
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
