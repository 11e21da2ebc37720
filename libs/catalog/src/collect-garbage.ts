// Finds, and on request deletes, what nothing needs any more. Records decide what is needed; what is young is never touched,
// because what names it may still be on its way.

import { archivePointerSchema, isArchiveName } from "@ursa/contracts/archive";
import type { Garbage, GarbageKind } from "@ursa/contracts/operations";
import { Problem } from "@ursa/contracts/problem";
import { isFinal } from "@ursa/contracts/record";
import { keys } from "@ursa/store/keys";
import { type ListedObject, ObjectNotFound, type ObjectStore } from "@ursa/store/object-store";
import { findOrphans } from "./find-orphans.ts";
import { listNamespaces } from "./namespaces.ts";
import { readReferences } from "./picture-references.ts";
import { listIds, tryReadRecord } from "./record-files.ts";

/** Runs work while no shard is being fetched, as holdFetchGate does. */
export type HoldFetch = <T>(work: (assertHeld: () => Promise<void>) => Promise<T>) => Promise<T>;

export type CollectOptions = {
  store: ObjectStore;
  holdFetch: HoldFetch;
  dryRun: boolean;
  olderThanMs: number;
  signal: AbortSignal;
};
type Place = CollectOptions & { namespace: string; cutoff: number };

const EXAMPLES = 5;

/**
 * Yields what was found by namespace and kind, and with `dryRun: false` is deleted. Pictures that cannot be held back from downloads
 * are skipped, with the reason. Once `signal` aborts, what was deleted until then is the last that is told.
 */
export async function* collectGarbage(options: CollectOptions): AsyncGenerator<Garbage> {
  const cutoff = Date.now() - options.olderThanMs;
  for await (const namespace of listNamespaces(options.store)) {
    yield* collectIn({ ...options, namespace, cutoff });
  }
}

async function* collectIn(place: Place): AsyncGenerator<Garbage> {
  const { namespace, signal } = place;
  for (const [kind, work] of WORK) {
    const told: Garbage = { kind, namespace, objects: 0, bytes: 0, examples: [] };
    await work(place, told).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (told.objects > 0 || told.skipped) yield told;
    signal.throwIfAborted();
  }
}

const WORK: [GarbageKind, (place: Place, told: Garbage) => Promise<void>][] = [
  // Orphans first: pictures that only they name are garbage then.
  ["orphans", (place, told) => collect(place, told, orphans(place))],
  ["pictures", collectPictures],
  ["uploads", (place, told) => collect(place, told, uploads(place))],
  ["checkpoints", (place, told) => collect(place, told, checkpoints(place))],
];

async function collect(place: Place, told: Garbage, garbage: AsyncIterable<ListedObject>): Promise<void> {
  for await (const object of garbage) {
    place.signal.throwIfAborted();
    if (!place.dryRun && !(await deleteStill(place, object))) continue;
    told.objects += 1;
    told.bytes += object.size;
    if (told.examples.length < EXAMPLES) told.examples.push(object.key);
  }
}

async function collectPictures(place: Place, told: Garbage): Promise<void> {
  const references = await readReferences(place.store, place);
  const unnamed: ListedObject[] = [];
  for await (const object of pictures(place)) if (!references.has(nameOf(object))) unnamed.push(object);
  if (place.dryRun || unnamed.length === 0) return collect(place, told, fromArray(unnamed));
  const held = place.holdFetch(async (assertHeld) => {
    // Shards that ended meanwhile have said what they need; none is at work now.
    await references.catchUp();
    const garbage = unnamed.filter((object) => !references.has(nameOf(object)));
    await collect(place, told, guarded(garbage, assertHeld));
  });
  await held.catch((error) => {
    if (!(error instanceof Problem)) throw error;
    told.skipped = error.message;
  });
}

async function* pictures(place: Place): AsyncGenerator<ListedObject> {
  yield* objects(place, keys.image(place.namespace, ""));
  yield* objects(place, keys.quarantine(place.namespace, ""));
  // Named as their pictures are.
  yield* objects(place, keys.allFeatures(place.namespace));
}

const nameOf = ({ key }: ListedObject): string => key.slice(key.lastIndexOf("/") + 1);

async function* fromArray(list: ListedObject[]): AsyncGenerator<ListedObject> {
  yield* list;
}

async function* guarded(list: ListedObject[], assertHeld: () => Promise<void>): AsyncGenerator<ListedObject> {
  for (const object of list) {
    await assertHeld();
    yield object;
  }
}

async function* objects({ store, cutoff }: Place, prefix: string): AsyncGenerator<ListedObject> {
  for await (const object of store.list(prefix)) if (object.modifiedAt.getTime() < cutoff) yield object;
}

/**
 * Lists, and the bytes of archives that nothing unfinished still takes pictures out of. A dataset that is being planned has no record
 * yet, so the bytes go in the run after the one that took the upload which points at them.
 */
async function* uploads(place: Place): AsyncGenerator<ListedObject> {
  const { namespace } = place;
  const pointed = await archivesPointedAt(place);
  yield* objects(place, keys.upload(namespace, ""));
  const taken = new Set([...(await archivesAtWork(place, "dataset")), ...(await archivesAtWork(place, "prediction"))]);
  for await (const object of objects(place, keys.archive(namespace, ""))) {
    if (!taken.has(nameOf(object)) && !pointed.has(nameOf(object))) yield object;
  }
}

async function archivesPointedAt({ store, namespace }: Place): Promise<Set<string>> {
  const pointed = new Set<string>();
  for await (const { key } of store.list(keys.upload(namespace, ""))) {
    if (!isArchiveName(key)) continue;
    const stored = await store.get(key).catch((error) => {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    });
    if (stored) pointed.add(archivePointerSchema.parse(JSON.parse(stored.body.toString("utf8"))).archive);
  }
  return pointed;
}

async function archivesAtWork({ store, namespace }: Place, kind: "dataset" | "prediction"): Promise<string[]> {
  const taken: string[] = [];
  for (const id of await listIds(store, kind, namespace)) {
    const record = await tryReadRecord(store, kind, { namespace, id });
    if (record && !isFinal(record.state)) taken.push(...(record.archives ?? []).map(({ archive }) => archive));
  }
  return taken;
}

/** Of models that have ended: whoever goes on from one takes the weights of its stages. */
async function* checkpoints(place: Place): AsyncGenerator<ListedObject> {
  const { store, namespace, cutoff } = place;
  for (const id of await listIds(store, "model", namespace)) {
    const model = await tryReadRecord(store, "model", { namespace, id });
    if (!model || !isFinal(model.state) || Date.parse(model.updatedAt) >= cutoff) continue;
    yield* objects(place, keys.model.checkpoints({ namespace, id }));
  }
}

async function* orphans(place: Place): AsyncGenerator<ListedObject> {
  const { store, namespace, cutoff } = place;
  for await (const prefix of findOrphans(store, namespace, Date.now() - cutoff)) yield* objects(place, prefix);
}

/** @returns false for what was written anew since it was listed */
async function deleteStill({ store, cutoff }: Place, { key }: ListedObject): Promise<boolean> {
  for await (const now of store.list(key)) {
    if (now.key !== key) break;
    if (now.modifiedAt.getTime() >= cutoff) return false;
    await store.delete(key);
    return true;
  }
  return false;
}
