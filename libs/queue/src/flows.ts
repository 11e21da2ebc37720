// The jobs of one record: one train, inspect, regress or evaluate job, or shards and the parent that runs when every shard has ended, well or badly.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Evaluation } from "@ursa/contracts/evaluation";
import type { JobKind } from "@ursa/contracts/ids";
import type { Inspection } from "@ursa/contracts/inspection";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import {
  ARCHIVE_VERSION,
  EARLY_VERSION,
  INSPECT_VERSION,
  JOB_VERSION,
  type PayloadOf,
  QUEUES,
  type QueueName,
  REGRESS_VERSION,
} from "@ursa/contracts/queues";
import type { Regression } from "@ursa/contracts/regression";
import type { Flow } from "./add-flow.ts";
import { AS_ASKED, JITTER } from "./back-off.ts";
import { priorityOf, type ShardQueue } from "./backlog.ts";
import { recordJobId, shardJobId } from "./job-ids.ts";

export type RecordOf<K extends JobKind> = {
  dataset: Dataset;
  model: Model;
  prediction: Prediction;
  evaluation: Evaluation;
  inspection: Inspection;
  regression: Regression;
}[K];

/** One message to one webhook. */
export type Notice = Omit<PayloadOf<"notify">, "v">;
/** Instead of what the queue table says. */
export type NoticeOptions = { attempts?: number; backoffMs?: number };

/** Unfinished shards of the namespace that stand before this record's first one. */
export type Ahead = Record<ShardQueue, number>;

/** Ended jobs are kept for people to look at; the record, not Redis, says what ended and how. */
const KEPT = { removeOnComplete: { age: 3600, count: 1000 }, removeOnFail: { age: 7 * 24 * 3600, count: 5000 } };

export function datasetFlow(record: Dataset, ahead: Ahead): Flow {
  const { id, namespace } = record;
  const v = rowsVersion(record);
  const children = indexes(record.shards).map((shard) => {
    const payload = { v, namespace, target: "dataset", id, shard } as const;
    return shardJob("fetch", payload, { jobId: shardJobId(record, "fetch", shard), ahead: ahead.fetch });
  });
  return { ...job("assemble", { v, namespace, id }, recordJobId(record)), children };
}

/** Few: whoever works on them waits for the record before it writes what came of them. */
export const EARLY_SHARDS = 2;

/** The first shards of a dataset whose list is still read. Under the same names they become children of the flow, which has them all. */
export const earlyShards = (
  { id, namespace, enqueued }: Pick<Dataset, "id" | "namespace" | "enqueued">,
  ahead: number,
) =>
  indexes(EARLY_SHARDS).map((shard): Flow => {
    const payload = { v: EARLY_VERSION, namespace, target: "dataset", id, shard } as const;
    return shardJob("fetch", payload, { jobId: shardJobId({ id, enqueued }, "fetch", shard), ahead });
  });

export function modelJob(record: Model): Flow {
  return job("train", { v: JOB_VERSION, namespace: record.namespace, id: record.id }, recordJobId(record));
}

export function evaluationJob(record: Evaluation): Flow {
  return job("evaluate", { v: JOB_VERSION, namespace: record.namespace, id: record.id }, recordJobId(record));
}

/** On the queue of models: it takes every core too, for a shorter time. */
export function inspectionJob(record: Inspection): Flow {
  const payload = { v: INSPECT_VERSION, namespace: record.namespace, id: record.id } as const;
  return { ...job("train", payload, recordJobId(record)), name: "inspect" };
}

/** Milliseconds of arithmetic, done as training is: by the same workers, in their turn. */
export function regressionJob(record: Regression): Flow {
  const payload = { v: REGRESS_VERSION, namespace: record.namespace, id: record.id } as const;
  return { ...job("train", payload, recordJobId(record)), name: "regress" };
}

/** Of pictures to be fetched, each predict shard waits for its own fetch shard only. */
export function predictionFlow(record: Prediction, ahead: Ahead): Flow {
  const { id, namespace } = record;
  const children = indexes(record.shards).map((shard) => {
    const jobId = shardJobId(record, "predict", shard);
    const predict = shardJob("predict", { v: JOB_VERSION, namespace, id, shard }, { jobId, ahead: ahead.predict });
    if (record.source === "items") return predict;
    const payload = { v: rowsVersion(record), namespace, target: "prediction", id, shard } as const;
    const fetchId = shardJobId(record, "fetch", shard);
    return { ...predict, children: [shardJob("fetch", payload, { jobId: fetchId, ahead: ahead.fetch })] };
  });
  return { ...job("collect", { v: JOB_VERSION, namespace, id }, recordJobId(record)), children };
}

/** Its message is its id, so that one that is there is not added again. */
export function noticeJob(notice: Notice, given: NoticeOptions = {}) {
  const { name, data, opts } = job("notify", { v: JOB_VERSION, ...notice }, notice.message);
  const { attempts = opts.attempts, backoffMs: delay = opts.backoff.delay } = given;
  return { name, data, opts: { ...opts, attempts, backoff: { type: AS_ASKED, delay } } };
}

const rowsVersion = ({ archives }: Pick<Dataset, "archives">) => (archives ? ARCHIVE_VERSION : JOB_VERSION);

function job<N extends QueueName>(queue: N, payload: PayloadOf<N>, jobId: string) {
  const { attempts, backoffMs, payload: schema } = QUEUES[queue];
  const backoff = { type: "exponential", delay: backoffMs, jitter: JITTER };
  return { name: queue, queueName: queue, data: schema.parse(payload), opts: { jobId, attempts, backoff, ...KEPT } };
}

type ShardPlace = { jobId: string; ahead: number };

function shardJob<N extends ShardQueue>(queue: N, payload: PayloadOf<N>, { jobId, ahead }: ShardPlace) {
  const { opts, ...rest } = job(queue, payload, jobId);
  // The parent runs when its last child has ended, also when that child failed: it writes worker_failed for what is missing.
  const priority = priorityOf(ahead, payload.shard);
  return { ...rest, opts: { ...opts, priority, ignoreDependencyOnFailure: true } };
}

const indexes = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
