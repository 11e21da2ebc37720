// The moment an S3 write happens: its conditions, what is stored compared with what was sent, and answers that got lost.
import {
  ChecksumMismatch,
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  StoreUnavailable,
} from "./object-store.ts";
import type { Attempt, S3Connection } from "./s3-connection.ts";
import { isAbsent, isPreconditionFailed, isTransient } from "./s3-errors.ts";

export type S3Place = { connection: S3Connection; bucket: string; prefix: string; region: string; tls: boolean };

/** One write, as it was asked for. */
export type Put = { place: S3Place; key: string; options: PutOptions };

export type Written = { writeId: string; size: number; sha256: string };
export type Headers = Record<string, string>;
/** Sends the write once, under these conditions; answers the etag, and the checksum of what is stored if the server names it. */
export type Send = (attempt: Attempt, conditions: Headers) => Promise<{ etag: string; checksum?: string | undefined }>;

const WRITE_ID = "x-amz-meta-ursa-write";
const SHA256 = "x-amz-meta-sha256";

/** `isSpent`: what is sent commits parts that were uploaded before and cannot be sent again. */
type Commit = { written: Written; bytes: number; send: Send; isSpent?: boolean };

/**
 * Sends the write until its outcome is known. An answer may get lost after the write happened; the retry then finds the condition
 * broken by itself, so every write carries an id by which it is recognised.
 */
export function commit(put: Put, { written, bytes, send, isSpent }: Commit): Promise<ObjectInfo> {
  const { place, key, options } = put;
  const { size, sha256 } = written;
  const isConditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
  let conditions = conditionHeaders(options);
  let isInDoubt = false;
  return place.connection.run({ doing: "write", key, bytes }, async (attempt) => {
    try {
      const sent = await send(attempt, conditions);
      const damaged = await findDamaged(put, attempt, { ...sent, written });
      if (damaged === undefined) return { key, etag: sent.etag, size, sha256 };
      // A short object must not stay, to be taken for the whole by whoever finds that it exists.
      if (isSpent) await attempt.client.removeObject(place.bucket, place.prefix + key);
      else if (isConditional) conditions = { "if-match": `"${damaged.etag}"` }; // what is there is ours to replace
      throw new StoreUnavailable(`The store kept ${damaged.size} of the ${size} bytes of ${key}, or other ones`);
    } catch (error) {
      const own = isInDoubt && !isTransient(error) ? await findOwn(put, attempt, written) : undefined;
      if (own?.size === size) return { key, etag: own.etag, size, sha256 };
      isInDoubt ||= isTransient(error);
      throw isPreconditionFailed(error) || (isConditional && isAbsent(error)) ? lost(key, options, error) : error;
    }
  });
}

/** What this write left there, if that is not what it sent. A server that repeats the right checksum is believed. */
async function findDamaged(put: Put, attempt: Attempt, sent: { checksum?: string | undefined; written: Written }) {
  const { checksum, written } = sent;
  if (checksum === written.sha256) return undefined;
  const kept = await findOwn(put, attempt, written);
  return checksum === undefined && kept?.size === written.size ? undefined : kept;
}

/** The object, if it is the one that this write made. */
async function findOwn({ place, key }: Put, { client }: Attempt, { writeId }: Written) {
  try {
    const { size, etag, metaData } = await client.statObject(place.bucket, place.prefix + key);
    return metaData[WRITE_ID.slice("x-amz-meta-".length)] === writeId ? { size, etag } : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function lost(key: string, options: PutOptions, cause: unknown): PreconditionFailed {
  const expected = options.ifMatch === undefined ? "not to exist" : `to have etag ${options.ifMatch}`;
  return new PreconditionFailed(`Expected ${key} ${expected}`, { cause });
}

export function refuseMismatch(key: string, sha256: string, options: PutOptions): void {
  if (options.sha256 !== undefined && options.sha256 !== sha256) {
    throw new ChecksumMismatch(`Expected ${key} to have sha256 ${options.sha256}, got ${sha256}`);
  }
}

/** The headers that describe the object and recognise the write. */
export function describeWrite(
  { writeId, sha256 }: { writeId: string; sha256: string | undefined },
  { contentType }: PutOptions,
): Headers {
  return {
    [WRITE_ID]: writeId,
    ...(sha256 !== undefined && { [SHA256]: sha256 }),
    "content-type": contentType ?? "application/octet-stream",
  };
}

function conditionHeaders({ ifMatch, ifNoneMatch }: PutOptions): Headers {
  if (ifNoneMatch !== undefined) return { "if-none-match": ifNoneMatch };
  return ifMatch === undefined ? {} : { "if-match": `"${ifMatch}"` };
}

export function unquote(etag: string | undefined): string {
  return (etag ?? "").replace(/^"|"$/g, "");
}
