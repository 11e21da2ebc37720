// What lies under an id that has no record: a worker that was cancelled may write once more after its record was deleted, and a
// create that died may have left its plan. Or the record was lost and is about to be restored, so nothing deletes it unasked.
import { ID_PREFIX, type RecordKind } from "@ursa/contracts/ids";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { decodeTime } from "ulid";
import { keyOf } from "./record-files.ts";

/** Yields what the keys of each orphan begin with whose id was made longer ago than `graceMs`: a create writes its plan before its record. */
export async function* findOrphans(store: ObjectStore, namespace: string, graceMs: number): AsyncGenerator<string> {
  for await (const { kind, id } of idsOf(store, namespace)) {
    const owner = { namespace, id };
    if (await isOrphan(store, kind, { ...owner, graceMs })) yield keys[kind].all(owner);
  }
}

async function* idsOf(store: ObjectStore, namespace: string): AsyncGenerator<{ kind: RecordKind; id: string }> {
  // Object.keys of a const object yields exactly its keys.
  for (const kind of Object.keys(ID_PREFIX) as RecordKind[]) {
    for await (const id of idsBelow(store, keys.ofKind(namespace, kind))) yield { kind, id };
  }
}

async function isOrphan(
  store: ObjectStore,
  kind: RecordKind,
  { namespace, id, graceMs }: { namespace: string; id: string; graceMs: number },
): Promise<boolean> {
  const [prefix, ulid = ""] = id.split("_");
  // What is not named like ours is not ours to delete.
  if (prefix !== ID_PREFIX[kind] || !/^[0-9A-Z]{26}$/.test(ulid)) return false;
  if (Date.now() - decodeTime(ulid) < graceMs) return false;
  return (await store.head(keyOf(kind, { namespace, id }))) === undefined;
}

/** The names directly below a prefix, found by one short listing each. */
async function* idsBelow(store: ObjectStore, prefix: string): AsyncGenerator<string> {
  let after: string | undefined;
  for (;;) {
    const id = await firstBelow(store, prefix, after);
    if (id === undefined) return;
    yield id;
    // "~" sorts after every character a key may have, so the listing goes on behind this id's last object.
    after = `${prefix}${id}/~`;
  }
}

async function firstBelow(store: ObjectStore, prefix: string, after: string | undefined): Promise<string | undefined> {
  for await (const { key } of store.list(prefix, after === undefined ? {} : { after })) {
    return key.slice(prefix.length).split("/")[0];
  }
  return undefined;
}
