// What ended lately in a namespace, off its records. One that has ended is read once: its end never changes.
import type { RecordKind } from "@ursa/contracts/ids";
import { isFinal } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { idOf, prefixOf, RECORD_KINDS, type RecordOf, tryReadRecord } from "./record-files.ts";

export type Ended = Pick<RecordOf<RecordKind>, "namespace" | "id" | "state" | "error"> & { endedAt: string };
type Known = { kind: RecordKind; record: Ended } | "no job ended";

/** @returns what yields the records of a namespace that ended at `since` (Unix milliseconds) or later */
export function createRecentEndings(store: ObjectStore) {
  const seen = new Map<string, Map<string, Known>>();
  return async function* endedIn(
    namespace: string,
    since: number,
  ): AsyncGenerator<{ kind: RecordKind; record: Ended }> {
    const before = seen.get(namespace);
    const now = new Map<string, Known>();
    // What is not met again, because it is gone or too old, is forgotten.
    seen.set(namespace, now);
    for await (const { kind, key } of changedSince(store, namespace, since)) {
      const known = before?.get(key) ?? (await readEnding(store, kind, { namespace, id: idOf(key) }));
      if (!known) continue;
      now.set(key, known);
      if (known !== "no job ended" && Date.parse(known.record.endedAt) >= since) yield known;
    }
  };
}

async function* changedSince(store: ObjectStore, namespace: string, since: number) {
  for (const kind of RECORD_KINDS) yield* changedOf(store, kind, { namespace, since });
}

async function* changedOf(store: ObjectStore, kind: RecordKind, where: { namespace: string; since: number }) {
  for await (const { key, modifiedAt } of store.list(prefixOf(kind, where.namespace)))
    if (modifiedAt.getTime() >= where.since) yield { kind, key };
}

/** Undefined while it goes on, and when it is gone. */
async function readEnding(
  store: ObjectStore,
  kind: RecordKind,
  owner: { namespace: string; id: string },
): Promise<Known | undefined> {
  const record = await tryReadRecord(store, kind, owner);
  if (!record || !isFinal(record.state)) return undefined;
  const ended = endingOf(record);
  return ended ? { kind, record: ended } : "no job ended";
}

/** Undefined of what was imported, or ended under a version that had no webhooks. */
export function endingOf({ namespace, id, state, error, endedAt }: RecordOf<RecordKind>): Ended | undefined {
  return endedAt ? { namespace, id, state, endedAt, ...(error ? { error } : {}) } : undefined;
}
