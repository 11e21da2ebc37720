// What a flow leaves in Redis, held against what BullMQ's own FlowProducer leaves there of the same.
import { waitUntil } from "@ursa/testing/wait-until";
import { FlowProducer } from "bullmq";
import type { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { addFlow, type Flow } from "./add-flow.ts";
import { datasetFlow, modelJob, predictionFlow } from "./flows.ts";
import { openQueues } from "./open-queues.ts";
import { startConnection } from "./queue-world.fixture.ts";
import { drawDataset, drawModel, drawPrediction, quiet } from "./records.fixture.ts";
import { startWorker } from "./worker.ts";

const AHEAD = { fetch: 7, predict: 3 };

const { connection } = await startConnection();
const queues = openQueues(connection);
const flows = new FlowProducer({ connection: connection.redis, skipVersionCheck: true });
afterAll(async () => void (await Promise.all([flows, ...Object.values(queues)].map((one) => one.close()))));

/** Everything in Redis but the times: of hashes a field, of the sets of who waits for children the scores, of streams the ids. */
async function contents(redis: Redis): Promise<Record<string, unknown>> {
  const keys = (await redis.keys("*")).sort();
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await stored(redis, key)])));
}

async function stored(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === "hash") {
    const { timestamp: _time, ...fields } = await redis.hgetall(key);
    return fields;
  }
  if (type === "set") return (await redis.smembers(key)).sort();
  if (type === "stream") return (await redis.xrange(key, "-", "+")).map(([, fields]) => fields);
  if (type === "list") return redis.lrange(key, 0, -1);
  if (type === "string") return redis.get(key);
  return key.endsWith(":waiting-children") ? redis.zrange(key, "0", "-1") : redis.zrange(key, "0", "-1", "WITHSCORES");
}

test.each<[string, Flow]>([
  ["a dataset", datasetFlow(drawDataset({ shards: 5 }), AHEAD)],
  [
    "a prediction over URLs, whose shards wait for one each",
    predictionFlow(drawPrediction({ source: "urls", shards: 4 }), AHEAD),
  ],
  ["a prediction over items", predictionFlow(drawPrediction({ source: "items", shards: 4 }), AHEAD)],
  ["a model, which waits for nothing", modelJob(drawModel())],
])("the jobs of %s are stored as FlowProducer stores them, added once or twice", async (_, flow) => {
  for (const times of [1, 2]) {
    await connection.redis.flushall();
    for (let time = 0; time < times; time++) await flows.add(flow);
    const expected = await contents(connection.redis);
    expect(Object.keys(expected).length).toBeGreaterThan(3);
    await connection.redis.flushall();
    for (let time = 0; time < times; time++) await addFlow(connection, queues, flow);
    expect(await contents(connection.redis)).toEqual(expected);
  }
});

test("a parent that was lost and is added again begins at once where all its children had ended", async () => {
  const flow = datasetFlow(drawDataset({ shards: 3 }), AHEAD);
  await addFlow(connection, queues, flow);
  let ended = 0;
  const worker = startWorker({
    ...quiet(),
    connection,
    queue: "fetch",
    concurrency: 1,
    process: async () => void ended++,
  });
  const isOver = async () => (await queues.fetch.getCompletedCount()) === 3;
  await waitUntil(isOver, { what: "the children to end" });
  await worker.close();
  expect(ended).toBe(3);
  expect(await queues.assemble.getJobState(flow.opts.jobId)).toBe("waiting");
  await connection.redis.del(...(await connection.redis.keys("bull:assemble:*")));
  await addFlow(connection, queues, flow);
  expect(await queues.assemble.getJobState(flow.opts.jobId)).toBe("waiting");
});

test("what Redis refuses is told to whoever enqueues", async () => {
  const flow = datasetFlow(drawDataset({ shards: 3 }), AHEAD);
  await connection.redis.set("bull:fetch:events", "no stream");
  await expect(addFlow(connection, queues, flow)).rejects.toThrow("WRONGTYPE");
});

test("jobs carry the trace of whoever enqueues them", async () => {
  const contextManager = { active: () => "here", getMetadata: (context: string) => `trace of ${context}` };
  // Of BullMQ's telemetry, this is what a flow asks for.
  const traced = { telemetry: { contextManager } } as unknown as NonNullable<Parameters<typeof addFlow>[0]["traced"]>;
  const flow = datasetFlow(drawDataset({ shards: 2 }), AHEAD);
  await addFlow({ ...connection, traced }, queues, flow);
  const ids = [flow, ...(flow.children ?? [])].map(({ queueName, opts }) => [queueName, opts.jobId] as const);
  const jobs = await Promise.all(ids.map(([queue, id]) => queues[queue].getJob(id)));
  expect(jobs.map((job) => job?.opts.telemetry)).toEqual(Array(3).fill({ metadata: "trace of here" }));
});
