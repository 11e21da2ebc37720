// What differs between two versions of a dataset, as far as a model would see it: the pictures in use, and their classes.
import { z } from "zod";
import { datasetIdSchema } from "./ids.ts";
import { outcomeSchema } from "./outcomes.ts";

export const CHANGES = ["added", "removed", "relabelled", "restored"] as const;
export const changeSchema = z.enum(CHANGES);
export type Change = z.infer<typeof changeSchema>;

const versionSchema = z.object({ id: datasetIdSchema, version: z.int().min(1) });
const changedItemSchema = z.object({
  key: z.string(),
  change: changeSchema,
  class: z.string(),
  /** Its class before, where that is another. */
  was: z.string().optional(),
  url: z.string(),
  /** Now, with its reason. */
  outcome: outcomeSchema.optional(),
  reason: z.string().optional(),
});
export type ChangedItem = z.infer<typeof changedItemSchema>;

export const datasetDiffSchema = z.object({
  from: versionSchema,
  to: versionSchema,
  /** Of all items, whatever page this is. */
  counts: z.record(changeSchema, z.int().nonnegative()),
  items: z.array(changedItemSchema),
  next: z.string().optional(),
});
export type DatasetDiff = z.infer<typeof datasetDiffSchema>;

export const diffQuerySchema = z.strictObject({
  /** The parent when left out. */
  from: datasetIdSchema.optional(),
  cursor: z
    .string()
    .regex(/^\d{1,9}$/, "expected the next of an earlier page")
    .optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type DiffQuery = z.infer<typeof diffQuerySchema>;
