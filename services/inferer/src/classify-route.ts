// POST /classify?namespace=&model=&tta=, for the API alone: the body is the picture.
import type { Classifier } from "@ursa/classifier/predict";
import { modelIdSchema, namespaceSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import type { InternalRoute } from "@ursa/http/internal-server";
import type { Metrics } from "@ursa/service/metrics";
import { z } from "zod";
import { classifyPicture, type PictureAnswer } from "./classify-picture.ts";
import type { Models } from "./open-models.ts";
import type { ViewDecoders } from "./views-of.ts";

/** About five seconds of work on two cores. Beyond that a caller is better told to come back, or to another inferer. */
const MAX_IN_FLIGHT = 256;

const querySchema = z.strictObject({
  namespace: namespaceSchema,
  model: modelIdSchema,
  tta: z.literal("true").optional(),
});

export function classifyRoute(deps: {
  models: Pick<Models, "use">;
  decoders: ViewDecoders;
  metrics: Metrics;
}): InternalRoute {
  let inFlight = 0;
  return {
    method: "POST",
    path: "/classify",
    async handler({ query, body, signal }) {
      const parsed = querySchema.safeParse(Object.fromEntries(query));
      if (!parsed.success) throw new Problem("invalid_request", z.prettifyError(parsed.error));
      if (inFlight === MAX_IN_FLIGHT) throw new Problem("too_busy");
      inFlight += 1;
      try {
        const { namespace, model } = parsed.data;
        const how = { tta: parsed.data.tta === "true", signal };
        const arrived = performance.now();
        const work = (classifier: Classifier) => {
          deps.metrics.predictQueue.observe((performance.now() - arrived) / 1000);
          return classifyPicture({ classifier, decoders: deps.decoders }, body, how);
        };
        const answer = await deps.models.use({ namespace, id: model }, work).catch(nameAbsentModel);
        observe(deps.metrics, answer);
        return { json: answer };
      } finally {
        inFlight -= 1;
      }
    },
  };
}

/** The API takes `not_found` for an address that this service lacks, hence for a wrong service; a model has a code of its own. */
function nameAbsentModel(error: unknown): never {
  if (!(error instanceof Problem) || error.code !== "not_found") throw error;
  throw new Problem("unknown_model", error.message, { cause: error });
}

function observe(
  { predictDuration, predictBatchSize, predictPictures }: Metrics,
  { milliseconds: { decode, model } }: PictureAnswer,
): void {
  predictPictures.inc({ mode: "single" });
  predictBatchSize.observe(1);
  predictDuration.observe({ stage: "preprocess" }, decode / 1000);
  predictDuration.observe({ stage: "infer" }, model / 1000);
  predictDuration.observe({ stage: "total" }, (decode + model) / 1000);
}
