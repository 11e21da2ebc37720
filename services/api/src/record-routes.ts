// What the routes of datasets, models and predictions have in common: cancel, follow, live progress, deleting what lies under a prefix.
import type { RecordOf } from "@ursa/catalog/catalog";
import type { UrsaEvent } from "@ursa/contracts/events";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import type { RequestInfo } from "@ursa/http/handlers";
import type { Dependencies } from "./dependencies.ts";
import { headerOf } from "./header-of.ts";

type Owner = { namespace: string; id: string };

/** Cancels what is not final; a worker in the middle of it notices within seconds and its later writes are refused. */
export async function cancelRecord<K extends RecordKind>(
  deps: Dependencies,
  kind: K,
  owner: Owner,
): Promise<RecordOf<K>> {
  const record = await deps.catalog.update(kind, owner, (current) => {
    if (isFinal(current.state)) throw new Problem("already_final", `${owner.id} is ${current.state} already.`);
    return { ...current, state: "cancelled", error: { code: "cancelled", message: "Cancelled on request." } };
  });
  await deps.producer.cancel(kind, record);
  await deps.events.publish(owner, { type: "state", state: "cancelled" });
  return record;
}

/** The record with its latest live progress while it is under way. Progress is lost with Redis; the record is not. */
export async function withProgress<R extends Owner & { state: RecordOf<RecordKind>["state"] }>(
  deps: Dependencies,
  record: R,
): Promise<R> {
  if (isFinal(record.state)) return record;
  const progress = await deps.events.latestProgress(record).catch(() => undefined);
  return progress ? { ...record, progress } : record;
}

/** The request of a follower; its `id` is the record's. */
type Follower = RequestInfo;
type Sent = { id?: string; data: UrsaEvent };

/** Events until a final state. The record decides what is final, so a lost event stream cannot leave a follower hanging. */
export async function followRecord<K extends RecordKind>(
  deps: Dependencies,
  kind: K,
  follower: Follower,
): Promise<AsyncIterable<Sent>> {
  const { namespace, id } = follower;
  const record = await deps.catalog.get(kind, namespace, id);
  if (isFinal(record.state)) return replay(deps, follower, record);
  return follow(deps, kind, follower);
}

async function* replay(deps: Dependencies, follower: Follower, record: RecordOf<RecordKind>): AsyncGenerator<Sent> {
  yield* deps.events.backlog(follower, headerOf(follower, "last-event-id"));
  yield { data: finalEvent(record) };
}

async function* follow<K extends RecordKind>(deps: Dependencies, kind: K, follower: Follower): AsyncGenerator<Sent> {
  const { namespace, id, signal } = follower;
  const after = headerOf(follower, "last-event-id");
  const options = { signal, ...(after ? { after } : {}), idleMs: IDLE_CHECK_MS };
  for await (const event of deps.events.follow({ namespace, id }, options)) {
    if (event && !(event.data.type === "state" && isFinal(event.data.state))) {
      yield event;
      continue;
    }
    // Quiet for a while, or told of the end: ask the record, which is the truth.
    const record = await deps.catalog.get(kind, namespace, id);
    if (!isFinal(record.state)) continue;
    yield { ...(event ? { id: event.id } : {}), data: finalEvent(record) };
    return;
  }
}

/** How long a stream may be silent before the record is asked; covers a Redis that lost its events. */
const IDLE_CHECK_MS = 5_000;

const finalEvent = (record: RecordOf<RecordKind>): UrsaEvent => ({
  type: "state",
  state: record.state,
  ...(record.error ? { error: record.error } : {}),
});

/** Deletes every object under a prefix. Safe to repeat. */
export async function deleteObjects({ store }: Dependencies, prefix: string): Promise<void> {
  for await (const { key } of store.list(prefix)) await store.delete(key);
}
