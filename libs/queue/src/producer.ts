// Puts the jobs of records into the queues. The record is written before: a job that is lost is enqueued again by the reconciler.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Evaluation } from "@ursa/contracts/evaluation";
import type { JobKind } from "@ursa/contracts/ids";
import type { Inspection } from "@ursa/contracts/inspection";
import type { Model } from "@ursa/contracts/model";
import type { Prediction } from "@ursa/contracts/prediction";
import { QUEUE_NAMES, type QueueName } from "@ursa/contracts/queues";
import type { Regression } from "@ursa/contracts/regression";
import type { Queue } from "bullmq";
import { addFlow, type Flow } from "./add-flow.ts";
import { forgetShards, reserveShards, type ShardQueue } from "./backlog.ts";
import { markCancelled } from "./cancellations.ts";
import { type RedisConnection, whileReachable } from "./connection.ts";
import { countEndings } from "./count-endings.ts";
import { beginShards, flowOfDataset, takeBackShards } from "./early-shards.ts";
import { evaluationJob, inspectionJob, modelJob, predictionFlow, type RecordOf, regressionJob } from "./flows.ts";
import { FINAL_QUEUE, recordJobId } from "./job-ids.ts";
import { longestWaits } from "./longest-waits.ts";
import { openQueues, type Queues } from "./open-queues.ts";
import { finishJob } from "./usage-counters.ts";

/** Every method throws Problem queue_unavailable, in under a second when Redis is away. */
export interface Producer {
  /** Enqueueing the same record with the same `enqueued` again changes nothing. */
  enqueueDataset(record: Dataset): Promise<void>;
  /**
   * Begins the first shards of a dataset of which these are written, while the rest of its list is read. Whoever works on them waits for the
   * record, and for the plan as it is then; without one they come to nothing after a while.
   */
  beginDataset(owner: Owner): Promise<void>;
  /** There will be no record: what has not started is taken back. */
  takeBackDataset(owner: Owner): Promise<void>;
  enqueueModel(record: Model): Promise<void>;
  enqueuePrediction(record: Prediction): Promise<void>;
  enqueueEvaluation(record: Evaluation): Promise<void>;
  enqueueInspection(record: Inspection): Promise<void>;
  enqueueRegression(record: Regression): Promise<void>;
  /** Whether the job that will end this record is there and has not ended: it waits, is active, delayed or waits for its shards. */
  isQueued<K extends JobKind>(kind: K, record: Enqueued): Promise<boolean>;
  /**
   * How many of this record's jobs have ended, well or badly; the present one is looked at, the ones before are remembered.
   * Jobs that a Redis lost count for nothing, and what it remembered goes with them.
   */
  countEnded<K extends JobKind>(kind: K, record: Enqueued): Promise<number>;
  /** Removes what has not started and tells the workers that hold the rest. Call it after the record says `cancelled`. */
  cancel<K extends JobKind>(kind: K, record: Enqueued): Promise<void>;
  /** Jobs per queue and BullMQ state. */
  counts(): Promise<Record<QueueName, Record<string, number>>>;
  /** Seconds that the job waiting longest in each queue has waited; 0 where none waits. */
  longestWaits(): Promise<Record<QueueName, number>>;
  ping(): Promise<void>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
}
type Owner = { namespace: string; id: string };
type Enqueued = Pick<RecordOf<JobKind>, "id" | "namespace" | "enqueued">;

const UNFINISHED = new Set(["waiting", "active", "delayed", "prioritized", "waiting-children"]);
const ENDED = new Set(["completed", "failed"]);
const COUNTED = ["waiting", "prioritized", "active", "delayed", "waiting-children", "completed", "failed"] as const;

export function createProducer(connection: RedisConnection): Producer {
  const queues = openQueues(connection);
  const place = { connection, queues };
  const reach = <T>(work: () => Promise<T>) => whileReachable(connection, work);

  /** A flow is added as one transaction, so a parent that exists has all its children, whatever became of them since. */
  async function add(kind: JobKind, record: Enqueued, flow: () => Promise<Flow>): Promise<void> {
    await reach(async () => {
      if (await queues[FINAL_QUEUE[kind]].getJob(recordJobId(record))) return;
      await addFlow(connection, queues, await flow());
    });
  }
  const reserve = (owner: Enqueued, queue: ShardQueue, shards: number) =>
    reserveShards(connection, { queue, owner, shards });

  return {
    enqueueDataset: (record) => add("dataset", record, () => flowOfDataset(place, record)),
    beginDataset: (owner) => reach(() => beginShards(place, owner)),
    takeBackDataset: (owner) => reach(() => takeBackShards(place, owner)),
    enqueueModel: (record) => add("model", record, async () => modelJob(record)),
    enqueuePrediction: (record) =>
      add("prediction", record, async () =>
        predictionFlow(record, {
          fetch: record.source === "urls" ? await reserve(record, "fetch", record.shards) : 0,
          predict: await reserve(record, "predict", record.shards),
        }),
      ),
    enqueueEvaluation: (record) => add("evaluation", record, async () => evaluationJob(record)),
    enqueueInspection: (record) => add("inspection", record, async () => inspectionJob(record)),
    enqueueRegression: (record) => add("regression", record, async () => regressionJob(record)),
    isQueued: (kind, record) =>
      reach(async () => UNFINISHED.has(await queues[FINAL_QUEUE[kind]].getJobState(recordJobId(record)))),
    countEnded: (kind, record) =>
      reach(async () => {
        const jobId = recordJobId(record);
        const state = await queues[FINAL_QUEUE[kind]].getJobState(jobId);
        return countEndings(connection, { owner: record, ...(ENDED.has(state) ? { jobId } : {}) });
      }),
    cancel: (kind, record) =>
      reach(async () => {
        await markCancelled(connection, record.id);
        await removeUnstarted(queues[FINAL_QUEUE[kind]], recordJobId(record));
        await forgetShards(connection, record);
        await finishJob(connection, record);
      }),
    counts: () => reach(() => countJobs(queues)),
    longestWaits: () => reach(() => longestWaits(connection, queues)),
    ping: () => reach(async () => {}),
    close: () => closeAll(Object.values(queues)),
  };
}

const closeAll = async (open: { close(): Promise<unknown> }[]): Promise<void> => {
  await Promise.all(open.map((one) => one.close()));
};

async function removeUnstarted(queue: Queue, jobId: string): Promise<void> {
  const job = await queue.getJob(jobId);
  if (!job) return;
  // Children first: with one of them active the parent cannot go, and then runs and finds its record cancelled.
  await job.removeUnprocessedChildren();
  await job.remove().catch(() => {});
}

async function countJobs(queues: Queues): Promise<Record<QueueName, Record<string, number>>> {
  const counted = QUEUE_NAMES.map(async (name) => [name, await queues[name].getJobCounts(...COUNTED)] as const);
  // Made of exactly the names of QUEUE_NAMES, which are the keys of the type.
  return Object.fromEntries(await Promise.all(counted)) as Record<QueueName, Record<string, number>>;
}
