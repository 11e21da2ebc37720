// An evaluation: a finished model measured on labelled pictures. It changes neither the model nor what is trained on.
import { z } from "zod";
import { splitSchema } from "./dataset.ts";
import { datasetIdSchema, evaluationIdSchema, modelIdSchema, modelReferenceSchema, sha256Schema } from "./ids.ts";
import { stageNameSchema } from "./model.ts";
import { outcomeSchema } from "./outcomes.ts";
import { progressSchema, recordBase } from "./record.ts";

/** One side of the dataset's split, or every usable picture. */
export const evaluatedSplitSchema = z.enum([...splitSchema.options, "all"]);
export type EvaluatedSplit = z.infer<typeof evaluatedSplitSchema>;

export const createEvaluationSchema = z.strictObject({
  name: z.string().max(200).optional(),
  model: modelReferenceSchema.describe("A model's id, or an alias."),
  stage: stageNameSchema.optional().describe("Left out: the latest finished one."),
  dataset: datasetIdSchema.describe(
    "Of classes that the model knows; it may be the one that the model was trained on.",
  ),
  split: evaluatedSplitSchema
    .optional()
    .describe("Left out: test where the dataset has test pictures, else valid. all: every usable picture."),
  tta: z
    .boolean()
    .default(false)
    .describe("Test-time augmentation: answers from nine views of each picture, at nine times the work."),
});
export type CreateEvaluation = z.infer<typeof createEvaluationSchema>;

/** The error rate is a fraction and its interval 95 % (Wilson); the loss is mean plain cross-entropy in nats. */
export const evaluationSummarySchema = z.object({
  /** Pictures that were answered; all numbers are about these. */
  count: z.int().positive(),
  wrong: z.int().nonnegative(),
  errorRate: z.number(),
  errorRateLow: z.number(),
  errorRateHigh: z.number(),
  loss: z.number(),
  /** Pictures that could not be read, by outcome. */
  unread: z.partialRecord(outcomeSchema, z.int()),
});
export type EvaluationSummary = z.infer<typeof evaluationSummarySchema>;

const evaluatedFields = {
  model: modelIdSchema,
  stage: stageNameSchema,
  dataset: z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema }),
  split: evaluatedSplitSchema,
  /** Where the model's own run cut this dataset's split anew: the same cut, so that `valid` is what it did not train on. */
  validFraction: z.number().optional(),
  tta: z.boolean(),
  /** The model's, in the order of its answers. */
  classes: z.array(z.string()),
};

export const evaluationSchema = z.object({
  id: evaluationIdSchema,
  ...recordBase,
  ...evaluatedFields,
  alias: z.string().optional(),
  summary: evaluationSummarySchema.optional(),
  result: z.object({ key: z.string(), bytes: z.int(), sha256: sha256Schema }).optional(),
  progress: progressSchema.optional(),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

/** One picture of the evaluated split, and what the model said of it. */
export const evaluatedItemSchema = z.object({
  /** The item's in its dataset: its picture is at /v1/datasets/{id}/items/{key}/image. */
  key: z.string(),
  class: z.string(),
  url: z.string(),
  /** Where the URL stood: name of the list and line number from 1. */
  source: z.string(),
  line: z.int(),
  outcome: outcomeSchema,
  reason: z.string().optional(),
  /** The three that follow are there where the outcome is ok. */
  predicted: z.string().optional(),
  /** Of the true class. */
  probability: z.number().optional(),
  /** Plain cross-entropy: -ln of that probability, at most 87.34 (the smallest normal float32). */
  loss: z.number().optional(),
});
export type EvaluatedItem = z.infer<typeof evaluatedItemSchema>;

/** Left out where it would be a division by zero: no picture was given this class, or none has it. */
const perClassSchema = z.object({
  class: z.string(),
  count: z.int(),
  predicted: z.int(),
  precision: z.number().optional(),
  recall: z.number().optional(),
});

/** evaluation.json */
export const evaluationResultSchema = z.object({
  format: z.literal(1),
  evaluationId: evaluationIdSchema,
  ...evaluatedFields,
  ...evaluationSummarySchema.shape,
  /** Row: the true class. Column: the predicted one. Both in the order of `classes`. */
  confusion: z.array(z.array(z.int())),
  /** Pairs that were confused at least once, the most frequent first. */
  mostConfused: z.array(z.object({ actual: z.string(), predicted: z.string(), count: z.int() })),
  perClass: z.array(perClassSchema),
  /** The highest losses first, at most a hundred. */
  topLosses: z.array(evaluatedItemSchema),
  /** Pictures that could not be read, in the order listed, at most a hundred. */
  unreadItems: z.array(evaluatedItemSchema),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;
