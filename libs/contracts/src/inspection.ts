// An inspection: what is worth a look in a dataset before anything is trained on it. It changes nothing of the dataset.
import { z } from "zod";
import { datasetIdSchema, inspectionIdSchema, itemKeySchema, sha256Schema } from "./ids.ts";
import { progressSchema, recordBase } from "./record.ts";
import { nearDuplicateSchema, nearItemSchema, noisyPairSchema, suspectSchema, suspicionSchema } from "./suspect.ts";

export const createInspectionSchema = z.strictObject({
  name: z.string().max(200).optional(),
  dataset: datasetIdSchema,
});
export type CreateInspection = z.infer<typeof createInspectionSchema>;

export const inspectionSummarySchema = z.object({
  /** Usable pictures that were looked at. */
  count: z.int(),
  /** Of them, those worth a look. */
  suspects: z.int(),
  /** How many have each suspicion; one picture may have several. */
  suspicions: z.partialRecord(suspicionSchema, z.int()),
  /** Pictures that could not be read, and so were not looked at. */
  unread: z.int(),
  /** The surest first. Inspections of earlier versions say this in their result alone. */
  directionalNoise: z.array(noisyPairSchema).optional(),
});
export type InspectionSummary = z.infer<typeof inspectionSummarySchema>;

const inspectedFields = {
  dataset: z.object({ id: datasetIdSchema, version: z.int(), manifestSha256: sha256Schema }),
  classes: z.array(z.string()),
};

export const inspectionSchema = z.object({
  id: inspectionIdSchema,
  ...recordBase,
  ...inspectedFields,
  summary: inspectionSummarySchema.optional(),
  result: z.object({ key: z.string(), bytes: z.int(), sha256: sha256Schema }).optional(),
  progress: progressSchema.optional(),
});
export type Inspection = z.infer<typeof inspectionSchema>;

/** inspection.json */
export const inspectionResultSchema = z.object({
  format: z.literal(1),
  inspectionId: inspectionIdSchema,
  ...inspectedFields,
  ...inspectionSummarySchema.shape,
  /** Confident learning: row the label given, column the class believed; both in the order of `classes`. */
  confidentJoint: z.array(z.array(z.int())),
  directionalNoise: z.array(noisyPairSchema),
  nearDuplicates: z.array(nearDuplicateSchema),
  /** By an item's key: the items that are most like it, copies apart, at most five, the nearest first. Earlier versions do not say this. */
  nearest: z.record(itemKeySchema, z.array(nearItemSchema)).optional(),
  /** The most worth looking at first. */
  worthALook: z.array(suspectSchema),
});
export type InspectionResult = z.infer<typeof inspectionResultSchema>;
