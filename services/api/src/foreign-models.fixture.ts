// Of models and their aliases: what foreign-cases.fixture.ts is made of.
import type { Model } from "@ursa/contracts/model";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import type { World } from "./api-world.fixture.ts";
import {
  alias,
  type CasesOf,
  hidden,
  hiddenAll,
  listed,
  OURS,
  ours,
  theirs,
  withWeights,
} from "./foreign-case.fixture.ts";
import { seedAnswered } from "./seed-answers.fixture.ts";
import * as seed from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

/** A model whose interpretation is there, so that our own key is answered with it. */
async function interpreted(world: World): Promise<Model> {
  const evaluation = await seed.seedEvaluation(world, ours);
  return seed.seedModel(world, { ...ours, interpretations: { "stage-1": evaluation.id } });
}

export const modelCases = {
  async createModel(world) {
    const [dataset, model] = [await seed.seedDataset(world, ours), await withWeights(world, ours)];
    const own = await seed.seedDataset(world, theirs);
    const body = { dataset: dataset.id, from: `${model.id}@stage-1` };
    return [
      { args: { body: { dataset: dataset.id } }, expected: "not_found" },
      { args: { body: { ...body, dataset: own.id } }, ownArgs: { body }, expected: "unknown_model" },
    ];
  },
  importModel: async () => [{ args: { query: {}, body: "no archive" }, expected: "bad_model", isRefusedAnyway: true }],
  listModels: async (world) => listed((await seed.seedModel(world, ours)).id),
  getModel: async (world) => hidden((await seed.seedModel(world, ours)).id),
  describeModel: (world) => hiddenAll(seed.seedModel(world, ours), { body: { note: "seen" } }),
  cancelModel: async (world) => hidden((await seed.seedModel(world, { ...ours, state: "queued" })).id),
  deleteModel: async (world) => hidden((await seed.seedModel(world, ours)).id),
  getHistory: async (world) => hidden((await seed.seedModel(world, ours)).id),
  getLrCurve: async (world) => hidden((await seed.seedModel(world, ours)).id),
  async createInterpretation(world) {
    const { id } = await interpreted(world);
    return [{ args: { params: { id }, body: {} }, expected: "not_found" }];
  },
  async getInterpretation(world) {
    const { id } = await interpreted(world);
    return [{ args: { params: { id } }, expected: "not_found" }];
  },
  async getHeatMap(world) {
    const { id: dataset } = await seed.seedDataset(world, ours);
    await world.store.put(keys.image(OURS, seed.ITEMS[0]?.sha256 ?? ""), await drawBear("black", 1));
    const of = { dataset: { id: dataset, version: 1, manifestSha256: "0".repeat(64) } };
    const { id } = await seed.seedModel(world, { ...ours, ...of });
    const heatMap = { class: "teddy", rows: 1, columns: 1, values: [1] };
    world.standIn.answers.classify = answerJson(200, { ...CLASSIFIED, heatMap });
    return hidden(id, { params: { id, key: "0" } });
  },
  async createComparison(world) {
    const dataset = await seed.seedDataset(world, ours);
    const [one, other] = [await seedAnswered(world, dataset), await seedAnswered(world, dataset)];
    const mine = await seed.seedModel(world, theirs);
    // Neither by its own address nor as what another one is compared with.
    const args = { params: { id: other.id }, body: { with: one.id } };
    return [
      { args, expected: "not_found", telling: [one.id] },
      { args: { ...args, params: { id: mine.id } }, ownArgs: args, expected: "unknown_model" },
    ];
  },
  async getComparison(world) {
    const dataset = await seed.seedDataset(world, ours);
    const [one, other] = [await seedAnswered(world, dataset), await seedAnswered(world, dataset)];
    const mine = await seed.seedModel(world, theirs);
    const args = { params: { id: other.id }, query: { with: one.id } };
    return [
      { args, expected: "not_found", telling: [one.id] },
      { args: { ...args, params: { id: mine.id } }, ownArgs: args, expected: "unknown_model" },
    ];
  },
  getJournal: async (world) => listed((await seed.seedModel(world, ours)).id),
  getDiagnosis: async (world) => hidden((await seed.seedModel(world, ours)).id),
  listArtifacts: async (world) => hidden((await seed.seedModel(world, ours)).id),
  async getArtifact(world) {
    const { id } = await seed.seedModel(world, ours);
    return hidden(id, { params: { id, stage: "stage-1", name: "model.json" } });
  },
  async createArtifactLink(world) {
    const { id } = await seed.seedModel(world, ours);
    return hidden(id, { params: { id, stage: "stage-1", name: "model.json" } });
  },
  modelEvents: async (world) => hidden((await seed.seedModel(world, ours)).id),
  async putAlias(world) {
    const { name, id } = await alias(world, "put@theirs");
    const own = await seed.seedModel(world, theirs);
    return [
      { args: { params: { name }, body: { model: id } }, expected: "unknown_model" },
      {
        args: { params: { name }, body: { model: own.id } },
        ownArgs: { params: { name }, body: { model: id } },
        expected: "nothing",
      },
    ];
  },
  listAliases: async (world) =>
    listed((await alias(world, "list@theirs")).name, (await alias(world, "list@theirs")).id),
  async getAlias(world) {
    const { name } = await alias(world, "get@theirs");
    return [{ args: { params: { name } }, expected: "not_found" }];
  },
  async deleteAlias(world) {
    const { name } = await alias(world, "delete@theirs");
    return [{ args: { params: { name } }, expected: "nothing" }];
  },
} satisfies Partial<CasesOf>;
