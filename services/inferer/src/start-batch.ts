// The batch role: predictions from the queue. Loaded on demand, so that the classify role starts without the queue library.
import { assertNoEviction, connectWorker } from "@ursa/queue/connection";
import { createEvents } from "@ursa/queue/progress";
import { startWorker } from "@ursa/queue/worker";
import type { HealthCheck } from "@ursa/service/health";
import type { ServiceContext } from "@ursa/service/run-service";
import { createCollectEnding, createCollectProcess } from "./process-collect.ts";
import { type BatchDependencies, createPredictEnding, createPredictProcess } from "./process-predict.ts";

type Batch = Omit<BatchDependencies, "events"> & { redisUrl: string };

/** Two shards at once: one is read and decoded while the other is in the network. */
const SHARDS_AT_ONCE = 2;

/** @returns whether Redis answers */
export async function startBatch(
  { log, metrics, onClose }: ServiceContext,
  { redisUrl, ...parts }: Batch,
): Promise<HealthCheck> {
  const connection = connectWorker(redisUrl);
  onClose("redis", () => connection.close());
  await assertNoEviction(connection);
  const events = createEvents(connection, { metrics });
  onClose("events", () => events.close());
  const deps = { ...parts, events };
  const common = { connection, log, metrics };
  const predict = startWorker({
    ...common,
    queue: "predict",
    concurrency: SHARDS_AT_ONCE,
    process: createPredictProcess(deps),
    onGivenUp: createPredictEnding(deps),
  });
  onClose("predict worker", () => predict.close());
  const collect = startWorker({
    ...common,
    queue: "collect",
    concurrency: 1,
    process: createCollectProcess(deps),
    onGivenUp: createCollectEnding(deps),
  });
  onClose("collect worker", () => collect.close());
  return async () => void (await connection.redis.ping());
}
