// The S3 driver against the stub, always, and against a real server: the one named by URSA_TEST_S3_URL, or a MinIO that is installed.
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { startMinio } from "@ursa/testing/minio-server";
import { type S3Stub, type S3StubOptions, startS3Stub } from "@ursa/testing/s3-stub";
import { afterAll, describe, expect, test } from "vitest";
import { describeObjectStore } from "./object-store.conformance.ts";
import type { ObjectStore } from "./object-store.ts";
import { type OpenStoreOptions, openStore } from "./open-store.ts";
import { startRacer } from "./start-racer.ts";

async function openOnStub(options: S3StubOptions = {}) {
  const stub = await startS3Stub(options);
  const store = await openStore(stub.storeUrl("ursa", "some/prefix"), stub.credentials);
  return { stub, store, [Symbol.asyncDispose]: () => closeAll(store, stub) };
}

async function closeAll(...things: { close(): Promise<void> }[]): Promise<void> {
  for (const thing of things) await thing.close();
}

describeObjectStore("the S3 stub", () => openOnStub({ pageSize: 7 }));

const real = await findRealS3();
afterAll(() => real?.close());

async function findRealS3() {
  const { URSA_TEST_S3_URL: url, URSA_TEST_S3_ACCESS_KEY: accessKey, URSA_TEST_S3_SECRET_KEY: secretKey } = process.env;
  if (url !== undefined)
    return { name: `the S3 at ${url}`, url, credentials: { accessKey, secretKey }, close: async () => {} };
  const minio = await startMinio();
  return minio && { name: "MinIO", url: minio.storeUrl(), credentials: minio.credentials, close: minio.close };
}

if (real === undefined) {
  test.skip(
    "a real S3: neither URSA_TEST_S3_URL nor a minio binary is there, so only the stub was asked (docs/store.md)",
  );
  console.log("No real S3 was tested: set URSA_TEST_S3_URL or install minio (docs/store.md says how).");
} else {
  const { name, credentials } = real;
  const url = new URL(real.url);
  const open = async () => {
    const own = new URL(url);
    own.searchParams.set("prefix", `${url.searchParams.get("prefix") ?? ""}ursa-conformance/${randomUUID()}/`);
    const store = await openStore(own.href, credentials);
    return {
      store,
      url: own.href,
      async [Symbol.asyncDispose]() {
        for await (const { key } of store.list("")) await store.delete(key);
        await store.close();
      },
    };
  };
  describeObjectStore(name, open);

  test(`three processes increment one counter on ${name}, and no update is lost`, async () => {
    await using opened = await open();
    await raceIncrements(opened.store, opened.url, credentials);
  });

  test(`${name} lists more than one page`, async () => {
    await using opened = await open();
    const keys = Array.from({ length: 1100 }, (_, index) => `${String(index).padStart(5, "0")}`);
    await Promise.all(keys.map((key) => opened.store.put(key, "")));
    const listed: string[] = [];
    for await (const { key } of opened.store.list("")) listed.push(key);
    expect(listed).toEqual(keys);
  });

  test(`${name} refuses a wrong secret, and a bucket that is not there fails its check`, async () => {
    const wrong = await openStore(url.href.replace("create=true", "create=false"), {
      ...credentials,
      secretKey: "wrong-secret-key",
    });
    await expect(wrong.put("x", "y")).rejects.toThrow("SignatureDoesNotMatch");
    await wrong.close();
    const absent = new URL(url);
    absent.searchParams.delete("create");
    absent.pathname = "/no-such-bucket-of-ursa";
    const store = await openStore(absent.href, credentials);
    await expect(store.check()).rejects.toThrow("There is no bucket no-such-bucket-of-ursa");
    await store.close();
  });
}

