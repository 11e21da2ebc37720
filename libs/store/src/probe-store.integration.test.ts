// The store's promises, tried on stores that keep them and on one that breaks each.
import { startMinio } from "@ursa/testing/minio-server";
import { startS3Stub } from "@ursa/testing/s3-stub";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { openFolderStore } from "./folder-store.ts";
import type { ObjectStore, PutOptions } from "./object-store.ts";
import { openStore } from "./open-store.ts";
import { probeStore } from "./probe-store.ts";

async function keptBy(store: ObjectStore) {
  const { broken, clockAheadMs = Number.NaN } = await probeStore(store);
  expect(Math.abs(clockAheadMs)).toBeLessThan(2000);
  for await (const { key } of store.list("doctor/")) throw new Error(`${key} was left behind`);
  await store.close();
  return broken;
}

test("a folder, the S3 stub and MinIO keep them, and nothing is left behind", async () => {
  await using folder = await createScratchFolder();
  expect(await keptBy(await openFolderStore({ root: folder.path }))).toEqual([]);
  const stub = await startS3Stub();
  expect(await keptBy(await openStore(stub.storeUrl(), stub.credentials))).toEqual([]);
  await stub.close();
  await using minio = await startMinio();
  if (!minio) return console.warn("no minio here: not tried");
  expect(await keptBy(await openStore(minio.storeUrl(), minio.credentials))).toEqual([]);
});

test.each<[string, keyof PutOptions, RegExp]>([
  ["If-None-Match", "ifNoneMatch", /two writers can both create/],
  ["If-Match", "ifMatch", /can overwrite its successor/],
  ["checksums", "sha256", /damage on the way is not noticed/],
])("a store that ignores %s is told by what that costs", async (_, ignored, sentence) => {
  await using folder = await createScratchFolder();
  const real = await openFolderStore({ root: folder.path });
  const put: ObjectStore["put"] = (key, body, { [ignored]: _ignored, ...options } = {}) => real.put(key, body, options);
  expect(await keptBy({ ...real, put })).toEqual([expect.stringMatching(sentence)]);
});
