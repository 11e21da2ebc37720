// Edits of a dataset: what a person says of single items. They gather in the dataset's draft and become a new version when it is committed.
import { z } from "zod";
import { classNameSchema, datasetIdSchema, itemKeySchema } from "./ids.ts";

export const EDIT_ACTIONS = ["keep", "delete", "relabel", "restore", "same"] as const;
export const editActionSchema = z.enum(EDIT_ACTIONS);
export type EditAction = z.infer<typeof editActionSchema>;

/** Enough for a whole class at once; more come in several requests. */
export const MAX_EDITS = 10_000;

const key = itemKeySchema;
/**
 * `keep`: a person has looked, and it stays as it is, in use or in `label_conflict`. `delete`: not to be used. `relabel`: it is of that
 * class. `restore`: as it is in this version, or back from `removed` or `label_conflict`. `same`: it is the same picture as `of`,
 * which stays.
 */
export const editSchema = z.discriminatedUnion("action", [
  z.strictObject({ action: z.literal("keep"), key }),
  z.strictObject({ action: z.literal("delete"), key }),
  z.strictObject({ action: z.literal("relabel"), key, class: classNameSchema }),
  z.strictObject({ action: z.literal("restore"), key }),
  z.strictObject({ action: z.literal("same"), key, of: key }),
]);
export type Edit = z.infer<typeof editSchema>;

export const editDatasetSchema = z.strictObject({
  edits: z.array(editSchema).min(1).max(MAX_EDITS),
  /** Whether `relabel` may name a class that the dataset does not have. */
  allowNewClasses: z.boolean().default(false),
});
export type EditDataset = z.infer<typeof editDatasetSchema>;

/** An edit as the draft keeps it: the last of its item. */
export const loggedEditSchema = z.object({
  key,
  action: editActionSchema,
  class: z.string().optional(),
  of: key.optional(),
  /** Id of the key that was sent, or URSA_ADMIN_KEY; left out where Ursa runs without keys. */
  by: z.string().optional(),
  at: z.iso.datetime(),
});
export type LoggedEdit = z.infer<typeof loggedEditSchema>;

/** A draft as it is stored: what holds for each item, and everything that was said, also what was said otherwise later. */
export type DraftLog = {
  /** Oldest first, one per item. */
  edits: LoggedEdit[];
  /** Oldest first, only ever added to; of an edit that was there already the first alone. */
  decisions: LoggedEdit[];
};

export const editCountsSchema = z.partialRecord(editActionSchema, z.int().nonnegative());
export type EditCounts = z.infer<typeof editCountsSchema>;

export const draftSchema = z.object({
  dataset: datasetIdSchema,
  counts: editCountsSchema,
  /** Oldest first, one per item. */
  edits: z.array(loggedEditSchema),
  /** Everything that was said, oldest first, also what was said otherwise or taken back later. Not in the answer to an edit. */
  decisions: z.array(loggedEditSchema).optional(),
});
export type Draft = z.infer<typeof draftSchema>;

/** Of a commit, and of a retry. */
export const commitDatasetSchema = z.strictObject({
  /** Of the new version; its parent's when left out. */
  name: z.string().max(200).optional(),
});
export type CommitDataset = z.infer<typeof commitDatasetSchema>;
