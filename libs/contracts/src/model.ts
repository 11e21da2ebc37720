// A model: one training run of a recipe on a dataset version, its history and its artifacts.
import { z } from "zod";
import { noteSchema } from "./describe.ts";
import {
  datasetIdSchema,
  evaluationIdSchema,
  modelIdSchema,
  sha256Schema,
  stageReferenceSchema,
  sweepIdSchema,
} from "./ids.ts";
import { PHASES, recipeSchema } from "./recipe.ts";
import { progressSchema, recordBase } from "./record.ts";
import { requestedRecipeSchema } from "./requested-recipe.ts";

export const STAGES = ["stage-1", "stage-2"] as const;
export const stageNameSchema = z.enum(STAGES);
export type StageName = z.infer<typeof stageNameSchema>;

/** What computes training steps. */
export const ENGINES = ["compiled", "native", "native-gpu"] as const;
export const engineNameSchema = z.enum(ENGINES);
export type EngineName = z.infer<typeof engineNameSchema>;

export const createModelSchema = z.strictObject({
  name: z.string().max(200).optional(),
  dataset: datasetIdSchema,
  recipe: requestedRecipeSchema.prefault({}),
  from: stageReferenceSchema
    .optional()
    .describe(
      "A trained stage to start from instead of the pretrained weights: mdl_01J…@stage-1, or the id alone for the last. Of the same backbone; where the classes are others, stage-1 begins a new head.",
    ),
});
export type CreateModel = z.infer<typeof createModelSchema>;

/** Null where the run diverged so far that its loss is no finite number: JSON has no NaN. */
const lossSchema = z.number().nullable();

/** Losses are mean softmax cross-entropy in nats; rates are fractions; the interval is 95 % (Wilson). */
export const epochRowSchema = z.object({
  stage: stageNameSchema,
  /** From 1. */
  epoch: z.int().min(1),
  /** Mean over the epoch as the optimizer saw it: with dropout, augmentation and moving weights. */
  trainLoss: lossSchema,
  /** On the same pictures in evaluation mode, with the epoch's final weights. */
  trainLossEval: lossSchema,
  /** Of the training pictures that were measured in evaluation mode. Runs of earlier versions do not say. */
  trainWrong: z.int().optional(),
  trainCount: z.int().optional(),
  validLoss: lossSchema,
  /** Of the valid loss as a mean over pictures; not of a loss that is no number. Runs of earlier versions do not say. */
  validLossError: z.number().optional(),
  errorRate: z.number(),
  wrong: z.int(),
  /** Validation pictures taken for another class, by their true one, in the order of the classes. Runs of earlier versions do not say. */
  wrongByClass: z.array(z.int()).optional(),
  validCount: z.int(),
  errorRateLow: z.number(),
  errorRateHigh: z.number(),
  learningRate: z.number(),
  /**
   * Of all gradients together, before they were clipped: the mean over the steps of the epoch, and the largest. Null is no number. Runs of earlier
   * versions do not say.
   */
  gradientNorm: z.object({ mean: z.number().nullable(), largest: z.number().nullable() }).optional(),
  /** Of the optimizer, from the beginning of the stage to the end of this epoch. Runs of earlier versions do not say. */
  steps: z.int().optional(),
  seconds: z.number(),
});
export type EpochRow = z.infer<typeof epochRowSchema>;

export const artifactSchema = z.object({
  stage: stageNameSchema,
  /** Models of earlier versions have no explain.onnx. */
  name: z.enum(["model.onnx", "explain.onnx", "weights.safetensors", "model.json"]),
  key: z.string(),
  bytes: z.int(),
  sha256: sha256Schema,
});
export type Artifact = z.infer<typeof artifactSchema>;

/** A pointer to immutable checkpoint bytes; the newest is last and the one before it is kept to fall back to. */
export const checkpointPointerSchema = z.object({
  stage: stageNameSchema,
  /** Of the learning-rate finder before the stage; left out of the stage's own. */
  phase: z.literal("lr-find").optional(),
  /** Finished epochs. */
  epoch: z.int(),
  /** Batches of the epoch after them; left out between two epochs. */
  batch: z.int().min(1).optional(),
  fence: z.int(),
  key: z.string(),
  sha256: sha256Schema,
});
export type CheckpointPointer = z.infer<typeof checkpointPointerSchema>;

