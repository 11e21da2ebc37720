// Tells the metrics, at each scrape, what is in the queues and how Redis is.
import { QUEUE_NAMES } from "@ursa/contracts/queues";
import type { JobState } from "@ursa/service/job-metrics";
import type { Metrics } from "@ursa/service/metrics";
import type { RedisConnection } from "./connection.ts";
import type { Producer } from "./producer.ts";
import { within } from "./within.ts";

/** Prometheus gives up on a scrape after ten seconds. */
const PATIENCE_MS = 3000;

type QueueMetrics = Pick<
  Metrics,
  "queueJobs" | "queueOldestWaitingAge" | "redisUp" | "redisMemoryUsed" | "redisMemoryMax" | "redisNoeviction"
>;

/** @returns what to run before a scrape; of a Redis that is away it says that and nothing else. Never rejects. */
export function observeQueues(
  { connection, producer }: { connection: RedisConnection; producer: Producer },
  metrics: QueueMetrics,
): () => Promise<void> {
  const look = async () => {
    const [counts, waits] = await Promise.all([producer.counts(), producer.longestWaits()]);
    // After those two, which wait for a connection that is being made.
    const memory = await connection.redis.info("memory");
    for (const queue of QUEUE_NAMES) {
      for (const [state, count] of Object.entries(counts[queue])) {
        // The states that counts() asks for.
        metrics.queueJobs.set({ queue, state: state as JobState }, count);
      }
      metrics.queueOldestWaitingAge.set({ queue }, waits[queue]);
    }
    tellMemory(memory, metrics);
    metrics.redisUp.set({}, 1);
  };
  return async () => {
    await within(PATIENCE_MS, look()).catch(() => {
      const { queueJobs, queueOldestWaitingAge, redisMemoryUsed, redisMemoryMax, redisNoeviction } = metrics;
      for (const gauge of [queueJobs, queueOldestWaitingAge, redisMemoryUsed, redisMemoryMax, redisNoeviction])
        gauge.clear();
      metrics.redisUp.set({}, 0);
    });
  };
}

/** Hosted ones leave out some lines; what is not said is not set. */
function tellMemory(info: string, metrics: QueueMetrics): void {
  const lineOf = (name: string) => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1];
  const [used, max, total] = ["used_memory", "maxmemory", "total_system_memory"].map((name) => Number(lineOf(name)));
  if (used) metrics.redisMemoryUsed.set({}, used);
  if (max || total) metrics.redisMemoryMax.set({}, max || total || 0);
  const policy = lineOf("maxmemory_policy");
  if (policy) metrics.redisNoeviction.set({}, policy === "noeviction" ? 1 : 0);
}
