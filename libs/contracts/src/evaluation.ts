// An evaluation: a finished model measured on labelled pictures. It changes neither the model nor what is trained on.
import { z } from "zod";
import { splitSchema } from "./dataset.ts";
import {
  datasetIdSchema,
  evaluationIdSchema,
  itemKeySchema,
  modelIdSchema,
  modelReferenceSchema,
  sha256Schema,
} from "./ids.ts";
import { stageNameSchema } from "./model.ts";
import { outcomeSchema } from "./outcomes.ts";
import { rankedSchema } from "./prediction.ts";
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
  /** Of the predicted class. Evaluations of earlier versions do not say this, nor the two that follow. */
  confidence: z.number().optional(),
  /** The side of the split that it was on for the model. */
  split: splitSchema.optional(),
  /** Every class with its probability, best first; the best five in `topLosses`. */
  predictions: rankedSchema.optional(),
});
export type EvaluatedItem = z.infer<typeof evaluatedItemSchema>;

/** Left out where it would be a division by zero: no picture was given this class, or none has it. */
const perClassSchema = z.object({
  class: z.string(),
  count: z.int(),
  predicted: z.int(),
  precision: z.number().optional(),
  recall: z.number().optional(),
  /** Harmonic mean of the two. */
  f1: z.number().optional(),
});

/** What is left when the model only answers at or above a confidence: `errorRate` is of the covered pictures, its interval 95 % (Wilson). */
const thresholdSchema = z.object({
  confidence: z.number(),
  covered: z.int(),
  coverage: z.number(),
  wrong: z.int(),
  errorRate: z.number().optional(),
  errorRateLow: z.number().optional(),
  errorRateHigh: z.number().optional(),
});
export type Threshold = z.infer<typeof thresholdSchema>;

/** Pictures whose confidence is above `from` and at most `to`: mean confidence beside the share that was right. Empty bins are left out. */
const reliabilityBinSchema = z.object({
  from: z.number(),
  to: z.number(),
  count: z.int(),
  confidence: z.number(),
  accuracy: z.number(),
});

const calibrationSchema = z.object({
  /** Expected calibration error over 15 bins of equal width: the mean of |confidence - accuracy|, by pictures. */
  expectedError: z.number(),
  bins: z.array(reliabilityBinSchema),
});
export type Calibration = z.infer<typeof calibrationSchema>;

/** What is measured on any set of pictures. */
export const measuredSchema = z.object({
  ...evaluationSummarySchema.shape,
  /** Row: the true class. Column: the predicted one. Both in the order of `classes`. */
  confusion: z.array(z.array(z.int())),
  /** Pairs that were confused at least once, the most frequent first. */
  mostConfused: z.array(z.object({ actual: z.string(), predicted: z.string(), count: z.int() })),
  perClass: z.array(perClassSchema),
  calibration: calibrationSchema.optional(),
  thresholds: z.array(thresholdSchema).optional(),
  /** The highest losses first, at most a hundred. */
  topLosses: z.array(evaluatedItemSchema),
  /** Pictures that could not be read, in the order listed, at most a hundred. */
  unreadItems: z.array(evaluatedItemSchema),
});
export type Measured = z.infer<typeof measuredSchema>;

/** Dividing the logits by it makes the validation pictures' loss least; above 1 the model is surer than it should be. */
export const temperatureSchema = z.object({
  value: z.number(),
  count: z.int(),
  lossBefore: z.number(),
  lossAfter: z.number(),
});
export type Temperature = z.infer<typeof temperatureSchema>;

/** evaluation.json */
export const evaluationResultSchema = z.object({
  format: z.literal(1),
  evaluationId: evaluationIdSchema,
  ...evaluatedFields,
  ...measuredSchema.shape,
  /** Of `split: all`: the same of each side that has pictures. Only `valid` and `test` say how well the model does on others. */
  sides: z.partialRecord(splitSchema, measuredSchema).optional(),
  /** Fitted on the validation pictures where they were evaluated and tell: with none of them wrong there is no least loss. */
  temperature: temperatureSchema.optional(),
});
export type EvaluationResult = z.infer<typeof evaluationResultSchema>;

export const EVALUATED_ORDERS = ["loss", "key"] as const;
/** A page ends where paging through losses would cost more than reading them all once. */
export const MOST_EVALUATED_ITEMS = 10_000;

export const evaluatedItemsQuerySchema = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  order: z.enum(EVALUATED_ORDERS).default("loss").describe("Highest loss first, or in the order listed."),
  split: splitSchema.optional(),
  class: z.string().max(128).optional().describe("The true one."),
  predicted: z.string().max(128).optional(),
  key: itemKeySchema.optional().describe("Only the item with this key."),
  wrong: z
    .stringbool()
    .optional()
    .describe("true: only pictures that were taken for another class; false: only the others."),
});
export type EvaluatedItemsQuery = z.infer<typeof evaluatedItemsQuerySchema>;

/** A model's stage on every picture of its own dataset, as far as that is known. */
export const interpretationSchema = z.object({
  evaluation: evaluationSchema,
  result: evaluationResultSchema.optional(),
});
export type Interpretation = z.infer<typeof interpretationSchema>;
