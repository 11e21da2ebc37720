// Names of jobs: a record's job is `<recordId>-<enqueued>`, so enqueueing twice is harmless and enqueueing anew is possible.
import type { JobKind } from "@ursa/contracts/ids";
import type { QueueName } from "@ursa/contracts/queues";

type Enqueued = { id: string; enqueued: number };

/** The queue of the job that ends a record: of the flow's parent, or of its only job. */
export const FINAL_QUEUE = {
  dataset: "assemble",
  model: "train",
  prediction: "collect",
  evaluation: "evaluate",
  inspection: "train",
  regression: "train",
} as const satisfies Record<JobKind, QueueName>;

export const recordJobId = ({ id, enqueued }: Enqueued): string => `${id}-${enqueued}`;

export const shardJobId = (record: Enqueued, queue: QueueName, shard: number): string =>
  `${recordJobId(record)}-${queue}-${shard}`;
