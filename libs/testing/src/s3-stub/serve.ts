// What each S3 request does, given its payload. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Answer, answerXml, escapeXml, S3StubError } from "./answers.ts";
import {
  type Bucket,
  type Conditions,
  createBucket,
  joinParts,
  listKeys,
  md5,
  type StoredObject,
  storeObject,
  type Upload,
  unquote,
} from "./buckets.ts";
import type { Payload } from "./read-payload.ts";

export type S3Request = {
  method: string;
  bucket: string;
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  payload: Payload;
};
export type Served = { buckets: Map<string, Bucket>; pageSize: number };

export function serve(state: Served, request: S3Request): Answer {
  if (request.key === "") return serveBucket(state, request);
  const bucket = bucketOf(state, request.bucket);
  const route = `${request.method}${["uploads", "uploadId"].filter((name) => request.query.has(name)).map((name) => ` ${name}`)}`;
  const handler = OBJECT_ROUTES[route];
  if (handler === undefined || request.headers["x-amz-copy-source"] !== undefined) throw notImplemented(request);
  return handler(bucket, request);
}

const OBJECT_ROUTES: Record<string, (bucket: Bucket, request: S3Request) => Answer> = {
  PUT: putObject,
  GET: getObject,
  HEAD: getObject,
  DELETE(bucket, { key }) {
    bucket.objects.delete(key);
    return { status: 204 };
  },
  "POST uploads": createUpload,
  "PUT uploadId": putPart,
  "POST uploadId": completeUpload,
  "DELETE uploadId"(bucket, request) {
    uploadOf(bucket, request);
    bucket.uploads.delete(request.query.get("uploadId") ?? "");
    return { status: 204 };
  },
};

function serveBucket(state: Served, request: S3Request): Answer {
  if (request.method === "PUT") {
    if (state.buckets.has(request.bucket))
      throw new S3StubError("BucketAlreadyOwnedByYou", "The bucket exists, and is yours");
    state.buckets.set(request.bucket, createBucket());
    return { status: 200, headers: { location: `/${request.bucket}` } };
  }
  const bucket = bucketOf(state, request.bucket);
  if (request.method === "HEAD") return { status: 200 };
  if (request.method === "DELETE") {
    if (bucket.objects.size > 0) throw new S3StubError("BucketNotEmpty", "The bucket holds objects");
    state.buckets.delete(request.bucket);
    return { status: 204 };
  }
  if (request.method === "GET" && request.query.get("list-type") === "2")
    return listObjects(bucket, request, state.pageSize);
  if (request.method === "GET" && request.query.has("location"))
    return answerXml("<LocationConstraint></LocationConstraint>");
  throw notImplemented(request);
}

function bucketOf({ buckets }: Served, name: string): Bucket {
  const bucket = buckets.get(name);
  if (bucket === undefined) throw new S3StubError("NoSuchBucket", `There is no bucket ${name}`);
  return bucket;
}

function uploadOf(bucket: Bucket, { key, query }: S3Request): Upload {
  const upload = bucket.uploads.get(query.get("uploadId") ?? "");
  if (upload === undefined || upload.key !== key)
    throw new S3StubError("NoSuchUpload", "There is no such upload of this key");
  return upload;
}

function notImplemented({ method, query }: S3Request): S3StubError {
  return new S3StubError("NotImplemented", `${method} with ${query.toString() || "no query"} is not implemented here`);
}

function conditionsOf(headers: IncomingHttpHeaders): Conditions {
  return { ifMatch: headers["if-match"], ifNoneMatch: headers["if-none-match"] };
}

/** What comes back with the object: its type and the user's metadata. */
function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => name === "content-type" || name.startsWith("x-amz-meta-"));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

function putObject(bucket: Bucket, { key, headers, payload }: S3Request): Answer {
  const etag = md5(payload.bytes);
  const object: StoredObject = {
    bytes: payload.bytes,
    etag,
    headers: { ...keptHeaders(headers), ...payload.checksums },
    modifiedAt: new Date(),
  };
  storeObject(bucket, { key, object, conditions: conditionsOf(headers) });
  return { status: 200, headers: { etag: `"${etag}"`, ...payload.checksums } };
}

