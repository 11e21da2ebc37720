// What the trainer and its training child say to each other over IPC; parsed on both sides.
// Every message of the child is numbered and answered with `done` once the trainer has acted on it, so the child can wait for a commit.

import { inspectionIdSchema, modelIdSchema, namespaceSchema } from "@ursa/contracts/ids";
import { inspectionSchema } from "@ursa/contracts/inspection";
import {
  artifactSchema,
  checkpointPointerSchema,
  engineNameSchema,
  epochRowSchema,
  finderSchema,
  modelSchema,
  stageNameSchema,
} from "@ursa/contracts/model";
import { problemCodeSchema } from "@ursa/contracts/problem";
import { progressSchema } from "@ursa/contracts/record";
import { CHECKPOINT_FAILURES } from "@ursa/service/model-metrics";
import { z } from "zod";

export const startSchema = z.strictObject({
  owner: z.strictObject({ namespace: namespaceSchema, id: z.union([modelIdSchema, inspectionIdSchema]) }),
  fence: z.int().positive(),
  /** An empty folder of the child's own; the trainer removes it when the child has ended. */
  workDir: z.string(),
  engine: engineNameSchema,
});
export type Start = z.infer<typeof startSchema>;

export const childMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("alive"), rssBytes: z.number() }),
  z.strictObject({ type: z.literal("progress"), progress: progressSchema }),
  z.strictObject({ type: z.literal("log"), message: z.string().max(2000) }),
  /** The batch that a stage is about to be trained with. */
  z.strictObject({ type: z.literal("batch"), stage: stageNameSchema, batchSize: z.int().min(1) }),
  /** The checkpoint's bytes are in the store already; only the pointer and the row are still to be recorded. */
  z.strictObject({
    type: z.literal("epoch"),
    row: epochRowSchema,
    checkpoint: checkpointPointerSchema,
    trainCount: z.int(),
  }),
  /** Where a run is within an epoch or in the finder: it stops, or a kill would cost much. The bytes are in the store already. */
  z.strictObject({ type: z.literal("checkpoint"), checkpoint: checkpointPointerSchema }),
  /** How storing a checkpoint, or reading one back, went. */
  z.strictObject({ type: z.literal("checkpoint-stored"), bytes: z.int(), seconds: z.number() }),
  z.strictObject({ type: z.literal("checkpoint-failed"), reason: z.enum(CHECKPOINT_FAILURES) }),
  z.strictObject({ type: z.literal("found"), finder: finderSchema }),
  /** The artifacts' bytes are in the store already. */
  z.strictObject({
    type: z.literal("stage"),
    stage: modelSchema.shape.stages.element,
    artifacts: z.array(artifactSchema).min(1),
  }),
  /** What an inspection found: its bytes are in the store already. */
  z.strictObject({
    type: z.literal("inspected"),
    summary: inspectionSchema.shape.summary.unwrap(),
    result: inspectionSchema.shape.result.unwrap(),
  }),
  /** After the last phase. */
  z.strictObject({ type: z.literal("finished") }),
  /** The record is another worker's: the child has written nothing. */
  z.strictObject({ type: z.literal("superseded"), message: z.string() }),
  z.strictObject({ type: z.literal("failed"), code: problemCodeSchema, message: z.string() }),
]);
export type ChildMessage = z.infer<typeof childMessageSchema>;
export const numberedSchema = z.strictObject({ number: z.int(), message: childMessageSchema });

export const parentMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("start"), start: startSchema }),
  z.strictObject({ type: z.literal("done"), number: z.int() }),
  /** End at the next batch, leave a checkpoint and exit with 0. */
  z.strictObject({ type: z.literal("stop") }),
]);
export type ParentMessage = z.infer<typeof parentMessageSchema>;
