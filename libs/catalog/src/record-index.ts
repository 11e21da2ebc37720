// The ids of each namespace's records in Redis, in order, so that a page of a list needs no listing of the store.
// Only a copy: it may be incomplete (then it says so and the store is listed) or name what is gone (the reader skips it).
import type { RecordKind } from "@ursa/contracts/ids";
import type { RedisConnection } from "@ursa/queue/connection";
import { within } from "@ursa/queue/within";

type Owner = { namespace: string; id: string };

export interface RecordIndex {
  add(kind: RecordKind, owner: Owner): Promise<void>;
  remove(kind: RecordKind, owner: Owner): Promise<void>;
  /** Ids before `before` (or the newest), newest first; undefined when the index is incomplete or Redis is away. */
  page(
    kind: RecordKind,
    namespace: string,
    query: { before?: string | undefined; limit: number },
  ): Promise<string[] | undefined>;
  /** Adds every id of the store's listing and calls the index complete. */
  fill(kind: RecordKind, namespace: string, ids: readonly string[]): Promise<void>;
}

/** Member that says the index is complete. In the same key, so that it goes where the index goes; sorts before every id. */
const COMPLETE = "!complete";
const CHUNK = 1000;
/** A list that waits longer for Redis is better off with the store. */
const PATIENCE_MS = 500;

const keyOf = (kind: RecordKind, namespace: string) => `ursa:index:${namespace}:${kind}`;

export function createRecordIndex({ redis }: RedisConnection): RecordIndex {
  /** Indexes that missed an id while Redis was away; incomplete until they are filled again. */
  const suspect = new Set<string>();
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    if (redis.status !== "ready") return undefined;
    return within(PATIENCE_MS, work()).catch(() => undefined);
  };
  const addAll = async (key: string, members: readonly string[]) =>
    attempt(() => redis.zadd(key, ...members.flatMap((member) => [0, member])));

  return {
    async add(kind, { namespace, id }) {
      const key = keyOf(kind, namespace);
      if ((await addAll(key, [id])) === undefined) suspect.add(key);
    },
    async remove(kind, { namespace, id }) {
      await attempt(() => redis.zrem(keyOf(kind, namespace), id));
    },
    async page(kind, namespace, { before, limit }) {
      const key = keyOf(kind, namespace);
      if (suspect.has(key)) return undefined;
      return attempt(async () => {
        const max = before === undefined ? "+" : `(${before}`;
        const ids = await redis.zrevrangebylex(key, max, `(${COMPLETE}`, "LIMIT", 0, limit);
        // Asked last: an index that was lost in between is incomplete.
        return (await redis.zscore(key, COMPLETE)) === null ? undefined : ids;
      });
    },
    async fill(kind, namespace, ids) {
      const key = keyOf(kind, namespace);
      for (let at = 0; at < ids.length; at += CHUNK) {
        if ((await addAll(key, ids.slice(at, at + CHUNK))) === undefined) return;
      }
      if ((await addAll(key, [COMPLETE])) !== undefined) suspect.delete(key);
    },
  };
}
