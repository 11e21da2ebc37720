// A dataset: an immutable version of "which pictures, of which class, on which side of the split", made from URL lists.
import { z } from "zod";
import { archiveEntrySchema, usedArchiveSchema } from "./archive.ts";
import { noteSchema } from "./describe.ts";
import { editCountsSchema } from "./edits.ts";
import { classNameSchema, datasetIdSchema, sha256Schema, uploadNameSchema } from "./ids.ts";
import { outcomeSchema } from "./outcomes.ts";
import { progressSchema, recordBase } from "./record.ts";

export const SPLITS = ["train", "valid", "test"] as const;
export const splitSchema = z.enum(SPLITS);
export type Split = z.infer<typeof splitSchema>;

/** The split's seed is fixed, and apart from the training seed, so that runs are compared on the same validation pictures. */
export const DEFAULT_SPLIT_SEED = 42;
export const MAX_INLINE_URLS = 10_000;
/** Signed URLs are long; what browsers and servers agree on ends well below twice this. */
export const MAX_URL_CHARACTERS = 4096;

const sourceFields = { class: classNameSchema.optional(), split: splitSchema.optional() };
/**
 * One list of URLs: inline, or an upload by name. Without `class`, the file's name without `urls_` and its ending is the class. Or an
 * uploaded archive of pictures, in which the folder above each is its class and one named train, valid or test its side of the split.
 */
export const datasetSourceSchema = z.union([
  z.strictObject({
    ...sourceFields,
    class: classNameSchema,
    urls: z.array(z.string().max(MAX_URL_CHARACTERS)).min(1).max(MAX_INLINE_URLS),
  }),
  z.strictObject({ ...sourceFields, upload: uploadNameSchema }),
]);
export type DatasetSource = z.infer<typeof datasetSourceSchema>;

export const datasetOptionsSchema = z.strictObject({
  /** Per class, take the first N listed; the rest are `skipped`. */
  maxImages: z.int().min(1).optional(),
  /** Fraction of each class's content groups that goes to valid. */
  validFraction: z.number().min(0.01).max(0.9).default(0.2),
  splitSeed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(DEFAULT_SPLIT_SEED),
  /** End `failed` with class_mostly_failed when more than this fraction of a class failed; 1 accepts anything. */
  maxFailedFraction: z.number().min(0).max(1).default(0.5),
});
export type DatasetOptions = z.infer<typeof datasetOptionsSchema>;

export const createDatasetSchema = z.strictObject({
  name: z.string().max(200).optional(),
  sources: z.array(datasetSourceSchema).min(1).max(1000),
  options: datasetOptionsSchema.prefault({}),
});
export type CreateDataset = z.infer<typeof createDatasetSchema>;

export const addToDatasetSchema = z.strictObject({
  /** Of the new version; its parent's when left out. */
  name: z.string().max(200).optional(),
  sources: z.array(datasetSourceSchema).min(1).max(1000),
});
export type AddToDataset = z.infer<typeof addToDatasetSchema>;

const outcomeCountsSchema = z.partialRecord(outcomeSchema, z.int().nonnegative());
export type OutcomeCounts = z.infer<typeof outcomeCountsSchema>;

export const classCountsSchema = z.object({
  class: z.string(),
  listed: z.int(),
  outcomes: outcomeCountsSchema,
  train: z.int(),
  valid: z.int(),
  test: z.int(),
  /** The real fraction: groups are whole and each side has at least one picture, so it differs from the one asked for. */
  validFraction: z.number(),
});
export type ClassCounts = z.infer<typeof classCountsSchema>;

export const datasetSchema = z.object({
  id: datasetIdSchema,
  ...recordBase,
  note: noteSchema.optional(),
  version: z.int().min(1),
  /** The version that this one was made of; its prepared pictures stay where they are. */
  parent: z.object({ id: datasetIdSchema, version: z.int().min(1), manifestSha256: sha256Schema }).optional(),
  /** Id of the key that asked for this version, or URSA_ADMIN_KEY; left out where Ursa runs without keys. */
  author: z.string().optional(),
  /**
   * The draft as it was committed, which is an object of its own, and how many items each action changed. `decisions` is the sha256 of
   * another: all that was said on the way, by whom and when. Earlier versions kept the last of each item alone.
   */
  edits: z.object({ sha256: sha256Schema, counts: editCountsSchema, decisions: sha256Schema.optional() }).optional(),
  /** Uploaded archives that rows of this version, or of an earlier one, came from. */
  archives: z.array(usedArchiveSchema).optional(),
  /** In order: a class's index is its label. */
  classes: z.array(z.string()).min(1),
  options: datasetOptionsSchema,
  /** All rows of the manifest. */
  listed: z.int().nonnegative(),
  /** Rows in this version's own shards, where those are not all that are listed. */
  planned: z.int().nonnegative().optional(),
  shards: z.int().nonnegative(),
  counts: z.object({ outcomes: outcomeCountsSchema, classes: z.array(classCountsSchema) }).optional(),
  manifest: z.object({ key: z.string(), sha256: sha256Schema, items: z.int() }).optional(),
  progress: progressSchema.optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** One row per listed URL: a line of a part, of the manifest, of the report, and an item of the items route. */
export const itemSchema = z.object({
  /** Position in the whole dataset, in the order listed; `key` is the same as text. */
  index: z.int().nonnegative(),
  key: z.string(),
  class: z.string(),
  url: z.string(),
  outcome: outcomeSchema,
  reason: z.string().optional(),
  /** Where the picture lies, of one that an uploaded archive has; its URL is `upload:NAME!PATH`. */
  entry: archiveEntrySchema.optional(),
  /** Where the URL stood: name of the list and line number from 1, or of the archive and the file's place among its files. */
  source: z.string(),
  line: z.int(),
  sha256: sha256Schema.optional(),
  perceptualHash: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  format: z.string().optional(),
  bytes: z.int().optional(),
  attempts: z.int().optional(),
  milliseconds: z.number().optional(),
  /** The prepared picture inside its tar shard. */
  prepared: z.object({ shard: z.string(), start: z.int(), end: z.int() }).optional(),
  split: splitSchema.optional(),
  /** Rank of the item's content group within its class, in [0, 1): valid is every rank below the valid fraction. */
  rank: z.number().optional(),
  /**
   * Of an item that is not in use: the side it goes to when it is. The one it had before a person removed it, or the one that
   * its list asked for.
   */
  reserved: z.object({ split: splitSchema, rank: z.number().optional() }).optional(),
  /** When a person last looked at it and let it stand, or gave it its class. */
  reviewedAt: z.iso.datetime().optional(),
  /** For `duplicate`, `label_conflict` and `removed`: the key of the item it repeats. */
  of: z.string().optional(),
});
export type Item = z.infer<typeof itemSchema>;

/** A picture that looks like another of its dataset. */
export const itemNeighbourSchema = z.object({
  item: itemSchema,
  /** Bits in which their perceptual hashes differ, of 64. */
  distance: z.int(),
  /** Of their features, where an inspection found it among those most like the item. */
  cosine: z.number().optional(),
});
export type ItemNeighbour = z.infer<typeof itemNeighbourSchema>;
