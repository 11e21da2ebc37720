// For every route something of namespace `ours`, and what namespace `theirs` may be answered when it asks for just that.
import { newId } from "@ursa/catalog/new-id";
import { reconcile } from "@ursa/catalog/reconciler";
import type { ArgumentsOf, Client } from "@ursa/contracts/client";
import type { Model } from "@ursa/contracts/model";
import type { ProblemCode } from "@ursa/contracts/problem";
import type { RouteId } from "@ursa/contracts/routes";
import { keys } from "@ursa/store/keys";
import { drawBear } from "@ursa/testing/pictures";
import { accountCases } from "./account-cases.fixture.ts";
import { urls, type World } from "./api-world.fixture.ts";
import { seedRegression } from "./regression-stories.fixture.ts";
import { seedAnswered } from "./seed-answers.fixture.ts";
import * as seed from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

export const OURS = "team-a";
export const THEIRS = "team-b";
const ours = { namespace: OURS };
const theirs = { namespace: THEIRS };

export type ForeignCase<Id extends RouteId = RouteId> = {
  args: ArgumentsOf<Id>;
  /** What our own key sends, where that is not the same. */
  ownArgs?: ArgumentsOf<Id>;
  /** "nothing" of ours is in the answer, which is a success. */
  expected: ProblemCode | "nothing";
  /** In the answer to us, and in none to them. */
  telling?: string[];
  /** Refused whoever asks, so that our own call proves nothing. */
  isRefusedAnyway?: boolean;
};
type CasesOf = { [Id in RouteId]: (world: WalkedWorld) => Promise<ForeignCase<Id>[]> };
/** `ourClient` has a key of `OURS`. */
export type WalkedWorld = World & { ourClient: Client };

const hidden = <A>(id: string, args = { params: { id } } as A) => [{ args, expected: "not_found" as const }];
const hiddenAll = async <A>(record: Promise<{ id: string }>, more: Omit<A, "params">) => {
  const { id } = await record;
  return hidden<A>(id, { params: { id }, ...more } as A);
};
const listed = (...telling: string[]) => [{ args: {}, expected: "nothing" as const, telling }];
const open = async () => [{ args: {}, expected: "nothing" as const }];
const alias = async (world: World, name: string) => {
  const { id } = await seed.seedModel(world, ours);
  await world.aliases.put(OURS, name, { model: id });
  return { name, id };
};
/** As `alias`, and anybody may ask it. */
export async function openAlias(world: World, name: string): Promise<void> {
  await alias(world, name);
  await world.aliases.put(OURS, name, { public: { origins: [], ratePerMinute: 6000 } });
}
/** A model whose interpretation is there, so that our own key is answered with it. */
async function interpreted(world: World): Promise<Model> {
  const evaluation = await seed.seedEvaluation(world, ours);
  return seed.seedModel(world, { ...ours, interpretations: { "stage-1": evaluation.id } });
}
const withWeights = (world: World, place: { namespace: string }): Promise<Model> => {
  const weights = {
    stage: "stage-1",
    name: "weights.safetensors",
    key: "anywhere",
    bytes: 1,
    sha256: seed.sha256Of("w"),
  };
  return seed.seedModel(world, { ...place, artifacts: [weights] as Model["artifacts"] });
};
const upload = async (world: World, text = "https://a.example/1\nhttps://a.example/2\n") => {
  const name = `${newId("dataset")}.txt`;
  await world.store.put(keys.upload(OURS, name), text);
  return name;
};
const url = "https://pictures.example/1.jpg";
/** A dataset of ours with an edit in its draft. */
const edited = async (world: WalkedWorld) => {
  const { id } = await seed.seedDataset(world, ours);
  await world.ourClient.call("editDataset", { params: { id }, body: { edits: [{ action: "delete", key: "0" }] } });
  return id;
};

