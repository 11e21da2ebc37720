// POST /classify?namespace=&model=&tta=&heatMap=&class=, for the API alone: the body is the picture.
import { classifyPicture, type Explain } from "@ursa/classifier/classify-picture";
import type { Classifier } from "@ursa/classifier/predict";
import type { ViewDecoders } from "@ursa/classifier/views-of";
import { modelIdSchema, namespaceSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { createInFlightLimit } from "@ursa/http/in-flight-limit";
import type { InternalRoute } from "@ursa/http/internal-server";
import type { Metrics } from "@ursa/service/metrics";
import { z } from "zod";
import type { Explainers, Models } from "./open-models.ts";

const querySchema = z.strictObject({
  namespace: namespaceSchema,
  model: modelIdSchema,
  tta: z.literal("true").optional(),
  heatMap: z.literal("true").optional(),
  /** Whose heat map; left out, that of the answer. */
  class: z.string().optional(),
});

export function classifyRoute(deps: {
  models: Pick<Models, "use">;
  explainers: Pick<Explainers, "use">;
  decoders: ViewDecoders;
  metrics: Metrics;
}): InternalRoute {
  const limit = createInFlightLimit();
  return {
    method: "POST",
    path: "/classify",
    async handler({ query, body, signal }) {
      const parsed = querySchema.safeParse(Object.fromEntries(query));
      if (!parsed.success) throw new Problem("invalid_request", z.prettifyError(parsed.error));
      const { namespace, model: id, tta, heatMap, class: name } = parsed.data;
      const explain: Explain = (view, index) =>
        deps.explainers.use({ namespace, id }, (explainer) => explainer.explain(view, index));
      const how = { tta: tta === "true", signal, heatMap: heatMap && { explain, class: name } };
      const arrived = performance.now();
      const work = (classifier: Classifier) => {
        deps.metrics.predictQueue.observe((performance.now() - arrived) / 1000);
        return classifyPicture({ classifier, ...deps }, body, how);
      };
      const answer = () => deps.models.use({ namespace, id }, work);
      return { json: await limit.run(answer).catch(nameAbsentModel) };
    },
  };
}

/** The API takes `not_found` for an address that this service lacks, hence for a wrong service; a model has a code of its own. */
function nameAbsentModel(error: unknown): never {
  if (!(error instanceof Problem) || error.code !== "not_found") throw error;
  throw new Problem("unknown_model", error.message, { cause: error });
}
