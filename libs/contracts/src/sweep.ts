// A sweep: training runs on one dataset version and split, from one start, that differ in rates, epochs and seed only. Its runs are
// ordinary models; the table is read off them whenever it is asked for.
import { z } from "zod";
import { datasetIdSchema, modelIdSchema, sha256Schema, sweepIdSchema } from "./ids.ts";
import { batchLimitsSchema, createModelSchema, lineageSchema } from "./model.ts";
import { problemCodeSchema } from "./problem.ts";
import { rateSchema, recipeSchema } from "./recipe.ts";
import { progressSchema, recordBase, stateSchema } from "./record.ts";

/** More is a plan for a week, or a slip. */
export const MAX_RUNS = 100;

const axisOf = <S extends z.ZodType>(value: S) =>
  z
    .array(value)
    .min(1)
    .max(MAX_RUNS)
    .refine((values) => new Set(values.map((one) => JSON.stringify(one))).size === values.length, {
      error: "names a value twice; repeats are asked for with `repeats`",
    })
    .optional();

export const createSweepSchema = z.strictObject({
  ...createModelSchema.shape,
  learningRates: axisOf(rateSchema).describe(
    "Tops of the schedule: of stage 1 where it is trained, else of stage 2's head, below which all layers have a tenth. Without rates or slices: 1e-3, 3e-3, 1e-2; or where only stage 2 is trained, three rates or slices around what a single run would take.",
  ),
  slices: axisOf(z.tuple([rateSchema, rateSchema])).describe(
    "Stage 2's rates as [lowest layers, head]; crossed with the other lists.",
  ),
  epochs: axisOf(z.int().min(1).max(1000)).describe("Of stage 1 where it is trained, else of stage 2."),
  repeats: z
    .int()
    .min(1)
    .max(MAX_RUNS)
    .default(1)
    .describe(`Runs of each combination, of seeds that follow the recipe's. At most ${MAX_RUNS} runs in all.`),
});
export type CreateSweep = z.infer<typeof createSweepSchema>;

/** One combination. What was not swept over is left out, epochs apart. */
export const sweepCellSchema = z.object({
  learningRate: z.number().optional(),
  slice: z.tuple([z.number(), z.number()]).optional(),
  epochs: z.int(),
});
export type SweepCell = z.infer<typeof sweepCellSchema>;

export const sweepSchema = z.object({
  id: sweepIdSchema,
  ...recordBase,
  dataset: z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema }),
  /** The same for every run. */
  split: z.object({ seed: z.int(), validFraction: z.number() }),
  classes: z.array(z.string()),
  from: lineageSchema.optional(),
  /** Of every run, but for what its cell and its seed say. */
  recipe: recipeSchema,
  repeats: z.int(),
  cells: z.array(sweepCellSchema),
  /** In the order in which they train. `cell` counts from 0. The ids are settled before any model is made. */
  runs: z.array(z.object({ cell: z.int(), seed: z.int(), model: modelIdSchema })),
  /** Its runs are being cancelled; when all have ended, so has it. */
  cancelRequested: z.boolean().optional(),
});
export type Sweep = z.infer<typeof sweepSchema>;

/** Over the repeats that are ready. The spread is their lowest and highest. */
const spreadSchema = z.object({ mean: z.number(), min: z.number(), max: z.number() });
export type Spread = z.infer<typeof spreadSchema>;

const runRowSchema = z.object({
  model: modelIdSchema,
  seed: z.int(),
  /** `waiting` for a model that is not made yet, `deleted` for one that is not there any more. */
  state: z.enum([...stateSchema.options, "waiting", "deleted"]),
  /** Of the last stage of a model that is ready, and the seconds of all its stages and of the finder. */
  errorRate: z.number().optional(),
  validLoss: z.number().optional(),
  seconds: z.number().optional(),
  error: problemCodeSchema.optional(),
  batchLimits: batchLimitsSchema
    .optional()
    .describe("Where the recipe's batch did not fit in memory: the pictures per step that this run was trained with."),
});
export type SweepRun = z.infer<typeof runRowSchema>;

export const sweepTableSchema = z.object({
  rows: z.array(
    z.object({
      ...sweepCellSchema.shape,
      errorRate: spreadSchema.optional(),
      validLoss: spreadSchema.optional(),
      /** Mean of a run. */
      seconds: z.number().optional(),
      runs: z.array(runRowSchema),
    }),
  ),
  /**
   * The row of the lowest mean error rate; of several the one of the lowest mean valid loss, then the first. Only rows of which
   * every repeat is ready count. Left out while there is none. `model` is the best of its runs by the same rule.
   */
  best: z
    .object({
      row: z.int(),
      model: modelIdSchema,
      /** Rows of the same mean error rate. */
      tied: z.array(z.int()),
      /** What chose it: an error rate lower than all others, or among equal ones the loss, or only the order. */
      by: z.enum(["error", "loss", "order"]),
    })
    .optional(),
});
export type SweepTable = z.infer<typeof sweepTableSchema>;

/** A sweep with what is known of its runs now. */
export const sweepViewSchema = sweepSchema.extend({ table: sweepTableSchema, progress: progressSchema.optional() });
export type SweepView = z.infer<typeof sweepViewSchema>;
