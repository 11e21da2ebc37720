// API keys as objects in the store. Of a key's secret only a hash is kept; the token is told once, when the key is made.
import { createHash, randomBytes } from "node:crypto";
import { type CreatedKey, type CreateKey, type Key, keySchema } from "@ursa/contracts/key";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import type { ObjectStore } from "@ursa/store/object-store";
import { z } from "zod";
import { type Read, readJson, swapJson } from "./json-object.ts";
import { newKeyId } from "./new-id.ts";

const storedKeySchema = keySchema.omit({ lastUsedAt: true }).extend({ secretSha256: z.string() });
export type StoredKey = z.infer<typeof storedKeySchema>;

const useSchema = z.object({ lastUsedAt: z.iso.datetime() });

/** 256 bits: nobody guesses it, so a plain hash keeps it as well as a slow one would. */
const SECRET_BYTES = 32;
const DAY_MS = 86_400_000;

export interface ApiKeys {
  /** The token is in this answer only. */
  create(wanted: CreateKey & { namespace: string }): Promise<CreatedKey>;
  /** Throws Problem not_found, also for a key of another namespace than the one given. */
  get(id: string, namespace?: string): Promise<Key>;
  /** Newest first, of one namespace or of all. */
  list(namespace?: string): Promise<Key[]>;
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
      const secret = randomBytes(SECRET_BYTES).toString("base64url");
      const now = Date.now();
      const expiresAt = expiresInDays && new Date(now + expiresInDays * DAY_MS).toISOString();
      const key = { id, name, namespace, scopes, createdAt: new Date(now).toISOString() };
      const whole = { ...key, ...(expiresAt ? { expiresAt } : {}) };
      const body = JSON.stringify({ ...whole, secretSha256: hashOf(secret) } satisfies StoredKey);
      await store.put(keys.apiKey(id), body, { ifNoneMatch: "*", contentType: "application/json" });
      return { ...whole, token: `ursa_${id}_${secret}` };
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
    async revoke(id, namespace) {
      await stored(id, namespace);
      const revoked = await swapJson<StoredKey>(store, keys.apiKey(id), {
        what: "the key",
        read: () => readKey(store, id),
        change(before) {
          if (!before) throw noKey(id);
          return before.revokedAt ? before : { ...before, revokedAt: new Date().toISOString() };
        },
      });
      return withUse(store, revoked);
    },
  };
}

export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");

export const readKey = (store: ObjectStore, id: string): Promise<Read<StoredKey>> =>
  readJson(store, keys.apiKey(id), storedKeySchema);

/** Whether any key was ever made. */
export async function hasKeys(store: ObjectStore): Promise<boolean> {
  for await (const _ of store.list(keys.apiKeys)) return true;
  return false;
}

export async function noteUse(store: ObjectStore, id: string): Promise<void> {
  const body = JSON.stringify({ lastUsedAt: new Date().toISOString() });
  await store.put(keys.apiKeyUse(id), body, { contentType: "application/json" });
}

const noKey = (id: string) => new Problem("not_found", `There is no key ${id}.`);

async function withUse(store: ObjectStore, { secretSha256: _, ...key }: StoredKey): Promise<Key> {
  const use = await readJson(store, keys.apiKeyUse(key.id), useSchema);
  return use ? { ...key, lastUsedAt: use.value.lastUsedAt } : key;
}
