// The first shards of a dataset, which are begun while its list is still read: jobs of their own until there is a record, and then children of
// its flow, under the names that they have there.
import type { Dataset } from "@ursa/contracts/dataset";
import type { Job, Queue } from "bullmq";
import { addFlow, type Flow } from "./add-flow.ts";
import { forgetShards, reserveShards } from "./backlog.ts";
import type { RedisConnection } from "./connection.ts";
import { datasetFlow, EARLY_SHARDS, earlyShards } from "./flows.ts";
import { shardJobId } from "./job-ids.ts";
import type { Queues } from "./open-queues.ts";

type Owner = { namespace: string; id: string };
type Place = { connection: RedisConnection; queues: Queues };

/** They are those that the new record's first flow has. */
const FIRST = { enqueued: 1 };

export async function beginShards({ connection, queues }: Place, owner: Owner): Promise<void> {
  const record = { ...owner, ...FIRST };
  const ahead = await reserveShards(connection, { queue: "fetch", owner, shards: EARLY_SHARDS });
  for (const shard of earlyShards(record, ahead)) await addFlow(connection, queues, shard);
}

/** Those that a worker has find no record, and end by themselves. */
export async function takeBackShards({ connection, queues }: Place, owner: Owner): Promise<void> {
  // With a parent it is a flow's: another request under the same key came further than the one that gave up.
  await removeEarly(queues.fetch, { ...owner, ...FIRST }, ({ parentKey }) => parentKey === undefined);
  await forgetShards(connection, owner);
}

/** The flow of a record, for which early shards that have ended make room: as its children they come anew, and where a part is there that is soon done. */
export async function flowOfDataset({ connection, queues }: Place, record: Dataset): Promise<Flow> {
  // One that has ended would not run again, and its parent wait for it, or miss its part.
  const hasEnded = ({ finishedOn }: Job) => finishedOn !== undefined;
  if (record.shards > EARLY_SHARDS) await removeEarly(queues.fetch, record, hasEnded);
  const fetch = await reserveShards(connection, { queue: "fetch", owner: record, shards: record.shards });
  return datasetFlow(record, { fetch, predict: 0 });
}

type Enqueued = Pick<Dataset, "id" | "enqueued">;

async function removeEarly(queue: Queue, record: Enqueued, isMeant: (job: Job) => boolean): Promise<void> {
  for (let shard = 0; shard < EARLY_SHARDS; shard += 1) {
    const job = await queue.getJob(shardJobId(record, "fetch", shard));
    // Held by a worker, it cannot be removed.
    if (job && isMeant(job)) await job.remove().catch(() => {});
  }
}
