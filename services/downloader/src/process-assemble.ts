// The `assemble` job: merges a dataset's shards when all of them have ended, well or not.
import type { Catalog } from "@ursa/catalog/catalog";
import type { Dataset } from "@ursa/contracts/dataset";
import { Problem } from "@ursa/contracts/problem";
import type { PayloadOf } from "@ursa/contracts/queues";
import { isFinal, type RecordError } from "@ursa/contracts/record";
import { assembleDataset } from "@ursa/dataset/assemble";
import { readEdits } from "@ursa/dataset/committed-edits";
import { type Base, baseOf } from "@ursa/dataset/version-rows";
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
    // Nothing was fetched before, so nobody has said that it began.
    if (record.shards === 0) await events.publish(owner, { type: "state", state: "running" });
    const base = await openBase({ store, catalog }, record);
    const assembled = await assembleDataset({ store, record, base, signal, onProgress });
    signal.throwIfAborted();
    await events.reportProgress(owner, "assemble", "0", 2 * record.listed, 2 * record.listed);
    const state = assembled.error ? "failed" : "ready";
    const { error } = await catalog.update("dataset", owner, (current) => ({ ...current, ...assembled, state }), {
      fence: record.fence,
    });
    countDataset(metrics, assembled.counts);
    await events.publish(owner, { type: "state", state, ...(error ? { error } : {}) });
  };
}

/** What a later version is made of: its parent, which cannot be deleted while it is there. */
async function openBase(
  { store, catalog }: Pick<AssembleDependencies, "store" | "catalog">,
  record: Dataset,
): Promise<Base | undefined> {
  if (!record.parent) return undefined;
  const { state, manifest } = await catalog.get("dataset", record.namespace, record.parent.id);
  // Only a dataset with a manifest has later versions.
  if (!manifest) throw new Problem("dataset_not_ready", `${record.parent.id} has no items.`);
  return baseOf({ state, manifest }, await readEdits(store, record));
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
