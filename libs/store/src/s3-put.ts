// Writing to S3: one PUT where the body fits into a part, a multipart upload otherwise; conditions, checksums, and answers that got lost.
import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import {
  ChecksumMismatch,
  type ObjectInfo,
  PreconditionFailed,
  type PutOptions,
  StoreUnavailable,
} from "./object-store.ts";
import type { Attempt, S3Connection } from "./s3-connection.ts";
import { codeOf, isAbsent, isPreconditionFailed, isTransient } from "./s3-errors.ts";

export type S3Place = { connection: S3Connection; bucket: string; prefix: string; region: string; tls: boolean };

type Written = { writeId: string; size: number; sha256: string };
type Headers = Record<string, string>;
/** Sends the write once, under these conditions; answers the etag, and the checksum of what is stored if the server names it. */
type Send = (attempt: Attempt, conditions: Headers) => Promise<{ etag: string; checksum?: string | undefined }>;

/** Bytes. S3 takes at most 10,000 parts, so a stream may have 80 GB; one part is held in memory. */
const PART_BYTES = 8 << 20;
const WRITE_ID = "x-amz-meta-ursa-write";
const SHA256 = "x-amz-meta-sha256";

export async function putObject(
  place: S3Place,
  key: string,
  body: Uint8Array | string | Readable,
  options: PutOptions,
) {
  if (options.ifMatch !== undefined && options.ifNoneMatch !== undefined) {
    throw new TypeError("Give ifMatch or ifNoneMatch, not both");
  }
  if (!(body instanceof Readable)) return putWhole(place, key, Buffer.from(body as string), options); // both overloads copy
  const parts = inParts(body);
  const first = (await parts.next()).value ?? Buffer.alloc(0);
  const second = await parts.next();
  if (second.done) return putWhole(place, key, first, options);
  return putInParts(place, key, chain([first, second.value], parts), options);
}

async function* chain(start: Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* start;
  yield* rest;
}

/** The stream in buffers of exactly PART_BYTES, the last one shorter. */
async function* inParts(body: Readable): AsyncGenerator<Buffer, undefined> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer); // a byte stream has no other chunks
    held.push(bytes);
    size += bytes.length;
    if (size < PART_BYTES) continue;
    const joined = Buffer.concat(held);
    let at = 0;
    for (; joined.length - at >= PART_BYTES; at += PART_BYTES) yield joined.subarray(at, at + PART_BYTES);
    held = [joined.subarray(at)];
    size = joined.length - at;
  }
  if (size > 0) yield Buffer.concat(held);
}

async function putWhole(place: S3Place, key: string, bytes: Buffer, options: PutOptions): Promise<ObjectInfo> {
  const hash = createHash("sha256").update(bytes).digest();
  const sha256 = hash.toString("hex");
  refuseMismatch(key, sha256, options);
  const written = { writeId: randomUUID(), size: bytes.length, sha256 };
  const headers = {
    ...describe(written, options),
    "content-length": `${bytes.length}`,
    "x-amz-checksum-sha256": hash.toString("base64"),
  };
  const send: Send = async ({ client }, conditions) => {
    const request = {
      method: "PUT",
      bucketName: place.bucket,
      objectName: place.prefix + key,
      headers: { ...headers, ...conditions },
    };
    const response = await client.makeRequestStreamAsync(request, bytes, place.tls ? "" : sha256, [200], place.region);
    await buffer(response);
    const checksum = response.headers["x-amz-checksum-sha256"];
    return {
      etag: unquote(response.headers.etag),
      checksum: checksum && Buffer.from(String(checksum), "base64").toString("hex"),
    };
  };
  return commit(place, key, { written, options, bytes: bytes.length, send });
}

async function putInParts(
  place: S3Place,
  key: string,
  parts: AsyncIterable<Buffer>,
  options: PutOptions,
): Promise<ObjectInfo> {
  const objectName = place.prefix + key;
  const writeId = randomUUID();
  const metadata = describe({ writeId, sha256: options.sha256 }, options);
  const upload = { doing: "upload", key };
  const uploadId = await place.connection.run(upload, ({ client }) =>
    client.initiateNewMultipartUpload(place.bucket, objectName, metadata),
  );
  try {
    const hash = createHash("sha256");
    const etags: string[] = [];
    let size = 0;
    for await (const part of parts) {
      hash.update(part);
      size += part.length;
      etags.push(await putPart(place, { key, uploadId, number: etags.length + 1 }, part));
    }
    const sha256 = hash.digest("hex");
    refuseMismatch(key, sha256, options);
    const send: Send = (attempt, conditions) => complete(place, attempt, { objectName, uploadId, etags, conditions });
    const info = await commit(place, key, { written: { writeId, size, sha256 }, options, bytes: 0, send });
    return info;
  } catch (error) {
    await place.connection
      .run(upload, ({ client }) => client.abortMultipartUpload(place.bucket, objectName, uploadId))
      .catch(() => undefined); // it is gone already, or the bucket's own rule for unfinished uploads takes it
    throw error;
  }
}

