// Addresses that a real S3 answers to whoever has them: just that object, by GET, in time, under the names that were signed.
import { reportAbsentPart } from "@ursa/testing/absent-part";
import { type MinioServer, startMinio } from "@ursa/testing/minio-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ObjectStore } from "./object-store.ts";
import { openStore } from "./open-store.ts";

const minio: MinioServer | undefined = await startMinio();
if (!minio) reportAbsentPart("MinIO was not found, so no presigned address was tried.");
afterAll(() => minio?.close());

const options = (more = {}) => ({
  ...{ from: new Date(), seconds: 60, fileName: "model.onnx", contentType: "application/octet-stream" },
  ...more,
});

describe.runIf(minio)("a presigned address of MinIO", () => {
  let store: ObjectStore;
  const presign = (key: string, more = {}) => store.presign?.(key, options(more)) ?? expect.unreachable();

  beforeAll(async () => {
    // Reached by one name here, and by another by those who download.
    const publicUrl = minio?.url.replace("127.0.0.1", "localhost");
    store = await openStore(minio?.storeUrl("ursa", "in/here") ?? "", { ...minio?.credentials, publicUrl });
    await store.put("ns/a/one", "one", { contentType: "text/html" });
    await store.put("ns/a/two", "two");
  });
  afterAll(() => store?.close());

  test("gives its object to whoever has it, under the signed name and type", async () => {
    const response = await fetch(await presign("ns/a/one"));
    expect([response.status, await response.text()]).toEqual([200, "one"]);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="model.onnx"');
  });

  test("gives nothing else: no other object, name, time, host or method", async () => {
    const url = await presign("ns/a/one");
    const changed = (from: string | RegExp, to: string) => {
      const other = url.replace(from, to);
      expect(other).not.toBe(url);
      return other;
    };
    const tries: [string, string, string?][] = [
      ["another object", changed("/ns/a/one", "/ns/a/two")],
      ["the whole bucket", changed("/in/here/ns/a/one", "/")],
      ["another type", changed("octet-stream", "x-html")],
      ["another name", changed("model.onnx", "model.html")],
      ["no type", changed(/&?response-content-type=[^&]*/, "")],
      ["more time", changed("X-Amz-Expires=60", "X-Amz-Expires=61")],
      ["a later time", changed(/X-Amz-Date=\d{8}/, "X-Amz-Date=29990101")],
      ["another signature", changed(/X-Amz-Signature=./, "X-Amz-Signature=z")],
      ["another host", changed("//localhost:", "//127.0.0.1:")],
      ["no signature", url.split("?")[0] ?? ""],
      ...["HEAD", "PUT", "DELETE", "POST"].map((method): [string, string, string] => [method, url, method]),
    ];
    for (const [what, address, method = "GET"] of tries) {
      const body = method === "PUT" || method === "POST" ? { body: "mine" } : {};
      const response = await fetch(address, { method, ...body });
      await response.arrayBuffer();
      expect([what, Math.floor(response.status / 100)]).toEqual([what, 4]);
    }
    expect((await store.get("ns/a/one")).body.toString()).toBe("one");
  });

  test("ends by the clocks of store and API", async () => {
    const hour = 3_600_000;
    for (const from of [new Date(Date.now() - 2 * hour), new Date(Date.now() + 2 * hour)])
      expect((await fetch(await presign("ns/a/one", { from }))).status).toBe(403);
    const ended = await presign("ns/a/one", { from: new Date(Date.now() - 61_000) });
    expect((await fetch(ended)).status).toBe(403);
  });
});

test("a store that its clients cannot reach has none, and a public URL with a path is refused", async () => {
  const credentials = { accessKey: "a", secretKey: "b" };
  const url = "s3://127.0.0.1:9/ursa?tls=false";
  expect((await openStore(url, credentials)).presign).toBeUndefined();
  const signed = await openStore(url, { ...credentials, publicUrl: "https://s3.example.org" });
  const address = await signed.presign?.("a/b", options());
  expect(address).toMatch(/^https:\/\/s3\.example\.org\/ursa\/a\/b\?response-content-disposition=.*X-Amz-Expires=60&/);
  for (const publicUrl of [
    "https://example.org/s3",
    "ftp://example.org",
    "https://u:p@example.org",
    "example.org:9000",
  ])
    await expect(openStore(url, { ...credentials, publicUrl }), publicUrl).rejects.toThrow("the store's public URL");
});
