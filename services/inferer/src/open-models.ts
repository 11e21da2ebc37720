// The model cache of this process, reading from the catalog and the store.
import type { Catalog } from "@ursa/catalog/catalog";
import type { Explainer } from "@ursa/classifier/explainer";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import {
  loadExplainer,
  loadModel,
  type ModelSource,
  type ServedExplainer,
  type ServedModel,
  servedExplainer,
  servedModel,
} from "./load-model.ts";
import { ModelCache } from "./model-cache.ts";

export type Models = ModelCache<ServedModel>;
export type OpenModelsOptions = ModelSource & {
  catalog: Pick<Catalog, "get">;
  log: Logger;
  metrics: Metrics;
  maxBytes: number;
};

export function openModels({ catalog, log, metrics, maxBytes, ...source }: OpenModelsOptions): Models {
  return new ModelCache<ServedModel>({
    maxBytes,
    find: async ({ namespace, id, stage }) => servedModel(await catalog.get("model", namespace, id), stage),
    async load(served) {
      const started = performance.now();
      const classifier = await loadModel(source, served);
      const seconds = (performance.now() - started) / 1000;
      metrics.modelLoad.observe(seconds);
      log.info({ key: served.onnx.key, bytes: served.onnx.bytes, seconds }, "model loaded");
      return classifier;
    },
    onKept: ({ id }, error) =>
      log.warn({ err: error, model: id }, "could not refresh a model; what is loaded serves on"),
    onChange({ models, bytes }) {
      metrics.modelsLoaded.set(models);
      metrics.modelsLoadedBytes.set(bytes);
    },
  });
}

export type Explainers = ModelCache<ServedExplainer, Explainer>;
export type OpenExplainersOptions = ModelSource & Pick<OpenModelsOptions, "catalog" | "log">;

/** Heat maps are asked for by people who look at one model: the one asked about last is kept, and no other takes memory. */
export function openExplainers({ catalog, log, ...source }: OpenExplainersOptions): Explainers {
  return new ModelCache<ServedExplainer, Explainer>({
    maxBytes: 0,
    find: async ({ namespace, id, stage }) => servedExplainer(await catalog.get("model", namespace, id), stage),
    load: (served) => loadExplainer(source, served),
    onKept: ({ id }, error) => log.warn({ err: error, model: id }, "could not refresh what explains a model"),
  });
}
