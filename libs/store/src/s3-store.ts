// The object store in a bucket of any S3 that has conditional writes (If-None-Match and If-Match on PUT).
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { BucketItem } from "minio";
import { checkKey, checkPrefix, checkRange, spanOf } from "./check-key.ts";
import { expectBytes } from "./expect-bytes.ts";
import {
  type ByteRange,
  type ListedObject,
  type ObjectInfo,
  ObjectNotFound,
  type ObjectStore,
  StoreUnavailable,
} from "./object-store.ts";
import { type S3Place, unquote } from "./s3-commit.ts";
import { type Attempt, createS3Connection, type S3ConnectionOptions } from "./s3-connection.ts";
import { codeOf, isAbsent } from "./s3-errors.ts";
import { createPresign } from "./s3-presign.ts";
import { putObject } from "./s3-put.ts";

export type S3StoreOptions = S3ConnectionOptions & {
  bucket: string;
  /** Put before every key, as a folder. Default: none. */
  prefix?: string;
  /** Makes the bucket when it is not there. Default false. */
  createsBucket?: boolean;
  /** Where clients reach the same S3; without it the store has no `presign`. */
  publicUrl?: string;
};

/** Opens a bucket as an object store. Talks to it only if it may have to make the bucket. */
export async function openS3Store(options: S3StoreOptions): Promise<ObjectStore> {
  const { bucket, region, tls, prefix = "", publicUrl } = options;
  checkPrefix(prefix);
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const place: S3Place = { connection: createS3Connection(options), bucket, prefix: folder, region, tls };
  if (options.createsBucket) await createBucket(place);
  return {
    async put(key, body, putOptions = {}) {
      try {
        checkKey(key);
        return await putObject({ place, key, options: putOptions }, body);
      } catch (error) {
        if (typeof body === "object" && "destroy" in body) body.destroy();
        throw error;
      }
    },
    get: (key, range) => get(place, key, range),
    stream: (key, range) => stream(place, key, range),
    head: (key) => head(place, key),
    list: (keyPrefix, { after = "" } = {}) => list(place, keyPrefix, after),
    ...(publicUrl === undefined ? {} : { presign: createPresign({ ...options, prefix: folder }, publicUrl) }),
    delete: (key) => remove(place, key),
    check: () => check(place),
    close: async () => place.connection.close(),
  };
}

type Wanted = { key: string; range?: ByteRange | undefined };
type Opened = { response: IncomingMessage; info: ObjectInfo; span: ByteRange };

/** The answer to a GET, its headers checked: it is the object, and exactly the range asked for. */
async function openObject(place: S3Place, { client }: Attempt, { key, range }: Wanted): Promise<Opened> {
  const headers: Record<string, string> = range === undefined ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
  const request = { method: "GET", bucketName: place.bucket, objectName: place.prefix + key, headers };
  const response = await client.makeRequestAsync(request, "", [200, 206], place.region);
  try {
    const length = Number(response.headers["content-length"] ?? Number.NaN);
    const [, total] = /^bytes \d+-\d+\/(\d+)$/.exec(response.headers["content-range"] ?? "") ?? [];
    const size = total === undefined ? length : Number(total);
    const span = spanOf(key, size, range);
    if (length !== span.end - span.start) {
      throw new StoreUnavailable(`Expected ${span.end - span.start} bytes of ${key}, the store announced ${length}`);
    }
    return { response, info: describe(key, size, response), span };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function describe(key: string, size: number, { headers }: Pick<IncomingMessage, "headers">): ObjectInfo {
  const sha256 = headers["x-amz-meta-sha256"];
  return { key, etag: unquote(headers.etag), size, ...(typeof sha256 === "string" && { sha256 }) };
}

/** The body, checked for its length, and for its sha256 when it is the whole object. */
function bodyOf({ response, info, span }: Opened): Readable {
  const bytes = span.end - span.start;
  return expectBytes(response, { key: info.key, bytes, sha256: bytes === info.size ? info.sha256 : undefined });
}

async function get(place: S3Place, key: string, range?: ByteRange): Promise<{ body: Buffer; info: ObjectInfo }> {
  checkKey(key);
  if (range !== undefined) checkRange(range);
  return place.connection.run({ doing: "read", key }, async (attempt) => {
    const opened = await openObject(place, attempt, { key, range });
    attempt.extend(opened.span.end - opened.span.start);
    return { body: await buffer(bodyOf(opened)), info: opened.info };
  });
}

async function stream(place: S3Place, key: string, range?: ByteRange): Promise<{ body: Readable; info: ObjectInfo }> {
  checkKey(key);
  if (range !== undefined) checkRange(range);
  return place.connection.run({ doing: "read", key }, async (attempt) => {
    const opened = await openObject(place, attempt, { key, range });
    attempt.lift();
    return { body: bodyOf(opened), info: opened.info };
  });
}

async function head(place: S3Place, key: string): Promise<ObjectInfo | undefined> {
  checkKey(key);
  const request = { method: "HEAD", bucketName: place.bucket, objectName: place.prefix + key };
  try {
    return await place.connection.run({ doing: "look up", key }, async ({ client }) => {
      const response = await client.makeRequestAsync(request, "", [200], place.region);
      response.resume();
      return describe(key, Number(response.headers["content-length"]), response);
    });
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

async function* list(place: S3Place, prefix: string, after: string): AsyncGenerator<ListedObject> {
  checkPrefix(prefix);
  const startAfter = after === "" ? "" : place.prefix + after;
  for (let token = ""; ; ) {
    const page = await place.connection.run({ doing: "list", key: `${prefix}*` }, ({ client }) =>
      client.listObjectsV2Query(place.bucket, place.prefix + prefix, token, "", 1000, token === "" ? startAfter : ""),
    );
    yield* page.objects.flatMap((item) => listed(place, item));
    if (!page.isTruncated) return;
    token = String(page.nextContinuationToken);
  }
}

/** None for a common prefix, which a listing without delimiter has not. */
function listed(place: S3Place, { name, size, lastModified }: BucketItem): ListedObject[] {
  if (name === undefined || lastModified === undefined) return [];
  return [{ key: name.slice(place.prefix.length), size, modifiedAt: lastModified }];
}

async function remove(place: S3Place, key: string): Promise<void> {
  checkKey(key);
  await place.connection.run({ doing: "delete", key }, async ({ client }) => {
    await client.removeObject(place.bucket, place.prefix + key).catch((error: unknown) => {
      if (!isAbsent(error)) throw error;
    });
  });
}

async function check(place: S3Place): Promise<void> {
  const task = { doing: "reach", key: `bucket ${place.bucket}` };
  const isThere = await place.connection.run(task, ({ client }) => client.bucketExists(place.bucket));
  if (!isThere)
    throw new StoreUnavailable(`There is no bucket ${place.bucket}: make it, or put create=true into the store's URL`);
}

async function createBucket(place: S3Place): Promise<void> {
  await place.connection.run({ doing: "make", key: `bucket ${place.bucket}` }, async ({ client }) => {
    if (await client.bucketExists(place.bucket)) return;
    await client.makeBucket(place.bucket, place.region).catch((error: unknown) => {
      if (codeOf(error) !== "BucketAlreadyOwnedByYou") throw error; // another process made it meanwhile
    });
  });
}
