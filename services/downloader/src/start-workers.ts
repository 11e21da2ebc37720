// The downloader's three queues.
import type { RedisConnection } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import { createAssembleEnding, createAssembleProcess } from "./process-assemble.ts";
import { createFetchProcess, type FetchDependencies } from "./process-fetch.ts";
import { createNotifyEnding, createNotifyProcess, type NotifyDependencies } from "./process-notify.ts";

/** Assembling reads and writes and hardly computes; a long one must not hold up a short one. */
const ASSEMBLED_AT_ONCE = 4;
/** Sending is waiting for an answer of ten seconds at most. */
const NOTIFIED_AT_ONCE = 16;

export function startWorkers(options: {
  deps: FetchDependencies & NotifyDependencies;
  connection: RedisConnection;
  log: Logger;
  metrics: Metrics;
  shardsAtOnce: number;
  lockMs: number;
}): { close(): Promise<void> } {
  const { deps, shardsAtOnce, ...common } = options;
  const fetching = startWorker({
    ...common,
    queue: "fetch",
    concurrency: shardsAtOnce,
    keepsPlace: true,
    process: createFetchProcess(deps),
  });
  const assembling = startWorker({
    ...common,
    queue: "assemble",
    concurrency: ASSEMBLED_AT_ONCE,
    process: createAssembleProcess(deps),
    onGivenUp: createAssembleEnding(deps),
  });
  const notifying = startWorker({
    ...common,
    queue: "notify",
    concurrency: NOTIFIED_AT_ONCE,
    process: createNotifyProcess(deps),
    onGivenUp: createNotifyEnding(deps),
  });
  return {
    async close() {
      await Promise.all([fetching.close(), assembling.close(), notifying.close()]);
    },
  };
}
