// The batch role: predictions and evaluations from the queue. Loaded on demand, so that the classify role starts without the queue library.
import { createCatalog } from "@ursa/catalog/catalog";
import { createNotifier } from "@ursa/catalog/notifier";
import { assertNoEviction, connectWorker, type RedisConnection, waitForRedis } from "@ursa/queue/connection";
import { createEvents } from "@ursa/queue/progress";
import { startWorker } from "@ursa/queue/worker";
import type { HealthCheck } from "@ursa/service/health";
import type { ServiceContext } from "@ursa/service/run-service";
import { createEnding } from "./end-record.ts";
import { createCollectProcess } from "./process-collect.ts";
import { createEvaluateProcess } from "./process-evaluate.ts";
import { type BatchDependencies, createPredictEnding, createPredictProcess } from "./process-predict.ts";

type Batch = Omit<BatchDependencies, "catalog" | "events" | "metrics"> & { redisUrl: string; lockMs: number };

/** Two shards at once: one is read and decoded while the other is in the network. */
const SHARDS_AT_ONCE = 2;

type Role = {
  /** Whether Redis answers and is fit for jobs. */
  checks: { redis: HealthCheck };
  /** Waits for Redis, then takes jobs. Throws the reason of the service's signal when that aborts first. */
  start(): Promise<void>;
};

export function openBatch(context: ServiceContext, { redisUrl, lockMs, ...parts }: Batch): Role {
  const { log, metrics, tracing, signal, onClose } = context;
  const connection = connectWorker(redisUrl, { tracing });
  onClose("redis", () => connection.close());
  const events = createEvents(connection, { metrics });
  onClose("events", () => events.close());
  const notifier = createNotifier({ store: parts.store, connection, log });
  onClose("notifier", () => notifier.close());
  const catalog = createCatalog({ store: parts.store, onEnded: notifier.onEnded });
  return {
    checks: { redis: () => assertNoEviction(connection) },
    async start() {
      await waitForRedis(connection, signal);
      startWorkers(context, { connection, lockMs }, { ...parts, catalog, events, metrics });
    },
  };
}

function startWorkers(
  { log, metrics, onClose }: ServiceContext,
  how: { connection: RedisConnection; lockMs: number },
  deps: BatchDependencies,
): void {
  const common = { ...how, log, metrics };
  const workers = {
    predict: startWorker({
      ...common,
      queue: "predict",
      concurrency: SHARDS_AT_ONCE,
      keepsPlace: true,
      process: createPredictProcess(deps),
      onGivenUp: createPredictEnding(deps),
    }),
    collect: startWorker({
      ...common,
      queue: "collect",
      concurrency: 1,
      process: createCollectProcess(deps),
      onGivenUp: createEnding(deps, "prediction"),
    }),
    evaluate: startWorker({
      ...common,
      queue: "evaluate",
      concurrency: 1,
      process: createEvaluateProcess(deps),
      onGivenUp: createEnding(deps, "evaluation"),
    }),
  };
  for (const [queue, worker] of Object.entries(workers)) onClose(`${queue} worker`, () => worker.close());
}
