// Predictions: batch jobs over a dataset's items or over URLs, and their results.
import { Readable } from "node:stream";
import { once } from "@ursa/catalog/idempotency";
import type { CreatePrediction, Prediction, PredictionInput } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { planPrediction } from "@ursa/dataset/plan-prediction";
import { resultsCsv } from "@ursa/dataset/results";
import { parseUrlList } from "@ursa/dataset/url-list";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { headerOf } from "./header-of.ts";
import { newRecord } from "./new-record.ts";
import { cancelRecord, deleteObjects, followRecord, withProgress } from "./record-routes.ts";

export function predictionHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createPrediction: async ({ body, request }) => createPrediction(deps, body, request),
    listPredictions: async ({ query, request }) => catalog.list("prediction", request.namespace, query),
    getPrediction: async ({ params, request }) =>
      withProgress(deps, await catalog.get("prediction", request.namespace, params.id)),
    cancelPrediction: async ({ params, request }) =>
      cancelRecord(deps, "prediction", { namespace: request.namespace, id: params.id }),
    deletePrediction: async ({ params, request }) =>
      deletePrediction(deps, { namespace: request.namespace, id: params.id }),
    async getResults({ params, query, request }) {
      return resultsOf(deps, await catalog.get("prediction", request.namespace, params.id), query.format);
    },
    predictionEvents: async ({ params, request }) => followRecord(deps, "prediction", { ...request, id: params.id }),
  };
}

async function createPrediction(deps: Dependencies, body: CreatePrediction, caller: RequestInfo): Promise<Prediction> {
  await deps.producer.ping();
  const { namespace } = caller;
  const key = headerOf(caller, "idempotency-key");
  return once(deps.store, { namespace, operation: "createPrediction", kind: "prediction", key, body }, async (id) => {
    const owner = { namespace, id };
    const { modelId, alias } = await deps.aliases.resolve(namespace, body.model);
    const model = await deps.catalog.get("model", namespace, modelId);
    const input = await openInput(deps, namespace, body.input);
    const plan = await planPrediction({ store: deps.store, owner, input });
    const record = await deps.catalog.create("prediction", {
      ...newRecord(owner, body.name),
      model: modelId,
      ...(alias ? { alias } : {}),
      classes: model.classes,
      source: input.source,
      ...("dataset" in body.input ? { dataset: body.input.dataset } : {}),
      inputs: plan.inputs,
      shards: plan.shards,
    });
    await deps.producer
      .enqueuePrediction(record)
      .catch((error) => deps.log.warn({ err: error, id }, "left to the reconciler"));
    return record;
  });
}

async function openInput({ store, catalog }: Dependencies, namespace: string, input: PredictionInput) {
  if ("dataset" in input) {
    const dataset = await catalog.get("dataset", namespace, input.dataset);
    if (!dataset.manifest)
      throw new Problem("dataset_not_ready", `${dataset.id} is ${dataset.state} and has no manifest yet.`);
    const { split, class: className } = input;
    return { source: "items", manifest: dataset.manifest.key, filter: { split, class: className } } as const;
  }
  if ("urls" in input) {
    return {
      source: "urls",
      rows: parseUrlList(Readable.from([input.urls.join("\n")]), { name: "urls", class: "" }),
    } as const;
  }
  const { body } = await store.stream(keys.upload(namespace, input.upload)).catch((error) => {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new Problem(
      "upload_not_found",
      `No upload is named ${input.upload}; PUT it to /v1/uploads/${input.upload} first.`,
    );
  });
  return { source: "urls", rows: parseUrlList(body, { name: input.upload, class: "" }) } as const;
}

async function resultsOf({ store }: Dependencies, record: Prediction, format: "jsonl" | "csv") {
  if (!record.results) throw new Problem("still_running", `${record.id} is ${record.state} and has no results yet.`);
  const disposition = { "content-disposition": `attachment; filename="${record.id}.${format}"` };
  if (format === "csv") {
    const body = await resultsCsv(store, record.results.key, record.classes);
    return { contentType: "text/csv; charset=utf-8", body, headers: disposition } as const;
  }
  const { body } = await store.stream(record.results.key);
  return { contentType: "application/x-ndjson", body, headers: disposition } as const;
}

async function deletePrediction(deps: Dependencies, owner: { namespace: string; id: string }): Promise<undefined> {
  const record = await deps.catalog.get("prediction", owner.namespace, owner.id);
  if (!isFinal(record.state)) throw new Problem("still_running", `${owner.id} is ${record.state}; cancel it first.`);
  await deleteObjects(deps, keys.prediction.all(owner));
  await deps.catalog.remove("prediction", owner);
  return undefined;
}
