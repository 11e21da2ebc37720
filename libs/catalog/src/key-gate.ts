// Is this token good, asked of every request. What was read of a key is believed for a moment, so that a request seldom waits for
// the store, and for longer while the store is away. docs/keys.md promises what the numbers here keep.
import { timingSafeEqual } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Key } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { hashOf, noteUse, readKey, type StoredKey } from "./api-keys.ts";

export type VerifiedKey = Pick<Key, "id" | "namespace" | "scopes">;
export type KeyGate = {
  /** Throws Problem key_unknown, key_revoked or key_expired; store_unavailable where the store is away and nothing is known. */
  verify(token: string): Promise<VerifiedKey>;
};

/** A revocation is seen everywhere within this, and the time one read takes. */
const FRESH_MS = 2000;
/** A read that takes longer is not waited for where something is known already. */
const PATIENCE_MS = 1000;
/** Without the store nobody can revoke either, unless only this replica is cut off: so long and no longer. */
const OUTAGE_MS = 60_000;
/** Ids that strangers make up cost one listing of the keys in this time, however many they are. */
const LIST_EVERY_MS = 1000;
/** Of ids that are none, the last so many are answered at once: whoever has a wrong key tries it again and again. */
const MAX_ABSENT = 1000;
const USE_EVERY_MS = 60_000;

const TOKEN = /^ursa_(key_[0-9A-HJKMNP-TV-Z]{26})_([\w-]{43})$/;

/** `key` is undefined where it was taken out of the store by hand. `readAt` in ms of `now`. */
type Known = { key: StoredKey | undefined; readAt: number };
type Limits = { freshMs?: number; outageMs?: number; patienceMs?: number; listEveryMs?: number };

/**
 * @param options.now milliseconds that only grow
 * @param options.onError hears of a use that could not be noted
 */
export function createKeyGate(
  store: ObjectStore,
  options: { now?: () => number; onError?: (error: unknown) => void; limits?: Limits } = {},
): KeyGate {
  const { now = () => performance.now(), onError = () => {} } = options;
  const lookUp = createLookUp(store, { now, ...options.limits });
  const notedAt = new Map<string, number>();
  const note = (id: string) => {
    if (now() - (notedAt.get(id) ?? Number.NEGATIVE_INFINITY) < USE_EVERY_MS) return;
    notedAt.set(id, now());
    void noteUse(store, id).catch(onError);
  };
  return {
    async verify(token) {
      const [, id, secret] = TOKEN.exec(token) ?? [];
      if (!id || !secret) throw unknown();
      const key = await lookUp(id);
      // Nothing of a key is told to whoever does not have its secret, not even that it was revoked.
      if (!key || !isEqual(hashOf(secret), key.secretSha256)) throw unknown();
      if (key.revokedAt) throw new Problem("key_revoked", `The key ${id} was revoked at ${key.revokedAt}.`);
      if (key.expiresAt && Date.parse(key.expiresAt) <= Date.now())
        throw new Problem("key_expired", `The key ${id} expired at ${key.expiresAt}.`);
      note(id);
      return { id, namespace: key.namespace, scopes: key.scopes };
    },
  };
}

const unknown = () =>
  new Problem("key_unknown", "This Ursa knows no such key; compare it with what was shown when it was made.");

/** Both are hashes in hex, so the same length; the time it takes tells nothing of where they differ. */
const isEqual = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** One read of a key at a time, however many ask; what is not a key's id is not read at all. */
function createLookUp(store: ObjectStore, { now, ...limits }: Limits & { now: () => number }) {
  const { freshMs = FRESH_MS, outageMs = OUTAGE_MS, patienceMs = PATIENCE_MS } = limits;
  const isListed = createListing(store, limits.listEveryMs ?? LIST_EVERY_MS);
  const absent = new Map<string, number>();
  const isAbsent = async (id: string) => {
    if (now() - (absent.get(id) ?? Number.NEGATIVE_INFINITY) < freshMs) return true;
    if (await isListed(id)) return false;
    absent.delete(id);
    absent.set(id, now());
    const [oldest] = absent.keys();
    if (absent.size > MAX_ABSENT && oldest) absent.delete(oldest);
    return true;
  };
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<Known>>();
  const read = async (id: string): Promise<Known> => {
    const readAt = now();
    const entry = { key: (await readKey(store, id))?.value, readAt };
    known.set(id, entry);
    return entry;
  };
  return async (id: string): Promise<StoredKey | undefined> => {
    const before = known.get(id);
    if (before && now() - before.readAt < freshMs) return before.key;
    if (!before && (await isAbsent(id))) return undefined;
    const asked = reading.get(id) ?? read(id).finally(() => reading.delete(id));
    reading.set(id, asked);
    if (!before?.key) return (await asked).key;
    return (await orElse(asked, before, { patienceMs, isOver: () => now() - before.readAt >= outageMs })).key;
  };
}

/**
 * Whether there is a key of this id. One that is not known yet is looked for in a listing that begins after it was asked for, so that a
 * key that another replica has just made is found.
 */
function createListing(store: ObjectStore, everyMs: number): (id: string) => Promise<boolean> {
  const ids = new Set<string>();
  let isDue: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;
  const list = async () => {
    for await (const { key } of store.list(keys.apiKeys)) ids.add(key);
  };
  const begin = () => {
    next = undefined;
    const listing = list();
    isDue = Promise.allSettled([listing, delay(everyMs, undefined, { ref: false })]);
    return listing;
  };
  return async (id) => {
    const key = keys.apiKey(id);
    if (ids.has(key)) return true;
    next ??= isDue.then(begin);
    await next;
    return ids.has(key);
  };
}

/** What is read, or what was known where the store is away; until that is too old, which is the store's failure then. */
async function orElse(
  asked: Promise<Known>,
  before: Known,
  { patienceMs, isOver }: { patienceMs: number; isOver: () => boolean },
): Promise<Known> {
  if (isOver()) return asked;
  const given = new AbortController();
  try {
    return await Promise.race([asked, delay(patienceMs, before, { signal: given.signal })]);
  } catch (error) {
    if (isOver()) throw error;
    return before;
  } finally {
    given.abort();
  }
}
