// Predictions: batch jobs over a dataset's items, URLs or an archive, and their results.
import type { UsedArchive } from "@ursa/contracts/archive";
import type { CreatePrediction, Prediction, PredictionInput } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { type PlanInput, planPrediction } from "@ursa/dataset/plan-prediction";
import { resultsCsv } from "@ursa/dataset/results";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { inlineList, openUpload } from "./open-list.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord, withProgress } from "./record-routes.ts";

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
      deleteRecord(deps, "prediction", { namespace: request.namespace, id: params.id }),
    async getResults({ params, query, request }) {
      return resultsOf(deps, await catalog.get("prediction", request.namespace, params.id), query.format);
    },
    predictionEvents: async ({ params, request }) => followRecord(deps, "prediction", { request, id: params.id }),
  };
}

async function createPrediction(deps: Dependencies, body: CreatePrediction, caller: RequestInfo): Promise<Prediction> {
  const { store, catalog, aliases, producer } = deps;
  return createRecord(deps, {
    kind: "prediction",
    caller,
    body,
    async plan(owner, { urls: admit }) {
      const { namespace } = owner;
      const { modelId, alias } = await aliases.resolve(namespace, body.model);
      const { classes } = await catalog.get("model", namespace, modelId);
      const { archives, ...input } = await openInput(deps, namespace, body.input);
      const { inputs, shards } = await planPrediction({ store, owner, input, admit, signal: caller.signal });
      return {
        model: modelId,
        ...(alias ? { alias } : {}),
        classes,
        ...(body.tta ? { tta: true } : {}),
        source: input.source,
        ...(archives ? { archives } : {}),
        ...("dataset" in body.input ? { dataset: body.input.dataset } : {}),
        inputs,
        shards,
      };
    },
    enqueue: (record) => producer.enqueuePrediction(record),
  });
}

type OpenInput = PlanInput & { archives?: UsedArchive[] };

async function openInput(deps: Dependencies, namespace: string, input: PredictionInput): Promise<OpenInput> {
  if ("urls" in input) return { source: "urls", rows: inlineList(input.urls, { class: "" }) };
  if ("upload" in input) {
    const { rows, archive } = await openUpload(deps.store, namespace, { name: input.upload, class: "" });
    return { source: "urls", rows, ...(archive ? { archives: [archive] } : {}) };
  }
  const { id, state, manifest } = await deps.catalog.get("dataset", namespace, input.dataset);
  if (!manifest) throw new Problem("dataset_not_ready", `${id} is ${state} and has no items to predict.`);
  return { source: "items", manifest: manifest.key, filter: { split: input.split, class: input.class } };
}

export const RESULTS_TYPE = { csv: "text/csv; charset=utf-8", jsonl: "application/x-ndjson" } as const;

/** @throws Problem not_found, still_running */
export function resultsToSend({ id, state, results }: Prediction): NonNullable<Prediction["results"]> {
  if (results) return results;
  if (isFinal(state)) throw new Problem("not_found", `${id} is ${state} and has no results.`);
  throw new Problem("still_running", `${id} is ${state} and has no results yet.`);
}

/** @throws Problem not_found, still_running */
export async function resultsOf({ store }: Dependencies, record: Prediction, format: "jsonl" | "csv") {
  const { id, classes } = record;
  const results = resultsToSend(record);
  const headers = { "content-disposition": `attachment; filename="${id}.${format}"` };
  if (format === "csv") {
    const body = await resultsCsv(store, results.key, classes);
    return { contentType: RESULTS_TYPE.csv, body, headers } as const;
  }
  const { body } = await store.stream(results.key);
  return { contentType: RESULTS_TYPE.jsonl, body, headers } as const;
}