/** What the learning-rate finder saw. Losses are of single batches, and smoothed. */
export const finderSchema = z.object({
  /** What it trained at growing rates: the head on a frozen body, or the whole network. */
  layers: z.enum(["head", "all"]).default("all"),
  points: z.array(z.object({ learningRate: z.number(), loss: z.number(), smoothedLoss: z.number() })),
  /** Left out when the loss burst before there was a slope. */
  suggestions: z.object({ valley: z.number(), steepest: z.number() }).optional(),
  seconds: z.number(),
});
export type Finder = z.infer<typeof finderSchema>;

/** The stage whose weights a run started from, as they were then: its model may be deleted since. */
export const lineageSchema = z.object({
  model: modelIdSchema,
  stage: stageNameSchema,
  /** Of its weights.safetensors. */
  key: z.string(),
  sha256: sha256Schema,
  /** Of the same classes in the same order the head goes on; else a new one begins. */
  head: z.enum(["kept", "new"]),
  /** The rate that its head was trained at, and what its finder said of the network with these very weights: for stage 2. */
  stage1Rate: z.number().optional(),
  finder: finderSchema.pick({ suggestions: true }).optional(),
});
export type Lineage = z.infer<typeof lineageSchema>;

/** The head trained anew on parts of the training pictures, with as many steps; smallest first, the whole last. */
export const learningCurveSchema = z.array(
  z.object({ fraction: z.number(), trainCount: z.int(), wrong: z.int(), validCount: z.int() }),
);
export type LearningCurve = z.infer<typeof learningCurveSchema>;

/** The model of another Ursa, or of this one, that this one is a copy of. Its dataset is that other model's. */
export const importedSchema = z.object({
  model: modelIdSchema,
  stage: stageNameSchema,
  archiveSha256: sha256Schema,
  /** The stage that the other model started from, where it started from one. */
  from: lineageSchema.pick({ model: true, stage: true, sha256: true }).optional(),
});

/** Records of earlier versions name no phases: they have a second stage or they do not. */
const withPhases = (recipe: unknown) =>
  typeof recipe === "object" && recipe !== null && !("phases" in recipe)
    ? { ...recipe, phases: "stage2" in recipe ? PHASES : ["stage-1"] }
    : recipe;

/** Where the recipe's batch did not fit in memory: what is used instead. */
export const batchLimitsSchema = z.partialRecord(stageNameSchema, z.int().min(1));

export const modelSchema = z.object({
  id: modelIdSchema,
  ...recordBase,
  /** What a person wrote on it. */
  note: noteSchema.optional(),
  dataset: z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema }),
  recipe: z.preprocess(withPhases, recipeSchema),
  from: lineageSchema.optional(),
  imported: importedSchema.optional(),
  /** The sweep that it is a run of. */
  sweep: sweepIdSchema.optional(),
  classes: z.array(z.string()),
  epochs: z.array(epochRowSchema),
  checkpoints: z.array(checkpointPointerSchema),
  stages: z.array(
    z.object({
      ...{ name: stageNameSchema, errorRate: z.number(), validLoss: z.number(), seconds: z.number() },
      /** What computed its steps, in order. Left out by earlier versions, which had one. */
      engines: z.array(engineNameSchema).optional(),
      /** How many there were by class, in the order of the classes. Left out by earlier versions. */
      pictures: z.object({ train: z.array(z.int()), valid: z.array(z.int()) }).optional(),
      /** Of stage 1, where the recipe asked for it. */
      learningCurve: learningCurveSchema.optional(),
    }),
  ),
  artifacts: z.array(artifactSchema),
  finder: finderSchema.optional(),
  /** The evaluation of each stage on all of its dataset, once somebody asked for it; it may be deleted since. */
  interpretations: z.partialRecord(stageNameSchema, evaluationIdSchema).optional(),
  batchLimits: batchLimitsSchema.optional(),
  /** How the run departed from its recipe, and why. */
  notes: z.array(z.string()).optional(),
  progress: progressSchema.optional(),
});
export type Model = z.infer<typeof modelSchema>;

export const historySchema = z.object({ epochs: z.array(epochRowSchema) });
export const artifactsSchema = z.object({ items: z.array(artifactSchema) });