function putPart(
  place: S3Place,
  part: { key: string; uploadId: string; number: number },
  bytes: Buffer,
): Promise<string> {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const request = {
    method: "PUT",
    bucketName: place.bucket,
    objectName: place.prefix + part.key,
    query: `partNumber=${part.number}&uploadId=${encodeURIComponent(part.uploadId)}`,
    headers: { "content-length": `${bytes.length}`, "content-md5": createHash("md5").update(bytes).digest("base64") },
  };
  return place.connection.run({ doing: "upload a part of", key: part.key, bytes: bytes.length }, async ({ client }) => {
    const response = await client.makeRequestStreamAsync(request, bytes, place.tls ? "" : sha256, [200], place.region);
    await buffer(response);
    return unquote(response.headers.etag);
  });
}

type Completion = { objectName: string; uploadId: string; etags: string[]; conditions: Headers };

async function complete(place: S3Place, { client }: Attempt, { objectName, uploadId, etags, conditions }: Completion) {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>&quot;${etag}&quot;</ETag></Part>`,
  );
  const response = await client.makeRequestAsync(
    {
      method: "POST",
      bucketName: place.bucket,
      objectName,
      query: `uploadId=${encodeURIComponent(uploadId)}`,
      headers: { ...conditions },
    },
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`,
    [200],
    place.region,
  );
  const xml = await text(response);
  const etag = /<ETag>([^<]*)<\/ETag>/.exec(xml)?.[1];
  // S3 may answer 200 first and an error afterwards.
  const code = /<Code>([^<]*)<\/Code>/.exec(xml)?.[1] ?? "InternalError";
  if (etag === undefined) throw Object.assign(new Error(`The upload could not be completed: ${code}`), { code });
  return { etag: unquote(etag.replace(/&quot;|&#34;/g, '"')) };
}

type Commit = { written: Written; options: PutOptions; bytes: number; send: Send };

/**
 * Sends the write until its outcome is known. An answer may get lost after the write happened; the retry then finds the condition
 * broken by itself, so every write carries an id by which it is recognised.
 */
function commit(place: S3Place, key: string, { written, options, bytes, send }: Commit): Promise<ObjectInfo> {
  let conditions = conditionHeaders(options);
  const isConditional = options.ifMatch !== undefined || options.ifNoneMatch !== undefined;
  let isInDoubt = false;
  return place.connection.run({ doing: "write", key, bytes }, async (attempt) => {
    try {
      const { etag, checksum } = await send(attempt, conditions);
      const kept = checksum === written.sha256 ? undefined : await findOwn(place, attempt, key, written.writeId);
      if (kept !== undefined && (checksum !== undefined || kept.size !== written.size)) {
        if (isConditional) conditions = { "if-match": `"${kept.etag}"` }; // the damaged object is ours to replace
        throw new StoreUnavailable(`The store kept ${kept.size} of the ${written.size} bytes of ${key}, or other ones`);
      }
      return { key, etag, size: written.size, sha256: written.sha256 };
    } catch (error) {
      const own = isInDoubt && !isTransient(error) ? await findOwn(place, attempt, key, written.writeId) : undefined;
      if (own?.size === written.size) return { key, etag: own.etag, size: own.size, sha256: written.sha256 };
      isInDoubt ||= isTransient(error);
      if (isPreconditionFailed(error) || (options.ifMatch !== undefined && isAbsent(error)))
        throw lost(key, options, error);
      throw error;
    }
  });
}

/** The object, if it is the one that this write made. */
async function findOwn(place: S3Place, { client }: Attempt, key: string, writeId: string) {
  try {
    const { size, etag, metaData } = await client.statObject(place.bucket, place.prefix + key);
    return metaData[WRITE_ID.slice("x-amz-meta-".length)] === writeId ? { size, etag } : undefined;
  } catch (error) {
    if (codeOf(error) === "NotFound" || isAbsent(error)) return undefined;
    throw error;
  }
}

function lost(key: string, options: PutOptions, cause: unknown): PreconditionFailed {
  const expected = options.ifMatch === undefined ? "not to exist" : `to have etag ${options.ifMatch}`;
  return new PreconditionFailed(`Expected ${key} ${expected}`, { cause });
}

function refuseMismatch(key: string, sha256: string, options: PutOptions): void {
  if (options.sha256 !== undefined && options.sha256 !== sha256) {
    throw new ChecksumMismatch(`Expected ${key} to have sha256 ${options.sha256}, got ${sha256}`);
  }
}

function describe(
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
