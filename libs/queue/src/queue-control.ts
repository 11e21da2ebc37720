// The queues as an operator sees and steers them.
import type { QueueView } from "@ursa/contracts/operations";
import { QUEUE_NAMES, type QueueName } from "@ursa/contracts/queues";
import type { Queue } from "bullmq";
import { type RedisConnection, whileReachable } from "./connection.ts";
import { holdFetchGate } from "./fetch-gate.ts";
import { longestWaits } from "./longest-waits.ts";
import { openQueues } from "./open-queues.ts";
import { type RedisReport, reportRedis } from "./redis-report.ts";
import { parseWorkerName } from "./worker-name.ts";

/** All throw Problem queue_unavailable, in under a second when Redis is away. */
export interface QueueControl {
  /** In the order of QUEUE_NAMES. */
  look(): Promise<QueueView[]>;
  /** Paused: workers finish what they have and take nothing new, until it is resumed; jobs are accepted and wait. */
  setPaused(isPaused: boolean, queues?: readonly QueueName[]): Promise<void>;
  report(): Promise<RedisReport>;
  /** Runs `work` while no shard is being fetched; see holdFetchGate. */
  holdFetch<T>(signal: AbortSignal, work: (assertHeld: () => Promise<void>) => Promise<T>): Promise<T>;
  /** The connection stays open: whoever made it closes it. */
  close(): Promise<void>;
}

export function createQueueControl(connection: RedisConnection): QueueControl {
  const queues = openQueues(connection);
  return {
    look: () =>
      whileReachable(connection, async () => {
        const waits = await longestWaits(connection, queues);
        return Promise.all(QUEUE_NAMES.map((name) => viewOf(queues[name], name, waits[name])));
      }),
    setPaused: (isPaused, names = QUEUE_NAMES) =>
      whileReachable(connection, async () => {
        await Promise.all(names.map((name) => (isPaused ? queues[name].pause() : queues[name].resume())));
      }),
    report: () => reportRedis(connection),
    holdFetch: async (signal, work) => {
      await whileReachable(connection, async () => {});
      return holdFetchGate(connection, { countActive: () => queues.fetch.getActiveCount(), signal }, work);
    },
    close: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.close()));
    },
  };
}

async function viewOf(queue: Queue, name: QueueName, oldestSeconds: number): Promise<QueueView> {
  const [counts, paused, workers] = await Promise.all([
    queue.getJobCounts("waiting", "prioritized", "active", "delayed", "failed"),
    queue.isPaused(),
    // Hosted Redis may forbid CLIENT LIST; who works is then not known.
    queue.getWorkers().catch(() => []),
  ]);
  const count = (state: string) => counts[state] ?? 0;
  return {
    queue: name,
    paused,
    // BullMQ counts the jobs of a paused queue under a state of their own.
    waiting: count("waiting") + count("paused") + count("prioritized"),
    active: count("active"),
    delayed: count("delayed"),
    failed: count("failed"),
    oldestSeconds,
    workers: workers.map(({ rawname = "" }) => parseWorkerName(rawname)),
  };
}