function getObject(bucket: Bucket, { key, headers }: S3Request): Answer {
  const object = bucket.objects.get(key);
  if (object === undefined) throw new S3StubError("NoSuchKey", `There is no object ${key}`);
  const { ifMatch, ifNoneMatch } = conditionsOf(headers);
  if (ifMatch !== undefined && unquote(ifMatch) !== object.etag)
    throw new S3StubError("PreconditionFailed", "The etag differs");
  const described = {
    ...Object.fromEntries(Object.entries(object.headers).filter(([name]) => showsHeader(name, headers))),
    etag: `"${object.etag}"`,
    "last-modified": object.modifiedAt.toUTCString(),
    "accept-ranges": "bytes",
  };
  if (ifNoneMatch !== undefined && unquote(ifNoneMatch) === object.etag) return { status: 304, headers: described };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "");
  if (range === null) return { status: 200, headers: described, body: object.bytes };
  const start = Number(range[1]);
  const end = Math.min(range[2] === "" ? Number.POSITIVE_INFINITY : Number(range[2]), object.bytes.length - 1);
  if (start > end) throw new S3StubError("InvalidRange", "The range begins after the object's end");
  const contentRange = `bytes ${start}-${end}/${object.bytes.length}`;
  return {
    status: 206,
    headers: { ...described, "content-range": contentRange },
    body: object.bytes.subarray(start, end + 1),
  };
}

/** Checksums are for those who ask. */
function showsHeader(name: string, asked: IncomingHttpHeaders): boolean {
  return !name.startsWith("x-amz-checksum-") || asked["x-amz-checksum-mode"] === "ENABLED";
}

function listObjects(bucket: Bucket, { bucket: name, query }: S3Request, pageSize: number): Answer {
  const token = query.get("continuation-token");
  const after = token === null ? (query.get("start-after") ?? "") : Buffer.from(token.slice(1), "base64url").toString();
  const prefix = query.get("prefix") ?? "";
  const max = Math.min(Number(query.get("max-keys") ?? pageSize), pageSize);
  const page = listKeys(bucket, { prefix, delimiter: query.get("delimiter") ?? "", after, max });
  const encode = query.get("encoding-type") === "url" ? encodeURIComponent : escapeXml;
  const contents = page.keys.map((key) => {
    const object = bucket.objects.get(key);
    return `<Contents><Key>${encode(key)}</Key><LastModified>${object?.modifiedAt.toISOString()}</LastModified><ETag>&quot;${object?.etag}&quot;</ETag><Size>${object?.bytes.length}</Size></Contents>`;
  });
  const prefixes = page.prefixes.map((common) => `<CommonPrefixes><Prefix>${encode(common)}</Prefix></CommonPrefixes>`);
  // The leading letter keeps a token from looking like a number to a lenient parser.
  const next =
    page.next === undefined
      ? ""
      : `<NextContinuationToken>t${Buffer.from(page.next).toString("base64url")}</NextContinuationToken>`;
  return answerXml(
    `<ListBucketResult><Name>${name}</Name><Prefix>${encode(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${page.next !== undefined}</IsTruncated>${next}${contents.join("")}${prefixes.join("")}</ListBucketResult>`,
  );
}

function createUpload(bucket: Bucket, { bucket: name, key, headers }: S3Request): Answer {
  const uploadId = randomUUID();
  bucket.uploads.set(uploadId, { key, headers: keptHeaders(headers), parts: new Map() });
  return answerXml(
    `<InitiateMultipartUploadResult><Bucket>${name}</Bucket><Key>${escapeXml(key)}</Key><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
  );
}

function putPart(bucket: Bucket, request: S3Request): Answer {
  const number = Number(request.query.get("partNumber"));
  if (!(Number.isInteger(number) && 1 <= number && number <= 10_000))
    throw new S3StubError("InvalidArgument", "Parts are numbered from 1 to 10000");
  const etag = md5(request.payload.bytes);
  uploadOf(bucket, request).parts.set(number, { bytes: request.payload.bytes, etag });
  return { status: 200, headers: { etag: `"${etag}"`, ...request.payload.checksums } };
}

function completeUpload(bucket: Bucket, request: S3Request): Answer {
  const upload = uploadOf(bucket, request);
  const parts = [...request.payload.bytes.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>([^<]*)</.exec(part)?.[1] ?? "").replace(/&quot;|&#34;|"/g, ""),
  }));
  const object = joinParts(upload, parts);
  storeObject(bucket, { key: request.key, object, conditions: conditionsOf(request.headers) });
  bucket.uploads.delete(request.query.get("uploadId") ?? "");
  return answerXml(
    `<CompleteMultipartUploadResult><Bucket>${request.bucket}</Bucket><Key>${escapeXml(request.key)}</Key><ETag>&quot;${object.etag}&quot;</ETag></CompleteMultipartUploadResult>`,
  );
}
