// A record's jobs in one transaction. BullMQ's FlowProducer does the same and makes a queue with all its keys for each job, which is a third of
// its time; here each queue is made once.
import type { QueueName } from "@ursa/contracts/queues";
import { Job, type JobsOptions, type RedisQueueBackend } from "bullmq";
import type { RedisConnection } from "./connection.ts";
import type { Queues } from "./open-queues.ts";

/** A job, and those that end before it begins. */
export type Flow = {
  queueName: QueueName;
  name: string;
  data: object;
  opts: JobsOptions & { jobId: string };
  children?: Flow[];
};

type Transaction = ReturnType<Awaited<RedisQueueBackend["client"]>["multi"]>;
type Adding = { queues: Queues; transaction: Transaction; trace: Pick<JobsOptions, "telemetry"> };
/** The job that waits for another, by its queue and id; whether that is the last one it waits for. */
type Place = { parent: { queue: string; id: string }; isLast: boolean };

/** All of them, or none where the connection breaks. Jobs that are there already stay as they are. @throws what Redis or BullMQ refuses */
export async function addFlow(connection: RedisConnection, queues: Queues, flow: Flow): Promise<void> {
  const client = await queues[flow.queueName].backend.client;
  const transaction = client.multi();
  addTree({ queues, transaction, trace: traceOf(connection) }, flow);
  for (const [error, answer] of (await transaction.exec()) ?? []) {
    if (error) throw error;
    // So do BullMQ's scripts say no.
    if (typeof answer === "number" && answer < 0) throw new Error(`BullMQ refused a job of a flow: ${answer}`);
  }
}

function addTree(adding: Adding, { queueName, name, data, opts, children = [] }: Flow, place?: Place): void {
  const { queues, transaction, trace } = adding;
  const queue = queues[queueName];
  const parent = place ? { parent: place.parent } : {};
  const job = new Job(queue, name, data, { ...opts, ...trace, ...parent }, opts.jobId);
  const entry = job.toFlowEntry({ addToWaitingChildren: children.length > 0, ...parentKeys(place) });
  // It is in the transaction when this returns; what became of it is in the transaction's result.
  void queue.backend.addJobToTransaction(transaction, entry.jobData, entry.jobId, entry.parentKeyOpts);
  const own = { queue: queue.qualifiedName, id: opts.jobId };
  for (const [at, child] of children.entries())
    addTree(adding, child, { parent: own, isLast: at === children.length - 1 });
}

/** A child that is there and has ended may wake its parent, when no other is to come. */
function parentKeys(place: Place | undefined) {
  if (!place) return {};
  const parentKey = `${place.parent.queue}:${place.parent.id}`;
  const parentDependenciesKey = `${parentKey}:dependencies`;
  return { parentKey, parentDependenciesKey, ...(place.isLast ? {} : { deferParentRelease: true }) };
}

/** Jobs are worked on in the trace of whoever enqueues them, without a span for the adding of each. */
function traceOf({ traced }: RedisConnection): Adding["trace"] {
  if (!traced) return {};
  const { contextManager } = traced.telemetry;
  return { telemetry: { metadata: contextManager.getMetadata(contextManager.active()) } };
}
