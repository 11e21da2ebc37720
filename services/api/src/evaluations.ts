// Evaluations: what is measured is settled when they are created, so that a model that goes on training, or an alias that moves,
// changes nothing of it.
import type { Dataset } from "@ursa/contracts/dataset";
import {
  type CreateEvaluation,
  type EvaluatedSplit,
  type Evaluation,
  type EvaluationResult,
  evaluationResultSchema,
} from "@ursa/contracts/evaluation";
import { latestStage } from "@ursa/contracts/latest-stage";
import type { Model, StageName } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { pageOfEvaluatedItems } from "@ursa/dataset/evaluated-items";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord, withProgress } from "./record-routes.ts";

export function evaluationHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createEvaluation: async ({ body, request }) => createEvaluation(deps, body, request),
    listEvaluations: async ({ query, request }) => catalog.list("evaluation", request.namespace, query),
    getEvaluation: async ({ params, request }) =>
      withProgress(deps, await catalog.get("evaluation", request.namespace, params.id)),
    cancelEvaluation: async ({ params, request }) =>
      cancelRecord(deps, "evaluation", { namespace: request.namespace, id: params.id }),
    deleteEvaluation: async ({ params, request }) =>
      deleteRecord(deps, "evaluation", { namespace: request.namespace, id: params.id }),
    async getEvaluationResult({ params, request }) {
      return resultOf(deps, await catalog.get("evaluation", request.namespace, params.id));
    },
    async listEvaluatedItems({ params, query, request }) {
      const { namespace, id } = await catalog.get("evaluation", request.namespace, params.id);
      return pageOfEvaluatedItems(deps.store, { namespace, id }, query);
    },
    evaluationEvents: async ({ params, request }) => followRecord(deps, "evaluation", { request, id: params.id }),
  };
}

export async function createEvaluation(
  deps: Dependencies,
  body: CreateEvaluation,
  caller: RequestInfo,
): Promise<Evaluation> {
  const { catalog, aliases, producer } = deps;
  return createRecord(deps, {
    kind: "evaluation",
    caller,
    body,
    async plan({ namespace }) {
      const { modelId, alias } = await aliases.resolve(namespace, body.model);
      const model = await catalog.get("model", namespace, modelId);
      const stage = stageOf(model, body.stage);
      const dataset = await catalog.get("dataset", namespace, body.dataset);
      const { id, version, state, manifest } = dataset;
      if (state !== "ready" || !manifest)
        throw new Problem("dataset_not_ready", `${id} is ${state}; an evaluation needs a dataset that is ready.`);
      const split = body.split ?? (countsOf(dataset, "test").size > 0 ? "test" : "valid");
      checkClasses(model, dataset, split);
      const isItsOwn = model.dataset.id === id && model.recipe.validFraction !== undefined;
      return {
        ...{ model: modelId, stage, split, tta: body.tta, classes: model.classes },
        ...(alias ? { alias } : {}),
        ...(isItsOwn ? { validFraction: model.recipe.validFraction } : {}),
        dataset: { id, version, manifestSha256: manifest.sha256 },
      };
    },
    enqueue: (record) => producer.enqueueEvaluation(record),
  });
}

/** @throws Problem model_not_ready for a stage that is not finished */
export function stageOf({ id, artifacts }: Model, wanted: StageName | undefined): StageName {
  const latest = latestStage(artifacts);
  const stage = wanted ?? latest;
  if (stage && artifacts.some((file) => file.stage === stage)) return stage;
  const has = latest ? `its latest is ${latest}` : "it has none yet";
  throw new Problem("model_not_ready", `Model ${id} has no finished ${stage ?? "stage"}; ${has}.`);
}

/** Usable pictures per class, of those classes that have any on this side. */
function countsOf({ counts }: Dataset, split: EvaluatedSplit): Map<string, number> {
  const classes = (counts?.classes ?? []).map((each): [string, number] => [
    each.class,
    split === "all" ? each.train + each.valid + each.test : each[split],
  ]);
  return new Map(classes.filter(([, count]) => count > 0));
}

/** Pictures of a class that the model cannot answer would all be wrong, or be left out of a rate that hides it: neither is said. */
function checkClasses(model: Model, dataset: Dataset, split: EvaluatedSplit): void {
  const counts = countsOf(dataset, split);
  if (counts.size === 0)
    throw new Problem(
      "split_is_empty",
      `${dataset.id} has no ${split} items: make a dataset whose lists are marked ${split} (a folder named ${split}, or a source's split), or evaluate another side with split: train, valid, test or all.`,
    );
  const unknown = [...counts.keys()].filter((name) => !model.classes.includes(name));
  if (unknown.length === 0) return;
  throw new Problem(
    "classes_differ",
    `${dataset.id} has ${unknown.length === 1 ? "a class" : "classes"} that model ${model.id} does not know: ${unknown.join(", ")}. It knows ${model.classes.join(", ")}; evaluate on a dataset with those names.`,
    { extra: { unknown, classes: model.classes } },
  );
}

/** @throws Problem not_found, still_running */
export async function resultOf({ store }: Dependencies, { id, state, result }: Evaluation): Promise<EvaluationResult> {
  if (!result && isFinal(state)) throw new Problem("not_found", `${id} is ${state} and has no result.`);
  if (!result) throw new Problem("still_running", `${id} is ${state} and has no result yet.`);
  const { body } = await store.get(result.key);
  return evaluationResultSchema.parse(JSON.parse(body.toString()));
}
