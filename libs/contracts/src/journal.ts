// The lab journal: one row per training run, with what was changed since the run before it. Derived from the records at each request.
import { z } from "zod";
import { datasetIdSchema, modelIdSchema, sweepIdSchema } from "./ids.ts";
import { lineageSchema, stageNameSchema } from "./model.ts";
import { stateSchema } from "./record.ts";

export const RUN_ORDERS = ["newest", "error"] as const;
export const runOrderSchema = z
  .enum(RUN_ORDERS)
  .describe("error: the lowest error rate first, of the newest 1,000; runs without one come last.");

/** Beyond these the error's order would cost more than it tells. */
export const MOST_JOURNAL_RUNS = 1000;

/** One thing that is another than in the run before; a side is left out where it has none. */
export const runChangeSchema = z.object({
  /** `dataset`, `from`, or a path in the recipe such as `stage1.epochs`. */
  field: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});
export type RunChange = z.infer<typeof runChangeSchema>;

export const journalRowSchema = z.object({
  model: modelIdSchema,
  name: z.string().optional(),
  note: z.string().optional(),
  state: stateSchema,
  createdAt: z.iso.datetime(),
  dataset: z.object({ id: datasetIdSchema, version: z.int() }),
  sweep: sweepIdSchema.optional(),
  /** Of the weights that were kept at the end of the last stage; while it trains, of the last epoch. */
  error: z
    .object({
      stage: stageNameSchema,
      errorRate: z.number(),
      /** 95 % (Wilson), where the epoch is known. */
      low: z.number().optional(),
      high: z.number().optional(),
      wrong: z.int().optional(),
      validCount: z.int().optional(),
    })
    .optional(),
  epochs: z.int(),
  from: lineageSchema.pick({ model: true, stage: true }).optional(),
  /** What the changes are told from: the run that it starts from, else the newest earlier one on this dataset or one it was made of. */
  parent: modelIdSchema.optional(),
  /** Empty where the same was trained again, and without a parent. */
  changes: z.array(runChangeSchema),
});
export type JournalRow = z.infer<typeof journalRowSchema>;

export const journalQuerySchema = z.strictObject({
  order: runOrderSchema.default("newest"),
  limit: z.coerce.number().int().min(1).max(MOST_JOURNAL_RUNS).default(200),
});
export const journalSchema = z.object({ items: z.array(journalRowSchema) });
