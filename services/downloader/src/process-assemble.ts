// The `assemble` job: merges a dataset's shards when all of them have ended, well or not.
import type { Catalog } from "@ursa/catalog/catalog";
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { assembleDataset } from "@ursa/dataset/assemble";
import type { Events } from "@ursa/queue/progress";
import type { Held, JobContext } from "@ursa/queue/run-job";
import type { Metrics } from "@ursa/service/metrics";
import type { ObjectStore } from "@ursa/store/object-store";
import { countDataset } from "./count-downloads.ts";
import { pace } from "./pace.ts";

export type AssembleDependencies = {
  store: ObjectStore;
  catalog: Catalog;
  events: Pick<Events, "publish" | "reportProgress">;
  metrics: Metrics;
};
type AssemblePayload = PayloadOf<"assemble">;

export function createAssembleProcess({ store, catalog, events, metrics }: AssembleDependencies) {
  return async ({ namespace, id }: AssemblePayload, { signal, holdFence }: JobContext): Promise<void> => {
    const owner = { namespace, id };
    const record = await catalog.take("dataset", owner);
    holdFence(record.fence);
    const onProgress = pace((done: number, total: number) =>
      events.reportProgress(owner, "assemble", "0", done, total),
    );
    const assembled = await assembleDataset({ store, record, signal, onProgress });
    signal.throwIfAborted();
    await events.reportProgress(owner, "assemble", "0", 2 * record.shards, 2 * record.shards);
    const state = assembled.error ? "failed" : "ready";
    const { error } = await catalog.update("dataset", owner, (current) => ({ ...current, ...assembled, state }), {
      fence: record.fence,
    });
    countDataset(metrics, assembled.counts);
    await events.publish(owner, { type: "state", state, ...(error ? { error } : {}) });
  };
}

/** Writes into the record why there will be no dataset. */
export function createAssembleEnding({ catalog, events }: Pick<AssembleDependencies, "catalog" | "events">) {
  return async ({ namespace, id }: AssemblePayload, error: RecordError, held: Held): Promise<void> => {
    const owner = { namespace, id };
    if (isFinal((await catalog.get("dataset", namespace, id)).state)) return;
    await catalog.update("dataset", owner, (current) => ({ ...current, state: "failed", error }), held);
    await events.publish(owner, { type: "state", state: "failed", error });
  };
}