/** The type names every route: one without a case does not compile. */
export const CASES: CasesOf = {
  async putUpload(world) {
    const name = await upload(world);
    return [{ args: { params: { name }, body: "https://b.example/1\n" }, expected: "nothing" }];
  },
  async createDataset(world) {
    const sources = ["a", "b"].map((name) => ({ class: name, urls: urls(name, 4) }));
    const again = { body: { name: "once", sources }, headers: { "idempotency-key": newId("dataset") } };
    const { id } = await world.ourClient.call("createDataset", again);
    const ofUpload = { body: { sources: [{ class: "c", upload: await upload(world) }, ...sources] } };
    return [
      { args: ofUpload, expected: "upload_not_found" },
      { args: again, expected: "nothing", telling: [id] },
    ];
  },
  listDatasets: async (world) => listed((await seed.seedDataset(world, ours)).id),
  getDataset: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  describeDataset: (world) => hiddenAll(seed.seedDataset(world, ours), { body: { note: "seen" } }),
  cancelDataset: async (world) => hidden((await seed.seedDataset(world, { ...ours, state: "running" })).id),
  deleteDataset: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  editDataset: (world) =>
    hiddenAll(seed.seedDataset(world, ours), { body: { edits: [{ action: "delete", key: "0" }] } }),
  getDraft: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  discardDraft: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async commitDataset(world) {
    const params = { id: await edited(world) };
    const again = { params, body: {}, headers: { "idempotency-key": newId("dataset") } };
    const { id } = await world.ourClient.call("commitDataset", again);
    return [{ args: again, expected: "not_found", telling: [id] }];
  },
  async addToDataset(world) {
    const { id } = await seed.seedDataset(world, ours);
    const body = { sources: [{ class: "black", urls: urls("new", 2) }] };
    const mine = await seed.seedDataset(world, theirs);
    // Neither to a dataset of ours, nor from a list of ours.
    const ofUpload = { sources: [{ class: "black", upload: await upload(world) }] };
    return [
      { args: { params: { id }, body }, expected: "not_found" },
      {
        args: { params: { id: mine.id }, body: ofUpload },
        ...{ ownArgs: { params: { id }, body: ofUpload }, expected: "upload_not_found" },
      },
    ];
  },
  retryDataset: (world) => hiddenAll(seed.seedDataset(world, ours), { body: {} }),
  async diffDataset(world) {
    const [to, from] = [await seed.seedDataset(world, ours), await seed.seedDataset(world, ours)];
    const own = await seed.seedDataset(world, theirs);
    // Neither by its own address nor as what another one is compared with.
    return [
      { args: { params: { id: to.id }, query: { from: from.id } }, expected: "not_found", telling: [from.id] },
      {
        args: { params: { id: own.id }, query: { from: from.id } },
        ...{ ownArgs: { params: { id: to.id }, query: { from: from.id } }, expected: "not_found" },
      },
    ];
  },
  listItems: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async listItemNeighbours(world) {
    const { id } = await seed.seedDataset(world, ours);
    return hidden(id, { params: { id, key: "0" } });
  },
  getReport: async (world) => hidden((await seed.seedDataset(world, ours)).id),
  async showBatch(world) {
    const items = seed.ITEMS.slice(0, 1);
    const { id } = await seed.seedDataset(world, { ...ours, items });
    await world.store.put(keys.image(OURS, items[0]?.sha256 ?? ""), await drawBear("black", 1));
    const twin = await seed.seedDataset(world, { ...theirs, items });
    const args = { params: { id }, query: {} };
    return [
      ...hidden(id, args),
      { args: { ...args, params: { id: twin.id } }, ownArgs: args, expected: "not_found" as const },
    ];
  },
  async getItemImage(world) {
    const { id } = await seed.seedDataset(world, ours);
    await world.store.put(keys.image(OURS, seed.ITEMS[0]?.sha256 ?? ""), await drawBear("black", 1));
    // The same list, read by them: the picture's bytes were fetched by us and not by them.
    const twin = await seed.seedDataset(world, theirs);
    const ofTwin = { params: { id: twin.id, key: "0" }, query: {} };
    const args = { params: { id, key: "0" }, query: {} };
    return [...hidden(id, args), { args: ofTwin, ownArgs: args, expected: "not_found" as const }];
  },
  datasetEvents: async (world) => hidden((await seed.seedDataset(world, ours)).id),

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
