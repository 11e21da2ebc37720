// The `collect` job: merges a prediction's answers when all of its shards have ended, well or not.
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { collectPrediction } from "@ursa/dataset/collect";
import type { Held, JobContext } from "@ursa/queue/run-job";
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

/** Writes into the record why there will be no results. */
export function createCollectEnding({ catalog, events }: Omit<CollectDependencies, "store">) {
  return async ({ namespace, id }: CollectPayload, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get("prediction", namespace, id)).state)) return;
    await catalog.update("prediction", owner, (current) => ({ ...current, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}
