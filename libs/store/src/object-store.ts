// The one interface to the object store. Keys are "/"-separated, made of [A-Za-z0-9._=-] segments; never user text.
import type { Readable } from "node:stream";

/** `etag` is opaque: only equality means something. `size` in bytes. `sha256` in lower-case hex, where the store knows it. */
export type ObjectInfo = { key: string; etag: string; size: number; sha256?: string };

export type PutOptions = {
  /** Create once: refuse with PreconditionFailed when the key exists. */
  ifNoneMatch?: "*";
  /** Compare and swap: refuse with PreconditionFailed when the current etag differs, or when the key does not exist. */
  ifMatch?: string;
  /** Lower-case hex. The store refuses bytes that differ (ChecksumMismatch) and keeps nothing of them. */
  sha256?: string;
  contentType?: string;
};

/** `start` and `end` are byte offsets; `end` is exclusive. A range that is empty or reaches past the object is a RangeError. */
export type ByteRange = { start: number; end: number };

export type ListOptions = { /** Return only keys that sort after this one. */ after?: string };

/** `seconds` are counted from `from`, whole seconds of this machine's clock. The names are what the answer's headers will say. */
export type PresignOptions = { from: Date; seconds: number; fileName: string; contentType: string };

/** What a listing knows cheaply in every store; `head` has the etag. `size` in bytes. */
export type ListedObject = { key: string; size: number; modifiedAt: Date };

export interface ObjectStore {
  /**
   * Writes the whole object or nothing. A stream is stored as it comes, in bounded memory, and is destroyed when the write
   * fails; an error of the stream itself is passed on as it is.
   */
  put(key: string, body: Uint8Array | string | Readable, options?: PutOptions): Promise<ObjectInfo>;
  /**
   * The whole object (or a range of it) in memory. Throws ObjectNotFound. A short read is an error, never a short answer. Of a
   * whole object, `info.sha256` is that of the very bytes returned.
   */
  get(key: string, range?: ByteRange): Promise<{ body: Buffer; info: ObjectInfo }>;
  /** The object as a stream that errors (rather than ends) when it is cut short. Throws ObjectNotFound. */
  stream(key: string, range?: ByteRange): Promise<{ body: Readable; info: ObjectInfo }>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Every object whose key starts with `prefix`, in the byte order of the keys, paged internally. */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedObject>;
  /** An address that answers GET of this one object to whoever has it. Only stores that their clients can reach have this. */
  presign?(key: string, options: PresignOptions): Promise<string>;
  /** Idempotent: deleting what is not there is not an error. */
  delete(key: string): Promise<void>;
  /** Throws StoreUnavailable unless the store can be reached and used now. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** The key is not one this store can hold; the message says why. */
export class InvalidKey extends Error {
  override name = "InvalidKey";
}
export class ObjectNotFound extends Error {
  override name = "ObjectNotFound";
}
/** A conditional write lost: the object exists already, or is no longer the one that was read. */
export class PreconditionFailed extends Error {
  override name = "PreconditionFailed";
}
export class ChecksumMismatch extends Error {
  override name = "ChecksumMismatch";
}
/** The store could not be reached, or answered something that a retry may mend. */
export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}
