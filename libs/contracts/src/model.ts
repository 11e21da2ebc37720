// A model: one training run of a recipe on a dataset version, its history and its artifacts.
import { z } from "zod";
import { datasetIdSchema, modelIdSchema, sha256Schema } from "./ids.ts";
import { progressSchema, recordBase } from "./record.ts";

export const BACKBONES = ["efficientnet_lite0"] as const;
export const STAGES = ["stage-1"] as const;
export const stageNameSchema = z.enum(STAGES);
export type StageName = z.infer<typeof stageNameSchema>;

/** The lesson's defaults: head only, 4 epochs of one-cycle at 3e-3. */
const stage1Schema = z.strictObject({
  epochs: z.int().min(1).max(1000).default(4),
  /** Top of the one-cycle schedule. */
  learningRate: z.number().positive().max(10).default(3e-3),
  /** `auto`: 64, or 32 below 320 training pictures (few steps train badly). */
  batchSize: z.union([z.literal("auto"), z.int().min(2).max(1024)]).default("auto"),
});

export const recipeSchema = z.strictObject({
  backbone: z.enum(BACKBONES).default("efficientnet_lite0"),
  /** Side of the square input in pixels. */
  size: z.int().min(64).max(256).multipleOf(32).default(224),
  /** Seed of initialisation, shuffling, dropout and augmentation. */
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42),
  augment: z.boolean().default(true),
  /** Off: the body starts from random weights, which stage 1 does not train. */
  pretrained: z.boolean().default(true),
  dropout: z.number().min(0).max(0.95).default(0.5),
  weightDecay: z.number().min(0).max(1).default(0.01),
  /** Re-cuts the dataset's ranking for this run only. */
  validFraction: z.number().min(0.01).max(0.9).optional(),
  stage1: stage1Schema.prefault({}),
});
export type Recipe = z.infer<typeof recipeSchema>;

export const createModelSchema = z.strictObject({
  name: z.string().max(200).optional(),
  dataset: datasetIdSchema,
  recipe: recipeSchema.prefault({}),
});
export type CreateModel = z.infer<typeof createModelSchema>;

/** Losses are mean softmax cross-entropy in nats; rates are fractions; the interval is 95 % (Wilson). */
export const epochRowSchema = z.object({
  stage: stageNameSchema,
  /** From 1. */
  epoch: z.int().min(1),
  /** Mean over the epoch as the optimizer saw it: with dropout, augmentation and moving weights. */
  trainLoss: z.number(),
  /** On the same pictures in evaluation mode, with the epoch's final weights. */
  trainLossEval: z.number(),
  validLoss: z.number(),
  errorRate: z.number(),
  wrong: z.int(),
  validCount: z.int(),
  errorRateLow: z.number(),
  errorRateHigh: z.number(),
  learningRate: z.number(),
  seconds: z.number(),
});
export type EpochRow = z.infer<typeof epochRowSchema>;

export const artifactSchema = z.object({
  stage: stageNameSchema,
  name: z.enum(["model.onnx", "weights.safetensors", "model.json"]),
  key: z.string(),
  bytes: z.int(),
  sha256: sha256Schema,
});
export type Artifact = z.infer<typeof artifactSchema>;

/** A pointer to immutable checkpoint bytes; the newest is last and the one before it is kept to fall back to. */
export const checkpointPointerSchema = z.object({
  stage: stageNameSchema,
  epoch: z.int(),
  fence: z.int(),
  key: z.string(),
  sha256: sha256Schema,
});
export type CheckpointPointer = z.infer<typeof checkpointPointerSchema>;

export const modelSchema = z.object({
  id: modelIdSchema,
  ...recordBase,
  dataset: z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema }),
  recipe: recipeSchema,
  classes: z.array(z.string()),
  epochs: z.array(epochRowSchema),
  checkpoints: z.array(checkpointPointerSchema),
  stages: z.array(
    z.object({ name: stageNameSchema, errorRate: z.number(), validLoss: z.number(), seconds: z.number() }),
  ),
  artifacts: z.array(artifactSchema),
  progress: progressSchema.optional(),
});
export type Model = z.infer<typeof modelSchema>;

export const historySchema = z.object({ epochs: z.array(epochRowSchema) });
export const artifactsSchema = z.object({ items: z.array(artifactSchema) });
