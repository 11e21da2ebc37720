// Models: create a training run, look at it, download what it made.
import type { Artifact, CreateModel, Model } from "@ursa/contracts/model";
import { Problem } from "@ursa/contracts/problem";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Handlers } from "@ursa/http/server";
import { createRecord } from "./create-record.ts";
import type { Dependencies } from "./dependencies.ts";
import { describeRecord } from "./describe-record.ts";
import { diagnose } from "./diagnose.ts";
import { importModel } from "./import-model.ts";
import { journalOf, listModels } from "./journal.ts";
import { lrCurveOf } from "./lr-curve.ts";
import { planModel } from "./plan-model.ts";
import { followRecord } from "./record-events.ts";
import { cancelRecord, deleteRecord, withProgress } from "./record-routes.ts";

export function modelHandlers(deps: Dependencies): Handlers {
  const { catalog } = deps;
  return {
    createModel: async ({ body, request }) => createModel(deps, body, request),
    importModel: async ({ query, body, request }) => importModel(deps, { name: query.name, body, request }),
    listModels: async ({ query, request }) => listModels(catalog, request.namespace, query),
    getJournal: async ({ query, request }) => journalOf(catalog, request.namespace, query),
    getModel: async ({ params, request }) =>
      withProgress(deps, await catalog.get("model", request.namespace, params.id)),
    describeModel: async ({ params, body, request }) =>
      describeRecord(deps, "model", { owner: { namespace: request.namespace, id: params.id }, body }),
    cancelModel: async ({ params, request }) =>
      cancelRecord(deps, "model", { namespace: request.namespace, id: params.id }),
    deleteModel: async ({ params, request }) =>
      deleteRecord(deps, "model", { namespace: request.namespace, id: params.id }),
    getHistory: async ({ params, request }) => ({
      epochs: (await catalog.get("model", request.namespace, params.id)).epochs,
    }),
    getLrCurve: async ({ params, request }) => lrCurveOf(await catalog.get("model", request.namespace, params.id)),
    getDiagnosis: async ({ params, query, request }) =>
      diagnose(deps, { namespace: request.namespace, id: params.id, ...query }),
    listArtifacts: async ({ params, request }) => ({
      items: (await catalog.get("model", request.namespace, params.id)).artifacts,
    }),
    async getArtifact({ params, request }) {
      const model = await catalog.get("model", request.namespace, params.id);
      return sendArtifact(deps, model, params);
    },
    modelEvents: async ({ params, request }) => followRecord(deps, "model", { request, id: params.id }),
  };
}

async function createModel(deps: Dependencies, body: CreateModel, caller: RequestInfo): Promise<Model> {
  const { catalog, producer } = deps;
  return createRecord(deps, {
    kind: "model",
    caller,
    body,
    async plan({ namespace }) {
      const { dataset, classes, from } = await planModel(catalog, { ...body, namespace });
      const start = from ? { from } : {};
      return {
        dataset,
        recipe: body.recipe,
        ...start,
        classes,
        epochs: [],
        checkpoints: [],
        stages: [],
        artifacts: [],
      };
    },
    enqueue: (record) => producer.enqueueModel(record),
  });
}

type ArtifactPlace = { stage: string; name: string };

export const ARTIFACT_TYPE = "application/octet-stream";

/** @throws Problem not_found */
export function findArtifact(model: Model, wanted: ArtifactPlace): Artifact {
  const artifact = model.artifacts.find(({ stage, name }) => stage === wanted.stage && name === wanted.name);
  if (!artifact)
    throw new Problem(
      "not_found",
      `${model.id} has no ${wanted.stage}/${wanted.name}; GET /v1/models/${model.id}/artifacts lists what it has.`,
    );
  return artifact;
}

/** @throws Problem not_found */
export async function sendArtifact({ store }: Dependencies, model: Model, wanted: ArtifactPlace) {
  const artifact = findArtifact(model, wanted);
  const { body } = await store.stream(artifact.key);
  const headers = {
    "content-length": String(artifact.bytes),
    etag: `"${artifact.sha256}"`,
    "content-disposition": `attachment; filename="${artifact.name}"`,
  };
  return { contentType: ARTIFACT_TYPE, body, headers } as const;
}
