// The stub must be as strict as S3 itself: what it lets pass, the driver's tests cannot find.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { verifySignature } from "./s3-stub/verify-signature.ts";
import { type S3StubOptions, startS3Stub } from "./s3-stub.ts";

async function startOpen(options: S3StubOptions = {}) {
  const stub = await startS3Stub({ checksSignatures: false, ...options });
  const url = `http://127.0.0.1:${stub.port}/ursa`;
  const put = (key: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/${key}`, { method: "PUT", body, headers });
  const text = async (key: string) => (await fetch(`${url}/${key}`)).text();
  return { stub, url, put, text, [Symbol.asyncDispose]: () => stub.close() };
}

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${/<Code>(.*)<\/Code>/.exec(await response.text())?.[1]}`;
}

const base64 = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("base64");

describe("signatures", () => {
  // The worked example of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object".
  const credentials = { accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
  const example = {
    method: "GET",
    url: "/test.txt",
    headers: {
      authorization:
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
      host: "examplebucket.s3.amazonaws.com",
      range: "bytes=0-9",
      "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "x-amz-date": "20130524T000000Z",
    },
  };
  const then = Date.parse("2013-05-24T00:05:00Z");

  test("are those of AWS's own example", () => {
    expect(() => verifySignature(example, credentials, then)).not.toThrow();
    const tampered = { ...example, headers: { ...example.headers, range: "bytes=0-99" } };
    expect(() => verifySignature(tampered, credentials, then)).toThrow("The signature is not that of this request");
    expect(() => verifySignature(example, { ...credentials, secretKey: "other" }, then)).toThrow();
    expect(() => verifySignature(example, credentials, Date.now())).toThrow("15 minutes");
  });

  test("are asked for unless told otherwise", async () => {
    await using stub = await startS3Stub();
    expect(await codeOf(await fetch(`http://127.0.0.1:${stub.port}/ursa/a`))).toBe("403 AccessDenied");
  });
});

describe("checksums", () => {
  test.each([
    ["x-amz-checksum-sha256", base64("sha256", "hello"), base64("sha256", "other")],
    ["x-amz-checksum-crc32", "NhCmhg==", "AAAAAA=="],
    ["content-md5", base64("md5", "hello"), base64("md5", "other")],
  ])("in %s are verified, and wrong bytes not kept", async (name, right, wrong) => {
    await using open = await startOpen();
    expect((await open.put("right", "hello", { [name]: right })).status).toBe(200);
    expect(await codeOf(await open.put("wrong", "hello", { [name]: wrong }))).toBe("400 BadDigest");
    expect(await codeOf(await fetch(`${open.url}/wrong`))).toBe("404 NoSuchKey");
  });

  test("come back with the object for those who ask", async () => {
    await using open = await startOpen();
    await open.put("a", "hello", { "x-amz-checksum-sha256": base64("sha256", "hello"), "x-amz-meta-kind": "greeting" });
    const plain = await fetch(`${open.url}/a`);
    expect([plain.headers.get("x-amz-checksum-sha256"), plain.headers.get("x-amz-meta-kind")]).toEqual([
      null,
      "greeting",
    ]);
    const asked = await fetch(`${open.url}/a`, { headers: { "x-amz-checksum-mode": "ENABLED" } });
    expect(asked.headers.get("x-amz-checksum-sha256")).toBe(base64("sha256", "hello"));
  });

  test("of the signed payload and of unknown kinds are not waved through", async () => {
    await using open = await startOpen();
    const wrongHash = { "x-amz-content-sha256": createHash("sha256").update("other").digest("hex") };
    expect(await codeOf(await open.put("a", "hello", wrongHash))).toBe("400 XAmzContentSHA256Mismatch");
    expect(await codeOf(await open.put("a", "hello", { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" }))).toBe(
      "501 NotImplemented",
    );
  });

  test("in the trailer of an aws-chunked body are verified, and the framing is not stored", async () => {
    await using open = await startOpen();
    const chunked = (sum: string) =>
      `3\r\nhel\r\n2;chunk-signature=abc\r\nlo\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`;
    const headers = {
      "content-encoding": "aws-chunked",
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": "5",
      "x-amz-trailer": "x-amz-checksum-crc32",
    };
    expect((await open.put("a", chunked("NhCmhg=="), headers)).status).toBe(200);
    expect(await open.text("a")).toBe("hello");
    expect(await codeOf(await open.put("b", chunked("AAAAAA=="), headers))).toBe("400 BadDigest");
    expect(await codeOf(await open.put("b", "5\r\nhel", headers))).toBe("400 IncompleteBody");
    expect(
      await codeOf(await open.put("b", chunked("NhCmhg=="), { ...headers, "x-amz-decoded-content-length": "6" })),
    ).toBe("400 IncompleteBody");
  });
});

describe("conditional writes", () => {
  test("let one of 20 creators through", async () => {
    await using open = await startOpen();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => open.put("a", `${index}`, { "if-none-match": "*" })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 19 }, () => 412)]);
  });

  test("compare the etag, with or without quotes, and know a missing key", async () => {
    await using open = await startOpen();
    const etag = (await open.put("a", "1")).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await open.put("a", "2", { "if-match": etag })).status).toBe(200);
    expect(await codeOf(await open.put("a", "3", { "if-match": etag }))).toBe("412 PreconditionFailed");
    expect(await codeOf(await open.put("b", "3", { "if-match": etag }))).toBe("404 NoSuchKey");
    expect(await codeOf(await open.put("b", "3", { "if-none-match": etag }))).toBe("501 NotImplemented");
    expect(await open.text("a")).toBe("2");
  });

  test("hold for the completion of an upload in parts, which may be tried again", async () => {
    await using open = await startOpen();
    const started = await (await fetch(`${open.url}/a?uploads`, { method: "POST" })).text();
    const uploadId = /<UploadId>(.*)<\/UploadId>/.exec(started)?.[1];
    const part = await open.put(`a?partNumber=1&uploadId=${uploadId}`, "part one");
    const complete = (etag: string | null, headers = {}) =>
      fetch(`${open.url}/a?uploadId=${uploadId}`, {
        method: "POST",
        headers,
        body: `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`,
      });
    expect(await codeOf(await complete('"wrong"'))).toBe("400 InvalidPart");
    await open.put("a", "first");
    expect(await codeOf(await complete(part.headers.get("etag"), { "if-none-match": "*" }))).toBe(
      "412 PreconditionFailed",
    );
    expect((await complete(part.headers.get("etag"))).status).toBe(200);
    expect(await open.text("a")).toBe("part one");
    expect(await codeOf(await complete(part.headers.get("etag")))).toBe("404 NoSuchUpload");
  });
});

