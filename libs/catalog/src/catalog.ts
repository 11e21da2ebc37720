// Records and the rules they live by: legal state moves, fences, and compare-and-swap for every change.
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { isFinal, LEGAL_MOVES, type RecordState } from "@ursa/contracts/record";
import type { ObjectStore } from "@ursa/store/object-store";
import { isWritten, untilWon } from "./compare-and-swap.ts";
import { sweepIdempotency } from "./idempotency.ts";
import { listNamespaces } from "./namespaces.ts";
import * as files from "./record-files.ts";
import type { RecordIndex } from "./record-index.ts";
import { listRecords, type RecordPage, type RecordQuery } from "./record-list.ts";
import { findUsedModels, findUsers } from "./record-users.ts";
import { tidyTold } from "./told.ts";

export type RecordOf<K extends RecordKind> = files.RecordOf<K>;
export type Unfinished = { [K in RecordKind]: { kind: K; record: RecordOf<K> } }[RecordKind];
type Owner = files.Owner;

export interface Catalog {
  /** Create once. A repeat with the same id returns what is stored, so that a retry after a crash is harmless. */
  create<K extends RecordKind>(kind: K, record: RecordOf<K>): Promise<RecordOf<K>>;
  /** Throws Problem not_found. */
  get<K extends RecordKind>(kind: K, namespace: string, id: string): Promise<RecordOf<K>>;
  /**
   * Applies `change` to the record as it is now, again if someone else was faster; returning the same object leaves it alone.
   * Sets `updatedAt`, and `endedAt` when the record ends. Throws FenceLost when a `fence` is given and the record has another one or has ended, Problem
   * already_final for a move out of a final state, IllegalMove for another that LEGAL_MOVES lacks, Problem conflict after many tries.
   */
  update<K extends RecordKind>(
    kind: K,
    owner: Owner,
    change: (record: RecordOf<K>) => RecordOf<K>,
    options?: { fence?: number },
  ): Promise<RecordOf<K>>;
  /** For a worker: raises the fence and sets `running`. Every later write carries that fence. Throws Problem already_final. */
  take<K extends RecordKind>(kind: K, owner: Owner): Promise<RecordOf<K>>;
  /** Newest first. With a `state`, a page may have fewer than `limit` items though `next` says that more follow. */
  list<K extends RecordKind>(kind: K, namespace: string, query: RecordQuery): Promise<RecordPage<K>>;
  /** Idempotent. */
  remove(kind: RecordKind, owner: Owner): Promise<void>;
  /** What still refers to a dataset or model: ids of models, of running predictions, evaluations, inspections and sweeps, names of aliases. */
  usersOf(kind: "dataset" | "model", owner: Owner): Promise<string[]>;
  /** Ids of the models that something still refers to, as `usersOf` counts it. */
  usedModels(namespace: string): Promise<Set<string>>;
  /** Every record of every namespace that has not ended. */
  unfinished(): AsyncIterable<Unfinished>;
  /** Fills the index from the store. */
  rebuildIndex(): Promise<void>;
  /** Deletes Idempotency-Keys that have expired, and what was noted of webhooks long ago. */
  tidy(): Promise<void>;
}

/** The writer no longer owns the record: another worker took it, or it has ended. Stop, and write nothing more. */
export class FenceLost extends Error {
  override name = "FenceLost";
}
/** A programming error: LEGAL_MOVES does not have this move. */
export class IllegalMove extends Error {
  override name = "IllegalMove";
}

/** Told of each record in the moment it has ended, by whoever ended it. May not reject. */
export type OnEnded = (kind: RecordKind, record: RecordOf<RecordKind>) => Promise<void>;
type CatalogOptions = { store: ObjectStore; index?: RecordIndex; onEnded?: OnEnded };

export function createCatalog({ store, index, onEnded }: CatalogOptions): Catalog {
  /** Keys of records that were seen to have ended: they never change again, so they are not read again. */
  const ended = new Set<string>();
  return {
    create: async (kind, record) => createRecord({ store, index }, kind, record),
    get: async (kind, namespace, id) => (await files.readRecord(store, kind, { namespace, id })).record,
    update: (kind, owner, ...[change, options]) =>
      swapRecord({ store, onEnded }, kind, { owner, change, fence: options?.fence }),
    take: (kind, owner) =>
      swapRecord({ store, onEnded }, kind, {
        owner,
        change: (record) => ({ ...record, state: "running", fence: record.fence + 1 }),
      }),
    list: (kind, namespace, query) => listRecords({ store, index, ended }, kind, { namespace, ...query }),
    async remove(kind, owner) {
      await store.delete(files.keyOf(kind, owner));
      await index?.remove(kind, owner);
    },
    usersOf: (kind, owner) => findUsers(store, kind, owner),
    usedModels: (namespace) => findUsedModels(store, namespace),
    unfinished: () => listUnfinished(store, ended),
    rebuildIndex: async () => {
      if (index) await fillIndex(store, index);
    },
    async tidy() {
      for await (const namespace of listNamespaces(store)) {
        await sweepIdempotency(store, namespace);
        await tidyTold(store, namespace);
      }
    },
  };
}

