// For every route something of namespace `ours`, and what namespace `theirs` may be answered when it asks for just that.
import { reconcile } from "@ursa/catalog/reconciler";
import { accountCases } from "./account-cases.fixture.ts";
import type { World } from "./api-world.fixture.ts";
import {
  alias,
  type CasesOf,
  hidden,
  hiddenAll,
  listed,
  OURS,
  open,
  ours,
  theirs,
  upload,
  withWeights,
} from "./foreign-case.fixture.ts";
import { datasetCases } from "./foreign-datasets.fixture.ts";
import { modelCases } from "./foreign-models.fixture.ts";
import { seedRegression } from "./regression-stories.fixture.ts";
import * as seed from "./seed-records.fixture.ts";

const url = "https://pictures.example/1.jpg";

/** The type names every route: one without a case does not compile. */
export const CASES: CasesOf = {
  ...datasetCases,
  ...modelCases,

  async createSweep(world) {
    const [dataset, model] = [await seed.seedDataset(world, ours), await withWeights(world, ours)];
    const own = await seed.seedDataset(world, theirs);
    const body = { dataset: dataset.id, from: model.id };
    return [
      { args: { body: { dataset: dataset.id } }, expected: "not_found" },
      { args: { body: { ...body, dataset: own.id } }, ownArgs: { body }, expected: "unknown_model" },
    ];
  },
  listSweeps: async (world) => listed((await seed.seedSweep(world, { ...ours, models: [ours, ours] })).id),
  getSweep: async (world) => hidden((await seed.seedSweep(world, { ...ours, models: [ours, ours] })).id),
  cancelSweep: async (world) =>
    hidden((await seed.seedSweep(world, { ...ours, models: [{ ...ours, state: "running" }] })).id),
  deleteSweep: async (world) => hidden((await seed.seedSweep(world, { ...ours, state: "cancelled" })).id),
  sweepEvents: async (world) => hidden((await seed.seedSweep(world, { ...ours, models: [ours, ours] })).id),

  async createPrediction(world) {
    const [model, dataset, own] = [
      await seed.seedModel(world, ours),
      await seed.seedDataset(world, ours),
      await seed.seedModel(world, theirs),
    ];
    const [{ name }, list] = [await alias(world, "predict@theirs"), await upload(world)];
    const [inline, items] = [{ urls: [url] }, { dataset: dataset.id }];
    return [
      { args: { body: { model: model.id, input: inline } }, expected: "unknown_model" },
      { args: { body: { model: name, input: inline } }, expected: "unknown_model" },
      {
        args: { body: { model: own.id, input: items } },
        ownArgs: { body: { model: name, input: items } },
        expected: "not_found",
      },
      {
        args: { body: { model: own.id, input: { upload: list } } },
        ownArgs: { body: { model: name, input: { upload: list } } },
        expected: "upload_not_found",
      },
    ];
  },
  listPredictions: async (world) => listed((await seed.seedPrediction(world, ours)).id),
  getPrediction: async (world) => hidden((await seed.seedPrediction(world, ours)).id),
  cancelPrediction: async (world) => hidden((await seed.seedPrediction(world, { ...ours, state: "running" })).id),
  deletePrediction: async (world) => hidden((await seed.seedPrediction(world, ours)).id),
  getResults: async (world) => hidden((await seed.seedPrediction(world, ours)).id),
  createResultsLink: async (world) => hidden((await seed.seedPrediction(world, ours)).id),
  predictionEvents: async (world) => hidden((await seed.seedPrediction(world, ours)).id),

  async createEvaluation(world) {
    const [model, dataset] = [
      await seed.seedModel(world, ours),
      await seed.seedDataset(world, { ...ours, counts: seed.COUNTS }),
    ];
    const own = await seed.seedModel(world, theirs);
    const body = { model: model.id, dataset: dataset.id };
    return [
      { args: { body }, expected: "unknown_model" },
      { args: { body: { ...body, model: own.id } }, ownArgs: { body }, expected: "not_found" },
    ];
  },
  listEvaluations: async (world) => listed((await seed.seedEvaluation(world, ours)).id),
  getEvaluation: async (world) => hidden((await seed.seedEvaluation(world, ours)).id),
  getEvaluationResult: async (world) => hidden((await seed.seedEvaluation(world, ours)).id),
  listEvaluatedItems: async (world) => hidden((await seed.seedEvaluation(world, ours)).id),
  cancelEvaluation: async (world) => hidden((await seed.seedEvaluation(world, { ...ours, state: "running" })).id),
  deleteEvaluation: async (world) => hidden((await seed.seedEvaluation(world, ours)).id),
  evaluationEvents: async (world) => hidden((await seed.seedEvaluation(world, ours)).id),

  createInspection: async (world) => {
    const { id: dataset } = await seed.seedDataset(world, ours);
    return [{ args: { body: { dataset } }, expected: "not_found" }];
  },
  listInspections: async (world) => listed((await seed.seedInspection(world, ours)).id),
  getInspection: async (world) => hidden((await seed.seedInspection(world, ours)).id),
  getInspectionResult: async (world) => hidden((await seed.seedInspection(world, ours)).id),
  listSuspects: (world) => hiddenAll(seed.seedInspection(world, ours), { query: {} }),
  cancelInspection: async (world) => hidden((await seed.seedInspection(world, { ...ours, state: "running" })).id),
  deleteInspection: async (world) => hidden((await seed.seedInspection(world, ours)).id),
  inspectionEvents: async (world) => hidden((await seed.seedInspection(world, ours)).id),

  createRegression: async () => [{ args: { body: {} }, expected: "nothing" }],
  listRegressions: async (world) => listed((await seedRegression(world, ours)).id),
  getRegression: async (world) => hidden((await seedRegression(world, ours)).id),
  getRegressionResult: async (world) => hidden((await seedRegression(world, ours)).id),
  cancelRegression: async (world) => hidden((await seedRegression(world, { ...ours, state: "running" })).id),
  deleteRegression: async (world) => hidden((await seedRegression(world, ours)).id),
  regressionEvents: async (world) => hidden((await seedRegression(world, ours)).id),

  async classify(world) {
    const { name, id } = await alias(world, "classify@theirs");
    const by = (model: string) => ({
      args: { query: { model }, body: Buffer.from("a picture") },
      expected: "unknown_model" as const,
    });
    return [by(name), by(id)];
  },
  async classifyUrl(world) {
    const { name, id } = await alias(world, "classify-url@theirs");
    return [name, id].map((model) => ({ args: { query: { url, model } }, expected: "unknown_model" as const }));
  },

  ...accountCases(OURS),
  getUsage: async () => [{ args: {}, expected: "nothing", telling: [OURS] }],

  // An operator's key is for the whole installation; it hears of queues and ids, and of nothing that is in a record.
  operationsStatus: open,
  drain: async () => [{ args: { body: { paused: false } }, expected: "nothing" }],
  operationsChecks: open,
  async reconcile(world) {
    // So that neither call finds anything to do.
    await reconcile({ ...world, signal: new AbortController().signal, graceMs: 0 });
    return open();
  },
  collectGarbage: async () => [{ args: { body: {} }, expected: "nothing" }],
  backup: async () => [{ args: {}, expected: "scope_missing", isRefusedAnyway: true }],
  restore: async () => [{ args: { body: "" }, expected: "scope_missing", isRefusedAnyway: true }],

  // Of what is public anybody is told the same; what is private is hidden from its own keys too.
  publicPage: async (world) => [await privateAlias(world)],
  async publicClassify(world) {
    const { args, ...hidden } = await privateAlias(world);
    return [{ args: { ...args, body: new Uint8Array(1) }, ...hidden }];
  },
  publicPreflight: async (world) => [await privateAlias(world)],
  publicScript: open,
  // A link is for whoever has it; what it is not for, services/api/src/links.integration.test.ts tries.
  openLink: async () => [{ args: { params: { link: "made.up" } }, expected: "bad_link", isRefusedAnyway: true }],
  home: open,
  statusPage: async (world) =>
    listed((await seed.seedDataset(world, ours)).id, (await alias(world, "home@theirs")).name),
  livez: open,
  readyz: open,
  metrics: open,
  openapi: open,
  docs: open,
};

async function privateAlias(world: World) {
  const { name } = await alias(world, "closed@theirs");
  return { args: { params: { namespace: OURS, name } }, expected: "not_found" as const, isRefusedAnyway: true };
}
