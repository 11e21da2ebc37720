// Datasets: made from URL lists and archives, which are read when the dataset is created.
import type { CreateDataset, Dataset } from "@ursa/contracts/dataset";
import { planDataset } from "@ursa/dataset/plan-dataset";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { describeRecord } from "./describe-record.ts";
import { withHeadStart } from "./head-start.ts";
import { openSources } from "./open-list.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord, withProgress } from "./record-routes.ts";

export function datasetHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createDataset: async ({ body, request }) => createDataset(deps, body, request),
    listDatasets: async ({ query, request }) => catalog.list("dataset", request.namespace, query),
    getDataset: async ({ params, request }) =>
      withProgress(deps, await catalog.get("dataset", request.namespace, params.id)),
    describeDataset: async ({ params, body, request }) =>
      describeRecord(deps, "dataset", { owner: { namespace: request.namespace, id: params.id }, body }),
    cancelDataset: async ({ params, request }) =>
      cancelRecord(deps, "dataset", { namespace: request.namespace, id: params.id }),
    deleteDataset: async ({ params, request }) =>
      deleteRecord(deps, "dataset", { namespace: request.namespace, id: params.id }),
    datasetEvents: async ({ params, request }) => followRecord(deps, "dataset", { request, id: params.id }),
  };
}

async function createDataset(deps: Dependencies, body: CreateDataset, caller: RequestInfo): Promise<Dataset> {
  const { store, producer } = deps;
  const { options } = body;
  const { namespace, signal } = caller;
  return createRecord(deps, {
    kind: "dataset",
    caller,
    body,
    async plan(owner, { urls: admit, limitsUrls }) {
      const { sources, archives } = await openSources(store, { namespace, sources: body.sources, signal });
      const input = { store, owner, sources, options, admit, signal };
      // URLs that are counted are let in before any is fetched; and pictures of an archive are soon there anyway.
      const mayBegin = !limitsUrls && archives.length === 0;
      const { classes, listed, shards } = mayBegin
        ? await withHeadStart(deps, owner, (onFirst) => planDataset({ ...input, onFirst }))
        : await planDataset(input);
      const from = archives.length > 0 ? { archives } : {};
      return { version: 1, ...from, classes, options, listed, shards };
    },
    enqueue: (record) => producer.enqueueDataset(record),
  });
}
