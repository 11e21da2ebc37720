// Is this token good, asked of every request. What was read of a key is believed for a moment, so that a request seldom waits for
// the store, and for longer while the store is away. docs/keys.md promises what the numbers here keep.
import { setTimeout as delay } from "node:timers/promises";
import type { Key } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { noteUse, readKey } from "./api-keys.ts";
import { findSecret, hashOf, type StoredKey } from "./stored-key.ts";

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
/** A key's secret that is not known may be a new one: so much time lies between two reads for its sake, however many are tried. */
const REREAD_EVERY_MS = 250;
/** Of ids and secrets that are none, the last so many are answered at once: whoever has a wrong key tries it again and again. */
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
  const note = (object: string) => {
    if (now() - (notedAt.get(object) ?? Number.NEGATIVE_INFINITY) < USE_EVERY_MS) return;
    notedAt.set(object, now());
    void noteUse(store, object).catch(onError);
  };
  return {
    async verify(token) {
      const [, id, secret] = TOKEN.exec(token) ?? [];
      if (!id || !secret) throw unknown();
      // Nothing of a key is told to whoever does not have its secret, not even that it was revoked.
      const { key, until } = await findKey(lookUp, id, hashOf(secret));
      if (key.revokedAt) throw new Problem("key_revoked", `The key ${id} was revoked at ${key.revokedAt}.`);
      if (isOver(key.expiresAt)) throw new Problem("key_expired", `The key ${id} expired at ${key.expiresAt}.`);
      if (isOver(until))
        throw new Problem("key_expired", `The key ${id} was given a new secret, and this one ended at ${until}.`);
      note(until ? keys.formerKeyUse(id) : keys.apiKeyUse(id));
      return { id, namespace: key.namespace, scopes: key.scopes };
    },
  };
}

const isOver = (end: string | undefined): boolean => end !== undefined && Date.parse(end) <= Date.now();

type LookUp = ReturnType<typeof createLookUp>;

/** @returns `until`: the end of a secret that was replaced. @throws Problem key_unknown */
async function findKey(lookUp: LookUp, id: string, hash: string): Promise<{ key: StoredKey; until?: string }> {
  const key = await lookUp.get(id);
  const secret = key && findSecret(key, hash);
  if (secret) return { key, ...secret };
  const again = key && (await lookUp.getAnew(id, hash));
  const found = again && findSecret(again, hash);
  if (!again || !found) throw unknown();
  return { key: again, ...found };
}

const unknown = () =>
  new Problem("key_unknown", "This Ursa knows no such key; compare it with what was shown when it was made.");

/** What is not a key's id is not read at all. */
function createLookUp(store: ObjectStore, { now, ...limits }: Limits & { now: () => number }) {
  const { freshMs = FRESH_MS, outageMs = OUTAGE_MS, patienceMs = PATIENCE_MS } = limits;
  const isListed = createListing(store, limits.listEveryMs ?? LIST_EVERY_MS);
  const absent = createMemory(freshMs, now);
  const isAbsent = async (id: string) => {
    if (absent.has(id)) return true;
    if (await isListed(id)) return false;
    absent.add(id);
    return true;
  };
  const { known, readOnce, readSince } = createReader(store, now);
  return {
    async get(id: string): Promise<StoredKey | undefined> {
      const before = known.get(id);
      if (before && now() - before.readAt < freshMs) return before.key;
      if (!before && (await isAbsent(id))) return undefined;
      const asked = readOnce(id);
      if (!before?.key) return (await asked).key;
      return (await orElse(asked, before, { patienceMs, isOver: () => now() - before.readAt >= outageMs })).key;
    },
    /** As it is now, for a secret that what is known of the key does not have: another replica may have made it just now. */
    async getAnew(id: string, hash: string): Promise<StoredKey | undefined> {
      const wrong = `${id} ${hash}`;
      if (absent.has(wrong)) return undefined;
      const since = now();
      const readAt = known.get(id)?.readAt ?? Number.NEGATIVE_INFINITY;
      await delay(Math.max(0, readAt + REREAD_EVERY_MS - since));
      const { key } = await readSince(id, since);
      if (!key || !findSecret(key, hash)) absent.add(wrong);
      return key;
    },
  };
}

/** Keys as they were last read, each by one read at a time. */
function createReader(store: ObjectStore, now: () => number) {
  const known = new Map<string, Known>();
  const reading = new Map<string, Promise<Known>>();
  const read = async (id: string): Promise<Known> => {
    const readAt = now();
    const entry = { key: (await readKey(store, id))?.value, readAt };
    known.set(id, entry);
    return entry;
  };
  const readOnce = (id: string): Promise<Known> => {
    const asked = reading.get(id) ?? read(id).finally(() => reading.delete(id));
    reading.set(id, asked);
    return asked;
  };
  const readSince = async (id: string, since: number): Promise<Known> => {
    let entry = known.get(id);
    // A read that was under way at the time may have missed what was written before it.
    while (!entry || entry.readAt < since) entry = await readOnce(id);
    return entry;
  };
  return { known, readOnce, readSince };
}

/** The last so many things, each for a time. */
function createMemory(forMs: number, now: () => number) {
  const addedAt = new Map<string, number>();
  return {
    has: (thing: string) => now() - (addedAt.get(thing) ?? Number.NEGATIVE_INFINITY) < forMs,
    add(thing: string) {
      addedAt.delete(thing);
      addedAt.set(thing, now());
      const [oldest] = addedAt.keys();
      if (addedAt.size > MAX_ABSENT && oldest) addedAt.delete(oldest);
    },
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
