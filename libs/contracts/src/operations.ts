// What operators ask and are told: queues and who works on them, checks with their remedies, garbage, restored records.
import { z } from "zod";
import { QUEUE_NAMES } from "./queues.ts";

const queueSchema = z.object({
  queue: z.enum(QUEUE_NAMES),
  /** Workers finish what they have and take nothing new. */
  paused: z.boolean(),
  /** Those that wait for their turn by priority are counted too. */
  waiting: z.int(),
  active: z.int(),
  /** They wait for a time: after a failure, for a store that is away, or for a later version's worker. */
  delayed: z.int(),
  /** Kept for a week for people to look at. */
  failed: z.int(),
  /** Since when the job that waits longest waits; 0 when none does. */
  oldestSeconds: z.number(),
  /** Connected workers. */
  workers: z.array(z.object({ host: z.string(), version: z.string() })),
});
export type QueueView = z.infer<typeof queueSchema>;

export const operationsStatusSchema = z.object({
  /** Of the API that answers. */
  version: z.string(),
  queues: z.array(queueSchema),
});

export const drainSchema = z.strictObject({
  /** False lets workers take jobs again. */
  paused: z.boolean(),
  /** All queues when left out. */
  queues: z.array(z.enum(QUEUE_NAMES)).min(1).optional(),
});

const findingSchema = z.object({
  check: z.string(),
  state: z.enum(["ok", "warning", "fault"]),
  /** What was found, as a sentence. */
  found: z.string(),
  /** What to do about it. */
  remedy: z.string().optional(),
});
export type Finding = z.infer<typeof findingSchema>;
export const findingsSchema = z.object({ findings: z.array(findingSchema) });

export const reconciledSchema = z.object({
  /** Ids of records that had no job and were given one. */
  enqueued: z.array(z.string()),
});

const MAX_AGE_S = 10 * 365 * 86_400;
/** Between an object and the record that names it lies less than this, however slow the worker. */
export const MIN_GARBAGE_AGE_S = 3600;

export const collectGarbageSchema = z.strictObject({
  /** Count only; what would be deleted is left alone. */
  dryRun: z.boolean().default(true),
  /** Only what is older than this, and of records that ended longer ago. */
  olderThanSeconds: z
    .int()
    .min(MIN_GARBAGE_AGE_S)
    .max(MAX_AGE_S)
    .default(7 * 86_400),
});

export type CollectGarbage = z.output<typeof collectGarbageSchema>;

export const GARBAGE_KINDS = ["pictures", "uploads", "checkpoints", "orphans"] as const;
export type GarbageKind = (typeof GARBAGE_KINDS)[number];

const garbageSchema = z.object({
  kind: z.enum(GARBAGE_KINDS),
  namespace: z.string(),
  objects: z.int(),
  bytes: z.int(),
  /** The first of them. */
  examples: z.array(z.string()),
  /** Why what is left of this kind was left alone. */
  skipped: z.string().optional(),
});
export type Garbage = z.infer<typeof garbageSchema>;

/** One for each kind and namespace of which there is some, and the end. A stream without its end was cut short: what it told is done. */
export const garbageEventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("found"), garbage: garbageSchema }),
  z.object({ type: z.literal("done"), dryRun: z.boolean() }),
]);
export type GarbageEvent = z.infer<typeof garbageEventSchema>;

export const restoredSchema = z.object({
  /** Records that were written. */
  restored: z.int(),
  /** Records that are stored just so. */
  same: z.int(),
  /** Keys of stored records that differ and are newer, or whose age is not known: left alone. */
  kept: z.array(z.string()),
});
