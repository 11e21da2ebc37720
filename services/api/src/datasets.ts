// Datasets: the record is written first, then the job is enqueued; if the second step is lost, the reconciler makes up for it.
import { Readable } from "node:stream";
import { once } from "@ursa/catalog/idempotency";
import type { CreateDataset, Dataset, DatasetSource } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { planDataset } from "@ursa/dataset/plan-dataset";
import { parseUrlList } from "@ursa/dataset/url-list";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound } from "@ursa/store/object-store";
import type { Dependencies } from "./dependencies.ts";
import { headerOf } from "./header-of.ts";
import { newRecord } from "./new-record.ts";
import { cancelRecord, deleteObjects, followRecord, withProgress } from "./record-routes.ts";

export function datasetHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createDataset: async ({ body, request }) => createDataset(deps, body, request),
    listDatasets: async ({ query, request }) => catalog.list("dataset", request.namespace, query),
    getDataset: async ({ params, request }) =>
      withProgress(deps, await catalog.get("dataset", request.namespace, params.id)),
    cancelDataset: async ({ params, request }) =>
      cancelRecord(deps, "dataset", { namespace: request.namespace, id: params.id }),
    deleteDataset: async ({ params, request }) => deleteDataset(deps, { namespace: request.namespace, id: params.id }),
    datasetEvents: async ({ params, request }) => followRecord(deps, "dataset", { ...request, id: params.id }),
  };
}

async function createDataset(deps: Dependencies, body: CreateDataset, caller: RequestInfo): Promise<Dataset> {
  await deps.producer.ping();
  const { namespace } = caller;
  const key = headerOf(caller, "idempotency-key");
  return once(deps.store, { namespace, operation: "createDataset", kind: "dataset", key, body }, async (id) => {
    const owner = { namespace, id };
    const sources = await Promise.all(body.sources.map((source) => openSource(deps, namespace, source)));
    const plan = await planDataset({ store: deps.store, owner, sources, options: body.options });
    const record = await deps.catalog.create("dataset", {
      ...newRecord(owner, body.name),
      version: 1,
      classes: plan.classes,
      options: body.options,
      listed: plan.listed,
      shards: plan.shards,
    });
    await deps.producer
      .enqueueDataset(record)
      .catch((error) => deps.log.warn({ err: error, id }, "left to the reconciler"));
    return record;
  });
}

async function openSource({ store }: Dependencies, namespace: string, source: DatasetSource) {
  const split = source.split ? { split: source.split } : {};
  if ("urls" in source) {
    const name = `urls of ${source.class}`;
    return {
      name,
      ...split,
      rows: parseUrlList(Readable.from([source.urls.join("\n")]), { name, class: source.class }),
    };
  }
  const { body } = await store.stream(keys.upload(namespace, source.upload)).catch((error) => {
    if (!(error instanceof ObjectNotFound)) throw error;
    throw new Problem(
      "upload_not_found",
      `No upload is named ${source.upload}; PUT it to /v1/uploads/${source.upload} first.`,
    );
  });
  const name = source.upload;
  return { name, ...split, rows: parseUrlList(body, { name, class: source.class }) };
}

async function deleteDataset(deps: Dependencies, owner: { namespace: string; id: string }): Promise<undefined> {
  const record = await deps.catalog.get("dataset", owner.namespace, owner.id);
  if (!isFinal(record.state)) throw new Problem("still_running", `${owner.id} is ${record.state}; cancel it first.`);
  const users = await deps.catalog.usersOf("dataset", owner);
  if (users.length > 0)
    throw new Problem("in_use", `${owner.id} is what ${users.slice(0, 3).join(", ")} was trained on.`);
  // The record goes last, so that a delete that was cut short can be asked for again.
  await deleteObjects(deps, keys.dataset.all(owner));
  await deps.catalog.remove("dataset", owner);
  return undefined;
}
