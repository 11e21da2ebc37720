// What routes.integration.test.ts tells of each route of evaluations.
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { expect } from "vitest";
import { keysUnder, toArray, type World } from "./api-world.fixture.ts";
import { COUNTS, seedDataset, seedEvaluation, seedModel } from "./seed-records.fixture.ts";

export const EVALUATION_STORIES = {
  async createEvaluation({ client, ...rest }) {
    const [model, { id: dataset }] = [await seedModel(rest), await seedDataset(rest, { counts: COUNTS })];
    const made = await client.call("createEvaluation", { body: { model: model.id, dataset } });
    expect(made).toMatchObject({ state: "queued", model: model.id, stage: "stage-1", split: "valid", tta: false });
  },
  async listEvaluations({ client, ...rest }) {
    const made = await seedEvaluation(rest);
    expect((await client.call("listEvaluations", {})).items).toContainEqual(made);
  },
  async getEvaluation({ client, ...rest }) {
    const { id } = await seedEvaluation(rest);
    expect(await client.call("getEvaluation", { params: { id } })).toMatchObject({ id, summary: { wrong: 1 } });
  },
  async getEvaluationResult({ client, ...rest }) {
    const { id } = await seedEvaluation(rest);
    const result = await client.call("getEvaluationResult", { params: { id } });
    expect(result).toMatchObject({ evaluationId: id, wrong: 1, confusion: [expect.any(Array), [1, 4]] });
  },
  async listEvaluatedItems({ client, ...rest }) {
    const { id } = await seedEvaluation(rest);
    const item = { key: "4", class: "black", url: "https://a.example/4", source: "list", line: 5 };
    const answer = JSON.stringify({ ...item, outcome: "ok", predicted: "teddy", loss: 2.3 });
    await rest.store.put(keys.evaluation.answers({ namespace: "default", id }, 0), `${answer}\n`);
    const { items } = await client.call("listEvaluatedItems", { params: { id }, query: { wrong: "true" } });
    expect(items).toEqual([expect.objectContaining({ ...item, predicted: "teddy" })]);
  },
  async cancelEvaluation({ client, ...rest }) {
    const { id } = await seedEvaluation(rest, { state: "running" });
    expect(await client.call("cancelEvaluation", { params: { id } })).toMatchObject({ state: "cancelled" });
  },
  async deleteEvaluation({ client, ...rest }) {
    const { id } = await seedEvaluation(rest);
    expect(await client.call("deleteEvaluation", { params: { id } })).toBeUndefined();
    expect(await keysUnder(rest, keys.evaluation.all({ namespace: "default", id }))).toEqual([]);
  },
  async evaluationEvents({ client, ...rest }) {
    const { id } = await seedEvaluation(rest);
    const told = await toArray(await client.call("evaluationEvents", { params: { id } }));
    expect(told.map(({ data }) => data)).toEqual([{ type: "state", state: "ready" }]);
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
