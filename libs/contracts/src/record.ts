// What every record has: datasets, models, predictions, evaluations, inspections, regressions and sweeps are small JSON objects in the object store that move through these states.
import { z } from "zod";
import { namespaceSchema } from "./ids.ts";
import { outcomeSchema } from "./outcomes.ts";
import { problemCodeSchema } from "./problem.ts";

export const STATES = ["queued", "running", "ready", "failed", "cancelled"] as const;
export const stateSchema = z.enum(STATES);
export type RecordState = z.infer<typeof stateSchema>;
/** What a list can be asked for: a state, or all that may still change. */
export const listedStateSchema = z.enum([...STATES, "unfinished"]);
export type ListedState = z.infer<typeof listedStateSchema>;

/** The legal moves; nothing else defines them. `running` may return to `queued` when a job is handed back. */
export const LEGAL_MOVES: Record<RecordState, readonly RecordState[]> = {
  queued: ["running", "failed", "cancelled"],
  running: ["queued", "ready", "failed", "cancelled"],
  ready: [],
  failed: [],
  cancelled: [],
};

/** A final state never changes again. */
export const isFinal = (state: RecordState): boolean => LEGAL_MOVES[state].length === 0;

export const recordErrorSchema = z.object({ code: problemCodeSchema, message: z.string() });
export type RecordError = z.infer<typeof recordErrorSchema>;

/** Fields shared by every record. `enqueued` counts how often a job was enqueued for it; `fence` how often a worker took it. */
export const recordBase = {
  namespace: namespaceSchema,
  name: z.string().max(200).optional(),
  state: stateSchema,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** When it came into a final state. Left out while it has not, by earlier versions, and of what was imported. */
  endedAt: z.iso.datetime().optional(),
  enqueued: z.int().nonnegative(),
  fence: z.int().nonnegative(),
  error: recordErrorSchema.optional(),
};

/** What training adds after every batch; places count from 1. */
const trainingDetails = {
  stage: z.string().max(40).optional(),
  epoch: z.int().optional(),
  epochs: z.int().optional(),
  batch: z.int().optional(),
  batches: z.int().optional(),
  /** Running average of the batches' losses, of weight 0.98. Left out when it is not a number. */
  loss: z.number().optional(),
  /** The head's. */
  learningRate: z.number().optional(),
  imagesPerSecond: z.number().optional(),
  /** Of this stage, the measuring of its epochs counted; of a sweep, until its last run ends. */
  etaSeconds: z.number().optional(),
};

export const progressSchema = z.object({
  phase: z.enum([
    "fetch",
    "assemble",
    "prepare",
    "features",
    "lr-find",
    "train",
    "export",
    "predict",
    "collect",
    "evaluate",
    "inspect",
    "sweep",
  ]),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  ...trainingDetails,
  /** Of a dataset that is being fetched: what became of the URLs tried so far. In the record, not in events. */
  classes: z
    .array(z.object({ class: z.string(), outcomes: z.partialRecord(outcomeSchema, z.int().nonnegative()) }))
    .optional(),
  /** Of a sweep: runs that have begun and not ended. */
  running: z.int().optional(),
});
export type Progress = z.infer<typeof progressSchema>;

/** Filters every list route takes. `cursor` is the `next` of the page before. */
export const listQuerySchema = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  state: listedStateSchema.optional().describe("`unfinished` stands for `queued` and `running`."),
});

export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() });
