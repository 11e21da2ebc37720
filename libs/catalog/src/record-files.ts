// Records as JSON objects in the store: parsed on the way in, checked on the way out, written with the etag that was read.
import { type Dataset, datasetSchema } from "@ursa/contracts/dataset";
import { type Evaluation, evaluationSchema } from "@ursa/contracts/evaluation";
import type { RecordKind } from "@ursa/contracts/ids";
import { type Inspection, inspectionSchema } from "@ursa/contracts/inspection";
import { type Model, modelSchema } from "@ursa/contracts/model";
import { parseKnown } from "@ursa/contracts/parse-known";
import { type Prediction, predictionSchema } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { type Regression, regressionSchema } from "@ursa/contracts/regression";
import { type Sweep, sweepSchema } from "@ursa/contracts/sweep";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import type { z } from "zod";
import { keepUnknown } from "./keep-unknown.ts";

export type RecordOf<K extends RecordKind> = {
  dataset: Dataset;
  model: Model;
  prediction: Prediction;
  evaluation: Evaluation;
  inspection: Inspection;
  regression: Regression;
  sweep: Sweep;
}[K];
export type Owner = { namespace: string; id: string };
/** `raw` is what the store holds, with fields that this version does not know. */
export type StoredRecord<K extends RecordKind> = { record: RecordOf<K>; etag: string; raw: unknown };
type RecordSchemas = { [K in RecordKind]: z.ZodType<RecordOf<K>> };

/** The record is not there. Known by its name and `recordId`: to the record's own job it means that nothing is left to do. */
export class RecordGone extends Problem {
  override name = "RecordGone";
  readonly recordId: string;

  constructor(kind: RecordKind, recordId: string, options: { cause?: unknown } = {}) {
    super("not_found", `There is no ${kind} ${recordId}.`, options);
    this.recordId = recordId;
  }
}

export const RECORD_KINDS: readonly RecordKind[] = [
  "dataset",
  "model",
  "prediction",
  "evaluation",
  "inspection",
  "regression",
  "sweep",
];

/** Loose, so that whoever reads a record sees what a later version wrote beside. */
const SCHEMAS: RecordSchemas = {
  dataset: datasetSchema.loose(),
  model: modelSchema.loose(),
  prediction: predictionSchema.loose(),
  evaluation: evaluationSchema.loose(),
  inspection: inspectionSchema.loose(),
  regression: regressionSchema.loose(),
  sweep: sweepSchema.loose(),
};
const FOLDERS = {
  dataset: "datasets",
  model: "models",
  prediction: "predictions",
  evaluation: "evaluations",
  inspection: "inspections",
  regression: "regressions",
  sweep: "sweeps",
} as const satisfies Record<RecordKind, string>;

export const prefixOf = (kind: RecordKind, namespace: string): string => keys.records(namespace, FOLDERS[kind]);

export const keyOf = (kind: RecordKind, { namespace, id }: Owner): string => keys.record(namespace, FOLDERS[kind], id);

/** The id in a record's key. */
export const idOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1, -".json".length);

/** Oldest first. */
export async function listIds(store: ObjectStore, kind: RecordKind, namespace: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of store.list(prefixOf(kind, namespace))) ids.push(idOf(key));
  return ids;
}

/** Throws RecordGone (Problem not_found), or Problem internal when what is stored is not a record. */
export async function readRecord<K extends RecordKind>(
  store: ObjectStore,
  kind: K,
  owner: Owner,
): Promise<StoredRecord<K>> {
  const { body, info } = await store.get(keyOf(kind, owner)).catch((cause) => {
    throw cause instanceof ObjectNotFound ? new RecordGone(kind, owner.id, { cause }) : cause;
  });
  const schema: z.ZodType<RecordOf<K>> = SCHEMAS[kind];
  try {
    const raw: unknown = JSON.parse(body.toString());
    return { record: parseKnown(schema, raw), etag: info.etag, raw };
  } catch (cause) {
    throw new Problem("internal", `The stored record of ${kind} ${owner.id} cannot be read.`, { cause });
  }
}

/** The record, or undefined when it is gone or cannot be read: one bad record must not spoil a list. */
export async function tryReadRecord<K extends RecordKind>(
  store: ObjectStore,
  kind: K,
  owner: Owner,
): Promise<RecordOf<K> | undefined> {
  try {
    return (await readRecord(store, kind, owner)).record;
  } catch (error) {
    if (error instanceof Problem && (error.code === "not_found" || error.code === "internal")) return undefined;
    throw error;
  }
}

type Write<K extends RecordKind> = {
  record: RecordOf<K>;
  condition: { ifMatch: string } | { ifNoneMatch: "*" };
  /** The record that this one was made of: what a later version wrote into it stays. */
  before?: StoredRecord<K>;
};

/** Throws PreconditionFailed when the record is not as `condition` says, and ZodError when it is not a record. */
export async function writeRecord<K extends RecordKind>(
  store: ObjectStore,
  kind: K,
  { record, condition, before }: Write<K>,
): Promise<void> {
  const schema: z.ZodType<RecordOf<K>> = SCHEMAS[kind];
  const parsed = schema.parse(record);
  const whole = before ? keepUnknown({ raw: before.raw, known: before.record }, parsed) : parsed;
  await store.put(keyOf(kind, record), JSON.stringify(whole), { ...condition, contentType: "application/json" });
}
