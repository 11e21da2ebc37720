// API keys as objects in the store. Of a key's secrets only hashes are kept; a token is told once, when its secret is made.
import type { CreatedKey, CreateKey, Key } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { type Read, readJson, swapJson } from "./json-object.ts";
import { newKeyId } from "./new-id.ts";
import { hashOf, newSecret, rotated, type StoredKey, storedKeySchema } from "./stored-key.ts";

const useSchema = z.object({ lastUsedAt: z.iso.datetime() });

const DAY_MS = 86_400_000;

export interface ApiKeys {
  /** The token is in this answer only. */
  create(wanted: CreateKey & { namespace: string }): Promise<CreatedKey>;
  /** Throws Problem not_found, also for a key of another namespace than the one given. */
  get(id: string, namespace?: string): Promise<Key>;
  /** Newest first, of one namespace or of all. */
  list(namespace?: string): Promise<Key[]>;
  /** A new secret; what was good until now stays so for `graceHours`. Throws as `rotated`, and not_found. */
  rotate(id: string, graceHours: number): Promise<CreatedKey>;
  /** Idempotent: the first revocation's time stays. Throws as `get`. */
  revoke(id: string, namespace?: string): Promise<Key>;
}

export function createApiKeys(store: ObjectStore): ApiKeys {
  const stored = async (id: string, namespace: string | undefined): Promise<StoredKey> => {
    const key = (await readKey(store, id))?.value;
    if (!key || (namespace !== undefined && key.namespace !== namespace)) throw noKey(id);
    return key;
  };
  return {
    async create({ name, scopes, namespace, expiresInDays }) {
      const id = newKeyId();
      const secret = newSecret();
      const now = Date.now();
      const expiresAt = expiresInDays && new Date(now + expiresInDays * DAY_MS).toISOString();
      const key = { id, name, namespace, scopes, createdAt: new Date(now).toISOString() };
      const whole = { ...key, ...(expiresAt ? { expiresAt } : {}) };
      const body = JSON.stringify({ ...whole, secretSha256: hashOf(secret) } satisfies StoredKey);
      await store.put(keys.apiKey(id), body, { ifNoneMatch: "*", contentType: "application/json" });
      return { ...whole, token: tokenOf(id, secret) };
    },
    get: async (id, namespace) => withUse(store, await stored(id, namespace)),
    async list(namespace) {
      const found: Key[] = [];
      for await (const { key } of store.list(keys.apiKeys)) {
        const read = await readJson(store, key, storedKeySchema);
        if (read && (namespace === undefined || read.value.namespace === namespace))
          found.push(await withUse(store, read.value));
      }
      return found.reverse();
    },
    async rotate(id, graceHours) {
      const secret = newSecret();
      const key = await changeKey(store, id, (before) => rotated(before, { secret, graceHours }));
      return { ...(await withUse(store, key)), token: tokenOf(id, secret) };
    },
    async revoke(id, namespace) {
      await stored(id, namespace);
      const revoked = await changeKey(store, id, (before) =>
        before.revokedAt ? before : { ...before, revokedAt: new Date().toISOString() },
      );
      return withUse(store, revoked);
    },
  };
}

/** @throws Problem not_found */
const changeKey = (store: ObjectStore, id: string, change: (before: StoredKey) => StoredKey): Promise<StoredKey> =>
  swapJson<StoredKey>(store, keys.apiKey(id), {
    what: "the key",
    read: () => readKey(store, id),
    change(before) {
      if (!before) throw noKey(id);
      return change(before);
    },
  });

const tokenOf = (id: string, secret: string) => `ursa_${id}_${secret}`;

export const readKey = (store: ObjectStore, id: string): Promise<Read<StoredKey>> =>
  readJson(store, keys.apiKey(id), storedKeySchema);

/** Whether any key was ever made. */
export async function hasKeys(store: ObjectStore): Promise<boolean> {
  for await (const _ of store.list(keys.apiKeys)) return true;
  return false;
}

/** @param object `keys.apiKeyUse`, or `keys.formerKeyUse` for one of its former secrets */
export async function noteUse(store: ObjectStore, object: string): Promise<void> {
  const body = JSON.stringify({ lastUsedAt: new Date().toISOString() });
  await store.put(object, body, { contentType: "application/json" });
}

const noKey = (id: string) => new Problem("not_found", `There is no key ${id}.`);

async function withUse(store: ObjectStore, { secretSha256: _, former, ...key }: StoredKey): Promise<Key> {
  const use = await readJson(store, keys.apiKeyUse(key.id), useSchema);
  const whole = use ? { ...key, lastUsedAt: use.value.lastUsedAt } : key;
  const last = former?.at(-1);
  if (!last) return whole;
  const formerUse = await readJson(store, keys.formerKeyUse(key.id), useSchema);
  const used = formerUse ? { formerUsedAt: formerUse.value.lastUsedAt } : {};
  return { ...whole, formerUntil: last.until, ...used };
}
