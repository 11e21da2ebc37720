// A page of records, newest first: ids sort by time, so a cursor is the last id seen and new records never shift a page.
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, type ListedState, type RecordState } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { keyOf, listIds, type RecordOf, tryReadRecord } from "./record-files.ts";
import type { RecordIndex } from "./record-index.ts";

export type RecordQuery = { cursor?: string | undefined; limit: number; state?: ListedState | undefined };
export type RecordPage<K extends RecordKind> = { items: RecordOf<K>[]; next?: string };

/** Records read for one page, so that a rare state among many records costs many pages and not one endless request. */
const MAX_READ = 1000;
/** Records read at once. */
const BATCH = 50;

type Backing = {
  store: ObjectStore;
  index: RecordIndex | undefined;
  /** Keys of records that were seen to have ended: asked again for what has not, they are not read again. */
  ended: Set<string>;
};

export async function listRecords<K extends RecordKind>(
  { store, index, ended }: Backing,
  kind: K,
  { namespace, cursor, limit, state }: RecordQuery & { namespace: string },
): Promise<RecordPage<K>> {
  const idsBefore = createIdSource({ store, index }, kind, namespace);
  const items: RecordOf<K>[] = [];
  let before = cursor === undefined ? undefined : decodeCursor(cursor);
  for (let read = 0; read < MAX_READ && items.length < limit; ) {
    const ids = await idsBefore(before, state ? BATCH : Math.min(BATCH, limit - items.length));
    if (ids.length === 0) return { items };
    read += ids.length;
    const keyFor = (id: string) => keyOf(kind, { namespace, id });
    const open = state === "unfinished" ? ids.filter((id) => !ended.has(keyFor(id))) : ids;
    const records = await Promise.all(open.map((id) => tryReadRecord(store, kind, { namespace, id })));
    const there = records.filter((record) => record !== undefined);
    for (const record of there.filter(({ state: now }) => isFinal(now))) ended.add(keyFor(record.id));
    items.push(...there.filter((record) => isWanted(record.state, state)).slice(0, limit - items.length));
    // A full page goes on after its last item: the rest of the batch belongs to the next one.
    before = items.length === limit ? items.at(-1)?.id : ids.at(-1);
  }
  const hasMore = (await idsBefore(before, 1)).length > 0;
  return { items, ...(hasMore && before ? { next: encodeCursor(before) } : {}) };
}

type IdSource = (before: string | undefined, limit: number) => Promise<string[]>;

const isWanted = (now: RecordState, state: ListedState | undefined): boolean =>
  state === "unfinished" ? !isFinal(now) : state === undefined || now === state;

/** Ids from the index or, from the first time it cannot answer, from one listing of the store, which fills the index again. */
function createIdSource(
  { store, index }: { store: ObjectStore; index: RecordIndex | undefined },
  kind: RecordKind,
  namespace: string,
): IdSource {
  let listed: string[] | undefined;
  return async (before, limit) => {
    const ids = listed ? undefined : await index?.page(kind, namespace, { before, limit });
    if (ids) return ids;
    if (!listed) {
      listed = await listIds(store, kind, namespace);
      await index?.fill(kind, namespace, listed);
      listed.reverse();
    }
    const from = before === undefined ? 0 : listed.findIndex((id) => id < before);
    return from === -1 ? [] : listed.slice(from, from + limit);
  };
}

const encodeCursor = (id: string): string => Buffer.from(id).toString("base64url");

function decodeCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString();
  if (/^[a-z]+_[0-9A-Z]{26}$/.test(id)) return id;
  throw new Problem(
    "invalid_request",
    "The cursor is not one that this list gave; leave it out to start from the newest.",
  );
}
