// Writing to S3 in parts. Our own, because the client's resumes whatever unfinished upload of the key it finds, also another
// process's, and sends the conditions with the beginning instead of the completion.
import { createHash, randomUUID } from "node:crypto";
import { buffer, text } from "node:stream/consumers";
import type { ObjectInfo } from "./object-store.ts";
import {
  commit,
  describeWrite,
  type Headers,
  type Put,
  refuseMismatch,
  type S3Place,
  type Send,
  unquote,
} from "./s3-commit.ts";
import type { Attempt } from "./s3-connection.ts";

/** Writes `parts`, of which all but the last must have at least 5 MiB. */
export async function putInParts(put: Put, parts: AsyncIterable<Buffer>): Promise<ObjectInfo> {
  const { place, key, options } = put;
  const objectName = place.prefix + key;
  const writeId = randomUUID();
  const metadata = describeWrite({ writeId, sha256: options.sha256 }, options);
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
    const info = await commit(put, { written: { writeId, size, sha256 }, bytes: 0, send, isSpent: true });
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
