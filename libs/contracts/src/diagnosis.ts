// A diagnosis: what seems to have gone wrong with a training run, with what was seen, how sure that is, and the one change to try.
import { z } from "zod";
import { datasetIdSchema, modelIdSchema, stageReferenceSchema } from "./ids.ts";
import { stageNameSchema } from "./model.ts";
import { recipeSchema } from "./recipe.ts";

/** In the order in which they are told: what has to be mended first comes first. */
export const FINDING_CODES = [
  "learning_rate_too_high",
  "learning_rate_too_low",
  "too_few_epochs",
  "overfitting",
  "too_little_data",
  "class_imbalance",
  "leakage",
  "label_noise",
] as const;
export const findingCodeSchema = z.enum(FINDING_CODES);
export type FindingCode = z.infer<typeof findingCodeSchema>;

/**
 * `certain`: it is so by the numbers alone, such as a loss that is none. `likely`: beyond what chance does in one of twenty
 * such runs. `possible`: the pattern is there, and something else may make the same.
 */
export const sureSchema = z.enum(["certain", "likely", "possible"]);
export type Sure = z.infer<typeof sureSchema>;

/** The fields of the recipe that are to be others; all else stays. */
export const recipeChangeSchema = z.object({
  oversample: z.boolean().optional(),
  stage1: z.object({ epochs: z.int().optional(), learningRate: z.number().optional() }).optional(),
  stage2: z
    .object({
      epochs: z.int().optional(),
      rates: z.object({ lower: z.number().optional(), upper: z.number() }).optional(),
    })
    .optional(),
});
export type RecipeChange = z.infer<typeof recipeChangeSchema>;

export const changeSchema = z.object({
  says: z.string(),
  /** Left out where it is the pictures that are to change, and with it the two that follow. */
  recipe: recipeChangeSchema.optional(),
  /** The body of POST /v1/models that starts the run. */
  run: z.object({ dataset: datasetIdSchema, from: stageReferenceSchema.optional(), recipe: recipeSchema }).optional(),
  /** The same on the command line; where it is the pictures, what to look through or to add. */
  command: z.string().optional(),
});
export type Change = z.infer<typeof changeSchema>;

export const findingSchema = z.object({
  code: findingCodeSchema,
  /** Left out where it is about the pictures. */
  stage: stageNameSchema.optional(),
  sure: sureSchema,
  /** In words, with the numbers. */
  saw: z.string(),
  /** The numbers by name. Losses are in nats and rates fractions; null is a loss that is no number. */
  evidence: z.record(z.string(), z.number().nullable()),
  change: changeSchema,
});
export type Finding = z.infer<typeof findingSchema>;

export const diagnosisSchema = z.object({
  model: modelIdSchema,
  /** The last stage that finished an epoch: the rules look at this one. */
  stage: stageNameSchema.optional(),
  findings: z.array(findingSchema),
  /** What could not be looked for, what is lacking, and how to supply it. */
  notJudged: z.array(
    z.object({ code: findingCodeSchema, lacks: z.string(), remedy: z.string(), command: z.string().optional() }),
  ),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;

export const diagnosisQuerySchema = z.strictObject({
  targetError: z.coerce
    .number()
    .gt(0)
    .lt(1)
    .optional()
    .describe("The error rate that you would be content with, such as 0.02: above it there may be too little data."),
});
