// What routes.integration.test.ts tells of each route that judges a trained model.
import { newId } from "@ursa/catalog/new-id";
import { NAMED_RECIPES } from "@ursa/contracts/named-recipes";
import { recipeSchema } from "@ursa/contracts/recipe";
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { expect } from "vitest";
import type { World } from "./api-world.fixture.ts";
import { seedAnswered } from "./seed-answers.fixture.ts";
import { COUNTS, EPOCH, ITEMS, seedDataset, seedEvaluation, seedModel, sha256Of } from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

export const JUDGEMENT_STORIES = {
  async createInterpretation({ client, ...rest }) {
    const { id: dataset } = await seedDataset(rest, { counts: COUNTS });
    const { id } = await seedModel(rest, { dataset: { id: dataset, version: 1, manifestSha256: sha256Of("m") } });
    const made = await client.call("createInterpretation", { params: { id }, body: {} });
    expect(made).toMatchObject({ evaluation: { model: id, split: "all", dataset: { id: dataset } } });
    const again = await client.call("createInterpretation", { params: { id }, body: { stage: "stage-1" } });
    expect(again.evaluation.id).toBe(made.evaluation.id);
  },
  async getInterpretation({ client, ...rest }) {
    const { id: evaluation } = await seedEvaluation(rest);
    const { id } = await seedModel(rest, { interpretations: { "stage-1": evaluation } });
    const told = await client.call("getInterpretation", { params: { id } });
    expect(told).toMatchObject({ evaluation: { id: evaluation }, result: { evaluationId: evaluation, wrong: 1 } });
    const { result } = await client.call("getInterpretation", { params: { id }, query: { min: 2 } });
    expect([told.result?.mostConfused.length, result?.mostConfused]).toEqual([1, []]);
  },
  async getHeatMap({ client, standIn, ...rest }) {
    const { id: dataset } = await seedDataset(rest);
    await rest.store.put(keys.image("default", ITEMS[0]?.sha256 ?? ""), "a picture");
    const { id } = await seedModel(rest, { dataset: { id: dataset, version: 1, manifestSha256: sha256Of("m") } });
    const { classify } = standIn.answers;
    const heatMap = { class: "teddy", rows: 1, columns: 1, values: [1] };
    standIn.answers.classify = answerJson(200, { ...CLASSIFIED, heatMap });
    expect(await client.call("getHeatMap", { params: { id, key: "0" } })).toEqual(heatMap);
    standIn.answers.classify = classify;
  },
  async getDiagnosis({ client, ...rest }) {
    const recipe = recipeSchema.parse(NAMED_RECIPES["lr-too-high"].fields);
    const burst = { ...EPOCH, trainLoss: 12.22, trainLossEval: null, validLoss: null };
    const dataset = { id: newId("dataset"), version: 1, manifestSha256: sha256Of("other pictures") };
    const { id } = await seedModel(rest, { dataset, recipe, epochs: [burst], state: "failed" });
    const diagnose = async () => client.call("getDiagnosis", { params: { id }, query: { targetError: 0.02 } });
    const first = await diagnose();
    expect(first).toMatchObject({ model: id, stage: "stage-1", findings: [{ code: "learning_rate_too_high" }] });
    expect(first.findings[0]?.change.run).toMatchObject({
      dataset: dataset.id,
      recipe: { stage1: { learningRate: 0.05 } },
    });
    // A run at a lower rate on the same pictures did not burst.
    const slower = { ...recipe, stage1: { ...recipe.stage1, learningRate: 0.01 } };
    await seedModel(rest, { recipe: slower, epochs: [EPOCH], dataset });
    const again = await diagnose();
    expect(again.findings[0]?.change.recipe).toEqual({ stage1: { learningRate: 0.01, epochs: 4 } });
  },
  async createComparison({ client, ...rest }) {
    const { id: dataset } = await seedDataset(rest, { counts: COUNTS });
    const of = { dataset: { id: dataset, version: 1, manifestSha256: sha256Of("m") } };
    const [one, other] = [await seedModel(rest, of), await seedModel(rest, of)];
    const made = await client.call("createComparison", { params: { id: other.id }, body: { with: one.id } });
    expect(made).toMatchObject({
      before: { model: one.id, state: "queued", split: "all" },
      after: { model: other.id },
    });
    expect(made).not.toHaveProperty("result");
    const again = await client.call("createComparison", { params: { id: other.id }, body: { with: one.id } });
    expect([again.before.id, again.after.id]).toEqual([made.before.id, made.after.id]);
  },
  async getComparison({ client, ...rest }) {
    const dataset = await seedDataset(rest);
    const [before, after] = [await seedAnswered(rest, dataset, { "4": "teddy" }), await seedAnswered(rest, dataset)];
    const told = await client.call("getComparison", { params: { id: after.id }, query: { with: before.id } });
    expect(told).toMatchObject({ before: { model: before.id }, after: { model: after.id }, result: { shared: 2 } });
    expect(told.result?.mended).toMatchObject({ count: 1, items: [{ key: "4", before: { predicted: "teddy" } }] });
  },
  async getJournal({ client, ...rest }) {
    const { id: dataset } = await seedDataset(rest);
    const of = { dataset: { id: dataset, version: 1, manifestSha256: sha256Of("m") } };
    const first = await seedModel(rest, of);
    const { id } = await seedModel(rest, { ...of, recipe: recipeSchema.parse({ stage1: { epochs: 8 } }) });
    const { items } = await client.call("getJournal", { query: { limit: 1 } });
    const changes = [{ field: "stage1.epochs", before: "4", after: "8" }];
    expect(items).toMatchObject([{ model: id, parent: first.id, changes }]);
  },
} satisfies Partial<Record<RouteId, (world: World) => Promise<void>>>;
