// Addresses that answer GET of one object to whoever has them, signed for the name by which clients reach the store.
import { Client } from "minio";
import { checkKey } from "./check-key.ts";
import type { ObjectStore } from "./object-store.ts";
import type { S3ConnectionOptions } from "./s3-connection.ts";

type Presign = NonNullable<ObjectStore["presign"]>;
type Bucket = Pick<S3ConnectionOptions, "region" | "credentials"> & { bucket: string; prefix: string };

/**
 * Signing costs no I/O, since the region is known.
 * @param publicUrl such as https://s3.example.org, without a path: the signature holds for just this host and port
 * @throws TypeError for any other URL
 */
export function createPresign({ bucket, prefix, region, credentials }: Bucket, publicUrl: string): Presign {
  const url = URL.parse(publicUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`)
    throw new TypeError(`Expected the store's public URL as https://host[:port], got ${JSON.stringify(publicUrl)}`);
  const place = { endPoint: url.hostname, ...(url.port ? { port: Number(url.port) } : {}) };
  const client = new Client({ ...place, useSSL: url.protocol === "https:", region, ...credentials });
  return async (key, { from, seconds, fileName, contentType }) => {
    checkKey(key);
    const answer = {
      "response-content-disposition": `attachment; filename="${fileName}"`,
      "response-content-type": contentType,
    };
    return client.presignedUrl("GET", bucket, prefix + key, seconds, answer, from);
  };
}
