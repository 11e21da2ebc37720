// Writing to S3: one PUT where the body fits into a part, a multipart upload otherwise.
import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { ObjectInfo } from "./object-store.ts";
import { commit, describeWrite, type Put, refuseMismatch, type Send, unquote } from "./s3-commit.ts";
import { putInParts } from "./s3-multipart.ts";

/** Bytes. S3 takes at most 10,000 parts, so a stream may have 80 GB; two parts are held in memory at most. */
const PART_BYTES = 8 << 20;

export async function putObject(put: Put, body: Uint8Array | string | Readable): Promise<ObjectInfo> {
  const { options } = put;
  if (options.ifMatch !== undefined && options.ifNoneMatch !== undefined) {
    throw new TypeError("Give ifMatch or ifNoneMatch, not both");
  }
  if (!(body instanceof Readable)) return putWhole(put, Buffer.from(body as string)); // both overloads copy
  const parts = inParts(body);
  const first = (await parts.next()).value ?? Buffer.alloc(0);
  const second = await parts.next();
  if (second.done) return putWhole(put, first);
  return putInParts(put, chain([first, second.value], parts));
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

async function putWhole(put: Put, bytes: Buffer): Promise<ObjectInfo> {
  const { place, key, options } = put;
  const hash = createHash("sha256").update(bytes).digest();
  const sha256 = hash.toString("hex");
  refuseMismatch(key, sha256, options);
  const written = { writeId: randomUUID(), size: bytes.length, sha256 };
  const headers = {
    ...describeWrite(written, options),
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
  return commit(put, { written, bytes: bytes.length, send });
}
