// The queue table: name, payload, attempts and back-off of every queue; nothing else defines them.
// Payloads are versioned and parsed on both sides; a field added later is optional while old jobs may still be in Redis.
import { z } from "zod";
import {
  datasetIdSchema,
  evaluationIdSchema,
  inspectionIdSchema,
  messageIdSchema,
  modelIdSchema,
  namespaceSchema,
  predictionIdSchema,
  regressionIdSchema,
  webhookIdSchema,
} from "./ids.ts";
import { webhookEventSchema } from "./webhook.ts";

/**
 * The latest, raised when workers of the version before could not do what a job asks; samples of every version stay in the tests.
 * A job has the version in which it came, so that workers of that version still do it: inspections and regressions came with 2, archives with 3,
 * shards that are begun early with 4.
 */
export const PAYLOAD_VERSION = 4;

/** Of jobs that every version has known. */
export const JOB_VERSION = 1;
/** Of inspections. */
export const INSPECT_VERSION = 2;
/** Of regressions. */
export const REGRESS_VERSION = 2;
/** Of jobs whose rows may lie in an archive: an earlier worker would take them for URLs. */
export const ARCHIVE_VERSION = 3;
/** Of a dataset's shards that are begun while its list is still read: its record may not be there yet. */
export const EARLY_VERSION = 4;

const newerSchema = z.looseObject({ v: z.int().gt(PAYLOAD_VERSION) });

/** Whether a later version of Ursa made this job: it waits for a worker of that version. */
export const isNewerPayload = (data: unknown): boolean => newerSchema.safeParse(data).success;

const shard = z.int().nonnegative();
const base = { v: z.literal(JOB_VERSION), namespace: namespaceSchema };

const rowsBase = { ...base, v: z.literal([JOB_VERSION, ARCHIVE_VERSION]) };

const fetchPayload = z.discriminatedUnion("target", [
  z.strictObject({
    ...{ ...base, v: z.literal([JOB_VERSION, ARCHIVE_VERSION, EARLY_VERSION]) },
    ...{ target: z.literal("dataset"), id: datasetIdSchema, shard },
  }),
  z.strictObject({ ...rowsBase, target: z.literal("prediction"), id: predictionIdSchema, shard }),
]);
const assemblePayload = z.strictObject({ ...rowsBase, id: datasetIdSchema });
/** What takes every core, one at a time; and regressions, which take none but stand in the same line. */
const trainPayload = z.union([
  z.strictObject({ ...base, id: modelIdSchema }),
  z.strictObject({ ...base, v: z.literal(INSPECT_VERSION), id: inspectionIdSchema }),
  z.strictObject({ ...base, v: z.literal(REGRESS_VERSION), id: regressionIdSchema }),
]);
const predictPayload = z.strictObject({ ...base, id: predictionIdSchema, shard });
const collectPayload = z.strictObject({ ...base, id: predictionIdSchema });
const evaluatePayload = z.strictObject({ ...base, id: evaluationIdSchema });
/** One message to one webhook, whose address and secret are not in it: jobs are shown to operators. */
const notifyPayload = z.strictObject({
  ...base,
  id: webhookIdSchema,
  message: messageIdSchema,
  event: webhookEventSchema,
});

type QueueType = { payload: z.ZodType; attempts: number; backoffMs: number };

/** One shard of a URL list, or of a batch of pictures, is at most this many rows. */
export const SHARD_ROWS = 256;

export const QUEUES = {
  fetch: { payload: fetchPayload, attempts: 4, backoffMs: 1000 },
  assemble: { payload: assemblePayload, attempts: 5, backoffMs: 1000 },
  train: { payload: trainPayload, attempts: 3, backoffMs: 5000 },
  predict: { payload: predictPayload, attempts: 4, backoffMs: 1000 },
  collect: { payload: collectPayload, attempts: 5, backoffMs: 1000 },
  evaluate: { payload: evaluatePayload, attempts: 5, backoffMs: 1000 },
  // Two to four hours: as long as a receiver may be away and still be told. Asking again soon serves nobody.
  notify: { payload: notifyPayload, attempts: 10, backoffMs: 30_000 },
} as const satisfies Record<string, QueueType>;

export type QueueName = keyof typeof QUEUES;
export type PayloadOf<N extends QueueName> = z.infer<(typeof QUEUES)[N]["payload"]>;
export const QUEUE_NAMES: readonly QueueName[] = [
  "fetch",
  "assemble",
  "train",
  "predict",
  "collect",
  "evaluate",
  "notify",
];
