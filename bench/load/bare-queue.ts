// The jobs of a dataset put into Redis by the producer, in turn with BullMQ's own addBulk of the same jobs: same ids, payloads and options, of
// which the parent that waits for them is one. Without it addBulk has less to do; that is told, too.
import type { Dataset } from "@ursa/contracts/dataset";
import { SHARD_ROWS } from "@ursa/contracts/queues";
import { connectProducer } from "@ursa/queue/connection";
import { datasetFlow } from "@ursa/queue/flows";
import { openQueues, type Queues } from "@ursa/queue/open-queues";
import { createProducer, type Producer } from "@ursa/queue/producer";
import { startRedis } from "@ursa/testing/redis";
import { p50 } from "../quantiles.ts";
import { type Bound, bound, type PartReport } from "./part.ts";

const ROUNDS = 15;
const WARM_UP = 2;
/** Of a dataset of 10^6 URLs, and of one of some ten thousand. */
const SHARDS = [3907, 40];
const LEAST = 0.9;

export async function compareQueue(): Promise<PartReport> {
  await using stack = new AsyncDisposableStack();
  const { url } = stack.use(await startRedis());
  const connection = connectProducer(url);
  stack.defer(() => connection.close());
  const producer = createProducer(connection);
  stack.defer(() => producer.close());
  await producer.ping();
  const queues = openQueues(connection);
  stack.defer(async () => void (await Promise.all(Object.values(queues).map((queue) => queue.close()))));
  const timed = async (work: () => Promise<unknown>) => {
    await connection.redis.flushall();
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const ways = waysOf(producer, queues);
  const bounds: Bound[] = [];
  for (const shards of SHARDS) {
    const [ours, same, plain]: [number[], number[], number[]] = [[], [], []];
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      ours.push(await timed(ways.producer(shards)));
      same.push(await timed(ways.addBulk(shards)));
      plain.push(await timed(ways.addBulkWithoutParent(shards)));
    }
    const rates = [ours, same, plain].map((times) => (1000 * shards) / p50(times.slice(WARM_UP)));
    const ratioTo = (times: number[]) => p50(times.map((ms, round) => ms / (ours[round] ?? Number.NaN)).slice(WARM_UP));
    const isLarge = shards === SHARDS[0];
    bounds.push(
      bound(`${shards} jobs by the producer`, [rates[0] ?? 0, "/s"]),
      bound(`${shards} jobs by addBulk`, [rates[1] ?? 0, "/s"]),
      bound(`${shards} jobs by addBulk, without their parent`, [rates[2] ?? 0, "/s"]),
      bound(`${shards} jobs, producer / addBulk`, [ratioTo(same)], isLarge ? { least: LEAST } : {}),
      bound(`${shards} jobs, producer / addBulk without their parent`, [ratioTo(plain)]),
    );
  }
  return {
    lines: [
      `queue: a dataset's jobs, ${ROUNDS} rounds in turn, medians; the producer also looks whether they are there, and counts the namespace's shards`,
    ],
    bounds,
  };
}

/** What is timed of each: addBulk is given ready-made what the producer has to make first. */
function waysOf(producer: Producer, queues: Queues) {
  const flowOf = (shards: number) => datasetFlow(datasetOf(shards), { fetch: 0, predict: 0 });
  return {
    producer(shards: number) {
      const record = datasetOf(shards);
      return () => producer.enqueueDataset(record);
    },
    addBulk(shards: number) {
      const { name, data, opts, children = [] } = flowOf(shards);
      const parent = { id: opts.jobId, queue: queues.assemble.qualifiedName };
      const jobs = children.map((child) => ({ ...child, opts: { ...child.opts, parent } }));
      return async () => {
        await queues.assemble.add(name, data, opts);
        await queues.fetch.addBulk(jobs);
      };
    },
    addBulkWithoutParent(shards: number) {
      const { children = [] } = flowOf(shards);
      return () => queues.fetch.addBulk(children);
    },
  };
}

let drawn = 0;

function datasetOf(shards: number): Dataset {
  const [now, id] = [new Date().toISOString(), `ds_${String(drawn++).padStart(26, "0")}`];
  return {
    ...{ id, namespace: "default", state: "queued", createdAt: now, updatedAt: now, enqueued: 1, fence: 0 },
    ...{ version: 1, classes: ["even", "odd"], listed: SHARD_ROWS * shards, shards },
    options: { validFraction: 0.2, splitSeed: 42, maxFailedFraction: 0.5 },
  };
}