type Backing = { store: ObjectStore; index: RecordIndex | undefined };

async function createRecord<K extends RecordKind>(
  { store, index }: Backing,
  kind: K,
  record: RecordOf<K>,
): Promise<RecordOf<K>> {
  const isNew = await isWritten(files.writeRecord(store, kind, { record, condition: { ifNoneMatch: "*" } }));
  const stored = isNew ? record : (await files.readRecord(store, kind, record)).record;
  await index?.add(kind, record);
  return stored;
}

type Swap<K extends RecordKind> = {
  owner: Owner;
  change: (record: RecordOf<K>) => RecordOf<K>;
  fence?: number | undefined;
};

type Swapping = { store: ObjectStore; onEnded: OnEnded | undefined };

async function swapRecord<K extends RecordKind>(
  { store, onEnded }: Swapping,
  kind: K,
  { owner, change, fence }: Swap<K>,
): Promise<RecordOf<K>> {
  let hasEnded = false;
  const won = await untilWon(`${kind} ${owner.id}`, async () => {
    const before = await files.readRecord(store, kind, owner);
    const { record, etag } = before;
    if (fence !== undefined) assertFence(record, fence);
    const changed = change(record);
    if (changed === record) return { won: record };
    assertLegal(record, changed);
    const now = new Date().toISOString();
    hasEnded = isFinal(changed.state) && !isFinal(record.state);
    const next = { ...changed, updatedAt: now, ...(hasEnded ? { endedAt: now } : {}) };
    const write = files.writeRecord(store, kind, { record: next, condition: { ifMatch: etag }, before });
    return (await isWritten(write)) ? { won: next } : undefined;
  });
  if (hasEnded) await onEnded?.(kind, won);
  return won;
}

type Ruled = { id: string; namespace: string; state: RecordState; fence: number };

function assertFence({ id, state, fence }: Ruled, held: number): void {
  if (isFinal(state)) throw new FenceLost(`${id} is ${state}: nothing more is written to it.`);
  if (fence !== held) throw new FenceLost(`${id} is with the worker of fence ${fence}; this one holds ${held}.`);
}

function assertLegal(before: Ruled, after: Ruled): void {
  if (after.id !== before.id || after.namespace !== before.namespace || after.fence < before.fence) {
    throw new IllegalMove(`A change of ${before.id} may not touch its id or namespace, nor lower its fence.`);
  }
  if (after.state === before.state && !(isFinal(before.state) && after.fence > before.fence)) return;
  if (isFinal(before.state)) throw new Problem("already_final", `${before.id} is ${before.state} already.`);
  if (LEGAL_MOVES[before.state].includes(after.state)) return;
  throw new IllegalMove(`${before.id} is ${before.state} and cannot become ${after.state}.`);
}

async function* listUnfinished(store: ObjectStore, ended: Set<string>): AsyncGenerator<Unfinished> {
  for await (const { kind, key, owner } of listFiles(store)) {
    const record = ended.has(key) ? undefined : await files.tryReadRecord(store, kind, owner);
    if (!record) continue;
    if (isFinal(record.state)) ended.add(key);
    // `record` was read as this very kind.
    else yield { kind, record } as Unfinished;
  }
}

type Place = { kind: RecordKind; namespace: string };

async function* listFiles(store: ObjectStore): AsyncGenerator<{ kind: RecordKind; key: string; owner: Owner }> {
  for await (const { kind, namespace } of listPlaces(store)) {
    for await (const { key } of store.list(files.prefixOf(kind, namespace))) {
      yield { kind, key, owner: { namespace, id: files.idOf(key) } };
    }
  }
}

async function* listPlaces(store: ObjectStore): AsyncGenerator<Place> {
  for await (const namespace of listNamespaces(store)) {
    for (const kind of files.RECORD_KINDS) yield { kind, namespace };
  }
}

async function fillIndex(store: ObjectStore, index: RecordIndex): Promise<void> {
  for await (const { kind, namespace } of listPlaces(store)) {
    await index.fill(kind, namespace, await files.listIds(store, kind, namespace));
  }
}