/** Real processes on one counter: what they acknowledge is 1, 2, 3, …, each number once. */
async function raceIncrements(
  store: ObjectStore,
  url: string,
  { accessKey, secretKey }: OpenStoreOptions,
): Promise<void> {
  await store.put("counter", "0");
  const keys = { URSA_TEST_S3_ACCESS_KEY: accessKey, URSA_TEST_S3_SECRET_KEY: secretKey };
  const racers = [1, 2, 3].map(() => startRacer(url, ["increment", "counter", "40"], keys));
  await Promise.all(racers.map(({ exited }) => exited));
  const acknowledged = racers.flatMap(({ lines }) => lines.map(Number)).sort((a, b) => a - b);
  expect(acknowledged).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
  expect((await store.get("counter")).body.toString()).toBe("120");
}

test("three processes increment one counter on the stub, and no update is lost", async () => {
  await using opened = await openOnStub();
  await raceIncrements(opened.store, opened.stub.storeUrl("ursa", "some/prefix"), opened.stub.credentials);
});

describe("the S3 driver and its requests", () => {
  test("puts its prefix before every key", async () => {
    await using opened = await openOnStub();
    await opened.store.put("a/b", "x");
    expect([...(opened.stub.buckets.get("ursa")?.objects.keys() ?? [])]).toEqual(["some/prefix/a/b"]);
  });

  test("names the sha256 of what it writes in a header that the server verifies", async () => {
    await using opened = await openOnStub();
    await opened.store.put("a", "x");
    const put = opened.stub.log.find(({ method }) => method === "PUT");
    // printf x | openssl dgst -sha256 -binary | base64
    expect(put?.headers["x-amz-checksum-sha256"]).toBe("LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=");
    expect(opened.stub.log).toHaveLength(1);
  });

  test("uploads in parts only what does not fit into one, and leaves no unfinished upload", async () => {
    await using opened = await openOnStub();
    const { store, stub } = opened;
    await store.put("small", Readable.from([Buffer.alloc(1000)]));
    expect(stub.log.map(({ method }) => method)).toEqual(["PUT"]);
    await store.put("exact", Readable.from([Buffer.alloc(8 << 20)]));
    expect(stub.log.some(({ query }) => query.includes("uploads"))).toBe(false);
    await store.put("more", Readable.from([Buffer.alloc((8 << 20) + 1)]), { ifNoneMatch: "*" });
    const partSizes = stub.log
      .filter(({ query }) => query.includes("partNumber"))
      .map(({ headers }) => headers["content-length"]);
    expect(partSizes).toEqual([`${8 << 20}`, "1"]);
    await expect(store.put("more", Readable.from([Buffer.alloc(9 << 20)]), { ifNoneMatch: "*" })).rejects.toThrow();
    expect(unfinishedUploads(stub)).toBe(0);
  });

  test("makes the bucket when asked to, also twice at once", async () => {
    await using stub = await startS3Stub({ buckets: [] });
    const url = stub.storeUrl("made-up");
    const store = await openStore(url, stub.credentials);
    await expect(store.check()).rejects.toThrow("There is no bucket made-up");
    const stores = await Promise.all([1, 2].map(() => openStore(`${url}&create=true`, stub.credentials)));
    await Promise.all(stores.map((made) => made.check()));
    await closeAll(store, ...stores);
  });
});

function unfinishedUploads(stub: S3Stub): number {
  return [...stub.buckets.values()].reduce((sum, { uploads }) => sum + uploads.size, 0);
}

describe("a store URL", () => {
  test.each([
    "http://host/bucket",
    "s3://host",
    "s3://host/bucket/more",
    "s3://host/bucket?regoin=x",
    "s3://host/bucket?tls=maybe",
    "s3://key:secret@host/bucket",
    "bucket",
    "",
  ])("such as %j is refused", async (url) => {
    await expect(openStore(url, { accessKey: "a", secretKey: "b" })).rejects.toThrow(TypeError);
  });

  test("of an S3 needs keys beside it", async () => {
    await expect(openStore("s3://host/bucket")).rejects.toThrow("needs an access key and a secret key");
  });
});
