// The downloader's two queues.
import type { RedisConnection } from "@ursa/queue/connection";
import { startWorker } from "@ursa/queue/worker";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import { createAssembleEnding, createAssembleProcess } from "./process-assemble.ts";
import { createFetchProcess, type FetchDependencies } from "./process-fetch.ts";

/** Assembling reads and writes and hardly computes; a long one must not hold up a short one. */
const ASSEMBLED_AT_ONCE = 4;

export function startWorkers(options: {
  deps: FetchDependencies;
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
  return {
    async close() {
      await Promise.all([fetching.close(), assembling.close()]);
    },
  };
}
