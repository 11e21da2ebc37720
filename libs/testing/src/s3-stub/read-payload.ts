// The bytes a request means: aws-chunked framing taken off, and every checksum it names verified, in headers or trailers.
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { crc32 } from "node:zlib";
import { S3StubError } from "./answers.ts";

export type Payload = {
  bytes: Buffer /** As named by the request: `x-amz-checksum-sha256` and its base64 value. */;
  checksums: Record<string, string>;
};

const CHECKSUM = "x-amz-checksum-";
/** Not checksums themselves. */
const OTHER_CHECKSUM_HEADERS = ["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"];

/** Throws BadDigest, InvalidDigest, IncompleteBody, XAmzContentSHA256Mismatch, or NotImplemented for a checksum not known here. */
export function readPayload(raw: Buffer, headers: IncomingHttpHeaders): Payload {
  const signedHash = String(headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD");
  const isChunked = signedHash.startsWith("STREAMING-");
  const { bytes, trailers } = isChunked ? unchunk(raw) : { bytes: raw, trailers: {} };
  if (isChunked && bytes.length !== Number(headers["x-amz-decoded-content-length"] ?? bytes.length)) {
    throw new S3StubError("IncompleteBody", "The decoded body is not as long as announced");
  }
  if (/^[0-9a-f]{64}$/.test(signedHash) && digest("sha256", bytes).toString("hex") !== signedHash) {
    throw new S3StubError("XAmzContentSHA256Mismatch", "The x-amz-content-sha256 is not that of the body");
  }
  checkMd5(headers["content-md5"], bytes);
  const checksums = namedChecksums({ ...headers, ...trailers });
  for (const [name, value] of Object.entries(checksums)) {
    if (checksumOf(name.slice(CHECKSUM.length), bytes) !== value) {
      throw new S3StubError("BadDigest", `The ${name} you specified did not match the calculated checksum`);
    }
  }
  return { bytes, checksums };
}

/** Chunks are `size[;chunk-signature=…]\r\n bytes \r\n`, the last of size 0 followed by trailers, one a line. */
function unchunk(raw: Buffer): { bytes: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = raw.indexOf("\r\n", at);
    const size = Number.parseInt(raw.toString("latin1", at, Math.max(at, lineEnd)), 16);
    const start = lineEnd + 2;
    if (lineEnd < 0 || !(size >= 0) || start + size > raw.length)
      throw new S3StubError("IncompleteBody", "A chunk is cut short");
    if (size === 0) return { bytes: Buffer.concat(chunks), trailers: readTrailers(raw.toString("latin1", start)) };
    chunks.push(raw.subarray(start, start + size));
    at = start + size + 2;
  }
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

function namedChecksums(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const named = Object.entries(headers).filter(
    ([name]) => name.startsWith(CHECKSUM) && !OTHER_CHECKSUM_HEADERS.includes(name),
  );
  return Object.fromEntries(named.map(([name, value]) => [name, String(value)]));
}

function checkMd5(announced: string | string[] | undefined, bytes: Buffer): void {
  if (announced === undefined) return;
  if (Buffer.from(String(announced), "base64").length !== 16)
    throw new S3StubError("InvalidDigest", "The Content-MD5 is no MD5");
  if (digest("md5", bytes).toString("base64") !== announced)
    throw new S3StubError("BadDigest", "The Content-MD5 is not that of the body");
}

function checksumOf(algorithm: string, bytes: Buffer): string {
  if (algorithm === "sha256" || algorithm === "sha1") return digest(algorithm, bytes).toString("base64");
  if (algorithm !== "crc32")
    throw new S3StubError("NotImplemented", `The checksum ${algorithm} is not implemented here`);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString("base64");
}

function digest(algorithm: string, bytes: Buffer): Buffer {
  return createHash(algorithm).update(bytes).digest();
}
