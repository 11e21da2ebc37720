// Idempotency-Key: the same key and body give the same answer and one record, also when the process dies halfway.
// First a reservation with the new record's id is stored, then the record is made under that id, then the answer is stored;
// a retry after a crash finds the reservation and goes on with the same id.
import { createHash } from "node:crypto";
import type { RecordKind } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { keys } from "@ursa/store/keys";
import { ObjectNotFound, type ObjectStore, PreconditionFailed } from "@ursa/store/object-store";
import { z } from "zod";
import { newId } from "./new-id.ts";

const entrySchema = z.object({
  bodySha256: z.string(),
  id: z.string(),
  createdAt: z.iso.datetime(),
  /** Missing while the first request is at work, or died at it. */
  answer: z.unknown().optional(),
});
type Entry = z.infer<typeof entrySchema>;

const HOUR_MS = 3_600_000;
/** A key may be used for something else after a day. */
export const IDEMPOTENCY_HOURS = 24;
/** Swept a day after that, so that no sweep meets a request that is just taking an expired key for itself. */
const SWEPT_AFTER_HOURS = 48;

export type OnceRequest = {
  namespace: string;
  operation: string;
  kind: RecordKind;
  key?: string | undefined;
  body: unknown;
};

/**
 * Runs `create` with the id of the record to be made. With a key that was seen before, answers what was answered then, or
 * runs `create` again with the same id when no answer was stored: `create` must be harmless to repeat.
 * Throws Problem idempotency_conflict when the key was used with another body.
 */
export async function once<T>(
  store: ObjectStore,
  request: OnceRequest,
  create: (id: string) => Promise<T>,
): Promise<T> {
  const { namespace, operation, kind, key } = request;
  if (key === undefined) return create(newId(kind));
  if (key === "" || key.length > 255)
    throw new Problem("invalid_request", "An Idempotency-Key has 1 to 255 characters.");
  const place = keys.idempotency(namespace, operation, key);
  const { entry, etag } = await reserve(store, place, { bodySha256: hashOf(request.body), id: newId(kind) });
  // Stored by this function for the same operation, so it is what `create` answers.
  if (entry.answer !== undefined) return entry.answer as T;
  const answer = await create(entry.id);
  return keep(store, place, { entry: { ...entry, answer }, etag, answer });
}

/** Deletes what has expired. Safe to repeat and to run at several places at once. */
export async function sweepIdempotency(store: ObjectStore, namespace: string): Promise<void> {
  const anyKey = keys.idempotency(namespace, "", "");
  const folder = anyKey.slice(0, anyKey.lastIndexOf("/") + 1);
  for await (const { key, modifiedAt } of store.list(folder)) {
    if (Date.now() - modifiedAt.getTime() > SWEPT_AFTER_HOURS * HOUR_MS) await store.delete(key);
  }
}

type Reserved = { entry: Entry; etag: string };

async function reserve(store: ObjectStore, place: string, wanted: Pick<Entry, "bodySha256" | "id">): Promise<Reserved> {
  const fresh: Entry = { ...wanted, createdAt: new Date().toISOString() };
  const found = await readEntry(store, place);
  if (found && !isExpired(found.entry)) {
    if (found.entry.bodySha256 === wanted.bodySha256) return found;
    throw new Problem("idempotency_conflict", "This Idempotency-Key was used with a different body; use a new key.");
  }
  try {
    const condition = found ? { ifMatch: found.etag } : { ifNoneMatch: "*" as const };
    const { etag } = await store.put(place, JSON.stringify(fresh), { ...condition, contentType: "application/json" });
    return { entry: fresh, etag };
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
    // Someone reserved it in this moment; theirs is found now.
    return reserve(store, place, wanted);
  }
}

/** Of two requests that ran at the same time under one reservation, both answer what was stored first. */
async function keep<T>(
  store: ObjectStore,
  place: string,
  { entry, etag, answer }: Reserved & { answer: T },
): Promise<T> {
  try {
    await store.put(place, JSON.stringify(entry), { ifMatch: etag, contentType: "application/json" });
    return answer;
  } catch (error) {
    if (!(error instanceof PreconditionFailed)) throw error;
    const found = await readEntry(store, place);
    // Stored by `once` for the same operation, so it is what `create` answers.
    return (found?.entry.answer as T | undefined) ?? answer;
  }
}

async function readEntry(store: ObjectStore, place: string): Promise<Reserved | undefined> {
  try {
    const { body, info } = await store.get(place);
    return { entry: entrySchema.parse(JSON.parse(body.toString())), etag: info.etag };
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

const isExpired = ({ createdAt }: Entry): boolean => Date.now() - Date.parse(createdAt) > IDEMPOTENCY_HOURS * HOUR_MS;

/** Independent of the order in which an object's fields were written. */
function hashOf(body: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(body, sortedFields) ?? "")
    .digest("hex");
}

function sortedFields(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
