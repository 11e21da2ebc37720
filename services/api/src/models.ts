// Models: create a training run, look at it, download what it made.
import { once } from "@ursa/catalog/idempotency";
import type { CreateModel, Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { keys } from "@ursa/store/keys";
import type { Dependencies } from "./dependencies.ts";
import { headerOf } from "./header-of.ts";
import { newRecord } from "./new-record.ts";
import { cancelRecord, deleteObjects, followRecord, withProgress } from "./record-routes.ts";

export function modelHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createModel: async ({ body, request }) => createModel(deps, body, request),
    listModels: async ({ query, request }) => catalog.list("model", request.namespace, query),
    getModel: async ({ params, request }) =>
      withProgress(deps, await catalog.get("model", request.namespace, params.id)),
    cancelModel: async ({ params, request }) =>
      cancelRecord(deps, "model", { namespace: request.namespace, id: params.id }),
    deleteModel: async ({ params, request }) => deleteModel(deps, { namespace: request.namespace, id: params.id }),
    getHistory: async ({ params, request }) => ({
      epochs: (await catalog.get("model", request.namespace, params.id)).epochs,
    }),
    listArtifacts: async ({ params, request }) => ({
      items: (await catalog.get("model", request.namespace, params.id)).artifacts,
    }),
    async getArtifact({ params, request }) {
      const model = await catalog.get("model", request.namespace, params.id);
      return artifactOf(deps, model, params);
    },
    modelEvents: async ({ params, request }) => followRecord(deps, "model", { ...request, id: params.id }),
  };
}

async function createModel(deps: Dependencies, body: CreateModel, caller: RequestInfo): Promise<Model> {
  await deps.producer.ping();
  const { namespace } = caller;
  const key = headerOf(caller, "idempotency-key");
  return once(deps.store, { namespace, operation: "createModel", kind: "model", key, body }, async (id) => {
    const dataset = await deps.catalog.get("dataset", namespace, body.dataset);
    if (dataset.state !== "ready" || !dataset.manifest) {
      throw new Problem(
        "dataset_not_ready",
        `${dataset.id} is ${dataset.state}; training needs a dataset that is ready.`,
      );
    }
    const record = await deps.catalog.create("model", {
      ...newRecord({ namespace, id }, body.name),
      dataset: { id: dataset.id, version: dataset.version, manifestSha256: dataset.manifest.sha256 },
      recipe: body.recipe,
      classes: dataset.classes,
      epochs: [],
      checkpoints: [],
      stages: [],
      artifacts: [],
    });
    await deps.producer
      .enqueueModel(record)
      .catch((error) => deps.log.warn({ err: error, id }, "left to the reconciler"));
    return record;
  });
}

async function artifactOf({ store }: Dependencies, model: Model, wanted: { stage: string; name: string }) {
  const artifact = model.artifacts.find(({ stage, name }) => stage === wanted.stage && name === wanted.name);
  if (!artifact)
    throw new Problem(
      "not_found",
      `${model.id} has no ${wanted.stage}/${wanted.name}; GET /v1/models/${model.id}/artifacts lists what it has.`,
    );
  const { body } = await store.stream(artifact.key);
  const headers = {
    "content-length": String(artifact.bytes),
    etag: `"${artifact.sha256}"`,
    "content-disposition": `attachment; filename="${artifact.name}"`,
  };
  return { contentType: "application/octet-stream", body, headers } as const;
}

async function deleteModel(deps: Dependencies, owner: { namespace: string; id: string }): Promise<undefined> {
  const record = await deps.catalog.get("model", owner.namespace, owner.id);
  if (!isFinal(record.state)) throw new Problem("still_running", `${owner.id} is ${record.state}; cancel it first.`);
  const users = await deps.catalog.usersOf("model", owner);
  if (users.length > 0) throw new Problem("in_use", `${owner.id} is what ${users.slice(0, 3).join(", ")} names.`);
  await deleteObjects(deps, keys.model.all(owner));
  await deps.catalog.remove("model", owner);
  return undefined;
}
