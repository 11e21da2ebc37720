// What is to be known of a model once it is trained: where it is wrong, what went wrong, what changed since the run before.
import { z } from "zod";
import { comparisonSchema, createComparisonSchema } from "../comparison.ts";
import { diagnosisQuerySchema, diagnosisSchema } from "../diagnosis.ts";
import { interpretationSchema } from "../evaluation.ts";
import { heatMapSchema } from "../heat-map.ts";
import { itemKeySchema, modelIdSchema } from "../ids.ts";
import { journalQuerySchema, journalSchema } from "../journal.ts";
import { stageNameSchema } from "../model.ts";
import { json, jsonBody, route } from "../route.ts";

const id = z.strictObject({ id: modelIdSchema });
const tag = "Models";

export const judgementRoutes = {
  createInterpretation: route({
    method: "POST",
    path: "/v1/models/{id}/interpretation",
    scope: "write",
    tag,
    summary:
      "Look at every picture of the model's own dataset: who is taken for whom, where it is most wrong, how sure it is",
    description:
      "An evaluation of all sides of the split, made once for a stage and found again under the model. A failed one is made anew.",
    params: id,
    body: jsonBody(
      z.strictObject({ stage: stageNameSchema.optional().describe("Left out: the latest finished one.") }),
    ),
    answer: json(interpretationSchema, 202),
    problems: ["model_not_ready", "dataset_not_ready", "queue_unavailable", "quota_exceeded"],
  }),
  getInterpretation: route({
    method: "GET",
    path: "/v1/models/{id}/interpretation",
    scope: "read",
    tag,
    summary:
      "Get the interpretation of a stage: confusion, top losses, calibration, thresholds, for each side of the split",
    description:
      "`result` is there when `evaluation` is ready; its pictures one by one are at /v1/evaluations/{id}/items. Not found until it was asked for.",
    params: id,
    query: z.strictObject({
      stage: stageNameSchema.optional(),
      min: z.coerce
        .number()
        .int()
        .min(1)
        .default(1)
        .describe("Pictures that a pair of classes was confused in at least, to be named in `mostConfused`."),
    }),
    answer: json(interpretationSchema),
    problems: ["model_not_ready"],
  }),
  getHeatMap: route({
    method: "GET",
    path: "/v1/models/{id}/heat-maps/{key}",
    scope: "read",
    tag,
    summary: "Say which places of one picture of the model's own dataset speak for a class (Grad-CAM)",
    description:
      "Of the model as it is served, its latest stage. Computed when asked, by an inferer. POST /v1/classify?heatMap=true does it for any picture.",
    params: z.strictObject({ id: modelIdSchema, key: itemKeySchema }),
    query: z.strictObject({
      class: z.string().max(128).optional().describe("Left out: the class that the model answers."),
    }),
    answer: json(heatMapSchema),
    problems: [
      "model_not_ready",
      "no_heat_maps",
      "unknown_class",
      "dataset_not_ready",
      "bad_image",
      "inferer_unavailable",
      "model_integrity",
    ],
  }),
  createComparison: route({
    method: "POST",
    path: "/v1/models/{id}/compare",
    scope: "write",
    tag,
    summary: "Compare a model with another on the same pictures, which neither was trained on",
    description:
      "By their interpretations, which are made where they are lacking; `result` is there when both are ready, so ask again (or GET) then. Pictures are the same where their bytes are; where the datasets differ, labels and sides are the newer one's.",
    params: id,
    body: jsonBody(createComparisonSchema),
    answer: json(comparisonSchema, 202),
    problems: [
      "unknown_model",
      "model_not_ready",
      "dataset_not_ready",
      "nothing_in_common",
      "queue_unavailable",
      "quota_exceeded",
    ],
  }),
  getComparison: route({
    method: "GET",
    path: "/v1/models/{id}/compare",
    scope: "read",
    tag,
    summary:
      "Get what changed from one model to another: errors, confusion, pictures mended and broken, beyond chance or not",
    description: "Not found until both models were interpreted, which a POST to this address sees to.",
    params: id,
    query: createComparisonSchema,
    answer: json(comparisonSchema),
    problems: ["unknown_model", "model_not_ready", "nothing_in_common"],
  }),
  getDiagnosis: route({
    method: "GET",
    path: "/v1/models/{id}/diagnosis",
    scope: "read",
    tag,
    summary:
      "Say what went wrong with a training run, if anything: what was seen, how sure that is, the one change to try",
    description:
      "Rules over the epochs, the learning-rate finder's curve and the counts of pictures, as they are stored; nothing is computed anew. Where the recipe is to change, `run` is the body of POST /v1/models that tries it.",
    params: id,
    query: diagnosisQuerySchema,
    answer: json(diagnosisSchema),
  }),
  getJournal: route({
    method: "GET",
    path: "/v1/journal",
    scope: "read",
    tag,
    summary: "The lab journal: each training run with its error and with what was changed since the run before",
    description:
      "The run before is the one that it starts from, else the newest earlier one on the same dataset or on a version that it was made of. Of the newest 1,000 runs; error rates of other datasets are of other pictures.",
    query: journalQuerySchema,
    answer: json(journalSchema),
  }),
} as const;
