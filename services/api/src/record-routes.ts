// What the routes of datasets, models, predictions, evaluations, inspections and regressions have in common: live progress, cancel, delete.
import { cancelRecord as cancel } from "@ursa/catalog/cancel-record";
import type { RecordOf } from "@ursa/catalog/catalog";
import { removeDraft } from "@ursa/catalog/drafts";
import type { JobKind, RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { keys } from "@ursa/store/keys";
import type { Dependencies } from "./dependencies.ts";

type Owner = { namespace: string; id: string };

/** A dataset of a million URLs has some twelve thousand objects. */
const DELETED_AT_ONCE = 32;

/** The record with its latest live progress while it is under way. Progress is lost with Redis; the record is not. */
export async function withProgress<R extends Owner & { state: RecordOf<RecordKind>["state"] }>(
  deps: Dependencies,
  record: R,
): Promise<R> {
  if (isFinal(record.state)) return record;
  const progress = await deps.events.latestProgress(record);
  return progress ? { ...record, progress } : record;
}

/** Cancels what has not ended, and tells its followers. @throws Problem already_final, not_found */
export async function cancelRecord<K extends JobKind>(deps: Dependencies, kind: K, owner: Owner): Promise<RecordOf<K>> {
  const record = await cancel(deps, kind, owner);
  await deps.events.publish(owner, { type: "state", state: "cancelled" });
  return record;
}

/** Deletes a record that has ended and all that is its own; shared pictures stay. */
export async function deleteRecord(deps: Dependencies, kind: JobKind, owner: Owner): Promise<undefined> {
  const { catalog } = deps;
  assertEnded(await catalog.get(kind, owner.namespace, owner.id));
  const users = kind === "dataset" || kind === "model" ? await catalog.usersOf(kind, owner) : [];
  if (users.length > 0) {
    const more = users.length > 3 ? ` and ${users.length - 3} more` : "";
    const named = `${users.slice(0, 3).join(", ")}${more}`;
    throw new Problem("in_use", `${owner.id} is still needed by ${named}; delete what needs it first.`);
  }
  return deleteOwn(deps, kind, owner);
}

/** @throws Problem still_running */
export function assertEnded({ id, state }: Pick<RecordOf<RecordKind>, "id" | "state">): void {
  if (!isFinal(state)) throw new Problem("still_running", `${id} is ${state}; cancel it first.`);
}

/** The record goes last, so that a delete that was cut short can be asked for again. */
export async function deleteOwn(deps: Dependencies, kind: RecordKind, owner: Owner): Promise<undefined> {
  if (kind === "dataset") await removeDraft(deps.store, owner);
  await deleteObjects(deps, keys[kind].all(owner));
  await deps.events.clear(owner);
  await deps.catalog.remove(kind, owner);
  // Not waited for: a Redis that is away holds up no delete.
  void deps.quotas.noteFreed(owner.namespace);
  return undefined;
}

async function deleteObjects({ store }: Dependencies, prefix: string): Promise<void> {
  let pending: string[] = [];
  const flush = () => Promise.all(pending.map((key) => store.delete(key)));
  for await (const { key } of store.list(prefix)) {
    pending.push(key);
    if (pending.length < DELETED_AT_ONCE) continue;
    await flush();
    pending = [];
  }
  await flush();
}
