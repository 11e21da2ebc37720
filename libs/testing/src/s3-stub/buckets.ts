// Buckets in memory. Each function checks and changes without an await between, which is what makes conditional writes atomic.
import { createHash } from "node:crypto";
import { S3StubError } from "./answers.ts";

export type StoredObject = { bytes: Buffer; etag: string; headers: Record<string, string>; modifiedAt: Date };
export type Upload = {
  key: string;
  headers: Record<string, string>;
  parts: Map<number, { bytes: Buffer; etag: string }>;
};
export type Bucket = { objects: Map<string, StoredObject>; uploads: Map<string, Upload> };
export type Write = { key: string; object: StoredObject; conditions: Conditions };
export type Conditions = { ifMatch: string | undefined; ifNoneMatch: string | undefined };

/** Bytes. S3 refuses smaller parts, except as the last. */
const MIN_PART_BYTES = 5 << 20;

export function createBucket(): Bucket {
  return { objects: new Map(), uploads: new Map() };
}

export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

/** Writes if the conditions hold, as S3 words them: an If-Match of a missing key is NoSuchKey, anything else PreconditionFailed. */
export function storeObject(bucket: Bucket, { key, object, conditions: { ifMatch, ifNoneMatch } }: Write): void {
  const current = bucket.objects.get(key);
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new S3StubError("NotImplemented", "A write takes no If-None-Match but *");
  }
  if (ifNoneMatch === "*" && current !== undefined) throw new S3StubError("PreconditionFailed", `${key} exists`);
  if (ifMatch !== undefined && current === undefined) throw new S3StubError("NoSuchKey", `${key} does not exist`);
  if (ifMatch !== undefined && current?.etag !== unquote(ifMatch)) {
    throw new S3StubError("PreconditionFailed", `${key} has another etag`);
  }
  bucket.objects.set(key, object);
}

export function unquote(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}

/** The object made of the parts named, in the order named. `-N` marks the etag of N parts: MD5 of the parts' MD5s. */
export function joinParts(upload: Upload, named: { number: number; etag: string }[]): StoredObject {
  const parts = named.map(({ number, etag }, index) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag)
      throw new S3StubError("InvalidPart", `Part ${number} is not there with this etag`);
    if (index > 0 && number <= (named[index - 1]?.number ?? 0))
      throw new S3StubError("InvalidPartOrder", "Parts must ascend");
    if (index < named.length - 1 && part.bytes.length < MIN_PART_BYTES)
      throw new S3StubError("EntityTooSmall", `Part ${number} is too small`);
    return part;
  });
  if (parts.length === 0) throw new S3StubError("InvalidPart", "An upload is completed with at least one part");
  const etag = `${md5(Buffer.concat(parts.map((part) => Buffer.from(part.etag, "hex"))))}-${parts.length}`;
  return {
    bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
    etag,
    headers: upload.headers,
    modifiedAt: new Date(),
  };
}

export type Page = { keys: string[]; prefixes: string[]; next: string | undefined };

/** Keys after `after`, in byte order, at most `max` keys and common prefixes together. `next` is where the next page goes on. */
export function listKeys(
  bucket: Bucket,
  query: { prefix: string; delimiter: string; after: string; max: number },
): Page {
  const { prefix, delimiter, after, max } = query;
  const page: Page = { keys: [], prefixes: [], next: undefined };
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes);
  let last = after;
  for (const key of keys) {
    const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = cut < 0 ? key : key.slice(0, cut + delimiter.length);
    if (byBytes(entry, last) <= 0) continue;
    if (page.keys.length + page.prefixes.length === max) return { ...page, next: last };
    (cut < 0 ? page.keys : page.prefixes).push(entry);
    last = entry;
  }
  return page;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
