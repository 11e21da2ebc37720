// The `collect` job: merges a prediction's answers when all of its shards have ended, well or not.
import type { PayloadOf } from "@ursa/contracts/queues";
import { collectPrediction } from "@ursa/dataset/collect";
import type { JobContext } from "@ursa/queue/run-job";
import type { BatchDependencies } from "./process-predict.ts";

type CollectPayload = PayloadOf<"collect">;
type CollectDependencies = Pick<BatchDependencies, "store" | "catalog" | "events">;

export function createCollectProcess({ store, catalog, events }: CollectDependencies) {
  return async ({ namespace, id }: CollectPayload, { signal, holdFence }: JobContext): Promise<void> => {
    const owner = { namespace, id };
    const record = await catalog.take("prediction", owner);
    holdFence(record.fence);
    const onProgress = (done: number, total: number) => void events.reportProgress(owner, "collect", "0", done, total);
    const collected = await collectPrediction({ store, record, signal, onProgress });
    signal.throwIfAborted();
    await catalog.update("prediction", owner, (current) => ({ ...current, ...collected, state: "ready" }), {
      fence: record.fence,
    });
    await events.publish(owner, { type: "state", state: "ready" });
  };
}
