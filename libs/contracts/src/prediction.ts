// A prediction: one batch job that answers every input, in input order, with an outcome.
import { z } from "zod";
import { usedArchiveSchema } from "./archive.ts";
import { splitSchema } from "./dataset.ts";
import { heatMapSchema } from "./heat-map.ts";
import {
  datasetIdSchema,
  modelIdSchema,
  modelReferenceSchema,
  predictionIdSchema,
  sha256Schema,
  uploadNameSchema,
} from "./ids.ts";
import { outcomeSchema } from "./outcomes.ts";
import { progressSchema, recordBase } from "./record.ts";

export const predictionInputSchema = z.union([
  z
    .strictObject({
      dataset: datasetIdSchema,
      split: splitSchema.optional().describe("Left out: all sides of its split."),
      class: z.string().max(128).optional().describe("Left out: all classes."),
    })
    .describe("The stored pictures of a dataset."),
  z
    .strictObject({ urls: z.array(z.string().max(4096)).min(1).max(10_000) })
    .describe("Pictures to be fetched, answered in this order."),
  z
    .strictObject({ upload: uploadNameSchema })
    .describe("An uploaded list of URLs, or an uploaded zip or tar of pictures."),
]);
export type PredictionInput = z.infer<typeof predictionInputSchema>;

export const createPredictionSchema = z.strictObject({
  name: z.string().max(200).optional(),
  model: modelReferenceSchema
    .optional()
    .describe("A model's id, or an alias. Left out: the model of the alias marked default."),
  input: predictionInputSchema.describe(
    "What is answered: stored pictures, URLs, an uploaded list of them, or an uploaded archive of pictures.",
  ),
  tta: z
    .boolean()
    .default(false)
    .describe("Test-time augmentation: steadier answers from nine views of each picture, at nine times the work."),
});
export type CreatePrediction = z.infer<typeof createPredictionSchema>;

export const predictionSchema = z.object({
  id: predictionIdSchema,
  ...recordBase,
  model: modelIdSchema,
  alias: z.string().optional(),
  classes: z.array(z.string()),
  tta: z.boolean().optional(),
  /** `items`: pictures already stored. `urls`: pictures that the downloader fetches first, or takes out of an archive. */
  source: z.enum(["items", "urls"]),
  dataset: datasetIdSchema.optional(),
  archives: z.array(usedArchiveSchema).optional(),
  inputs: z.int().nonnegative(),
  shards: z.int().nonnegative(),
  counts: z
    .object({ outcomes: z.partialRecord(outcomeSchema, z.int()), classes: z.record(z.string(), z.int()) })
    .optional(),
  results: z.object({ key: z.string(), sha256: sha256Schema, rows: z.int() }).optional(),
  progress: progressSchema.optional(),
});
export type Prediction = z.infer<typeof predictionSchema>;

/** Every class with its probability, best first. */
export const rankedSchema = z.array(z.tuple([z.string(), z.number()]));
export type Ranked = z.infer<typeof rankedSchema>;

export const predictionRowSchema = z.object({
  index: z.int().nonnegative(),
  /** What was asked: a URL, the path within an archive, or the key of a dataset item. */
  input: z.string(),
  outcome: outcomeSchema,
  reason: z.string().optional(),
  class: z.string().optional(),
  probability: z.number().optional(),
  predictions: rankedSchema.optional(),
});
export type PredictionRow = z.infer<typeof predictionRowSchema>;

/** The answer of classify and classify-url: the lesson's `predictions`, and what a caller in production wants to know beside it. */
export const classificationSchema = z.object({
  predictions: rankedSchema,
  class: z.string(),
  index: z.int(),
  model: modelIdSchema,
  alias: z.string().optional(),
  /** What spoke for the class, where it was asked for. */
  heatMap: heatMapSchema.optional(),
  milliseconds: z.object({
    fetch: z.number().optional(),
    decode: z.number(),
    model: z.number(),
    heatMap: z.number().optional(),
    total: z.number(),
  }),
});
export type Classification = z.infer<typeof classificationSchema>;