describe("listings", () => {
  test("come in pages, in byte order, with common prefixes where asked", async () => {
    await using open = await startOpen({ pageSize: 2 });
    for (const key of ["b/2", "a", "b/1", "b-", "c"]) await open.put(key, key);
    const list = async (query: string) => {
      const xml = await (await fetch(`${open.url}?list-type=2&${query}`)).text();
      const all = (tag: string) =>
        [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, "g"))].map(([, value]) => value);
      return { keys: all("Key"), prefixes: all("Prefix").slice(1), token: all("NextContinuationToken")[0] };
    };
    const first = await list("");
    expect(first.keys).toEqual(["a", "b-"]);
    const second = await list(`continuation-token=${first.token}`);
    expect(second.keys).toEqual(["b/1", "b/2"]);
    expect(await list(`continuation-token=${second.token}`)).toEqual({ keys: ["c"], prefixes: [], token: undefined });
    expect((await list("start-after=b/1")).keys).toEqual(["b/2", "c"]);
    expect(await list("delimiter=/&start-after=a")).toMatchObject({ keys: ["b-"], prefixes: ["b/"] });
  });
});

describe("faults", () => {
  test("strike as often as ordered, where ordered, and are logged", async () => {
    await using open = await startOpen();
    open.stub.faults.add({
      kind: "status",
      status: 503,
      match: { method: "PUT", keyPrefix: "a/" },
      after: 1,
      times: 2,
    });
    const statuses = [];
    for (const key of ["a/1", "b/1", "a/2", "a/3", "a/4"]) statuses.push((await open.put(key, "x")).status);
    expect(statuses).toEqual([200, 200, 503, 503, 200]);
    expect(open.stub.log.map(({ status }) => status)).toEqual(statuses);
    open.stub.faults.add({ kind: "cut-after-bytes", bytes: 2 });
    await open.put("long", "0123456789").catch(() => {});
    expect(open.stub.buckets.get("ursa")?.objects.has("long")).toBe(false);
  });

  test("strike about as large a share as ordered, the same requests with the same seed", async () => {
    await using open = await startOpen();
    const struckWith = async (seed: number) => {
      open.stub.faults.clear();
      open.stub.faults.add({ kind: "status", status: 500, match: { keyPart: "/x" }, share: 0.3, seed });
      const statuses = [];
      for (let at = 0; at < 60; at++) statuses.push((await open.put(`a/x${at}`, "x")).status);
      expect((await open.put("a/y", "x")).status).toBe(200);
      return statuses;
    };
    const first = await struckWith(1);
    const { length } = first.filter((status) => status === 500);
    expect(length).toBeGreaterThan(8);
    expect(length).toBeLessThan(30);
    expect(open.stub.faults.struck).toBe(length);
    expect(await struckWith(1)).toEqual(first);
    expect(await struckWith(2)).not.toEqual(first);
  });
});
