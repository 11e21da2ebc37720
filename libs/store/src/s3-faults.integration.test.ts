// The S3 driver in trouble: servers that stall, cut, refuse, lie, or lose their answers.

import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePort } from "@ursa/testing/free-port";
import { startS3Stub } from "@ursa/testing/s3-stub";
import { describe, expect, test } from "vitest";
import { ChecksumMismatch, PreconditionFailed, StoreUnavailable } from "./object-store.ts";
import { type OpenStoreOptions, openStore } from "./open-store.ts";

async function openOnStub(limits: OpenStoreOptions = {}) {
  const stub = await startS3Stub();
  const store = await openStore(stub.storeUrl(), { ...stub.credentials, ...limits });
  return {
    store,
    stub,
    faults: stub.faults,
    stored: (key: string) => stub.buckets.get("ursa")?.objects.get(key)?.bytes.toString(),
    requests: () => stub.log.map(({ method }) => method).join(" "),
    async [Symbol.asyncDispose]() {
      await store.close();
      await stub.close();
    },
  };
}

async function timed(work: Promise<unknown>): Promise<{ error: unknown; ms: number }> {
  const start = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, ms: performance.now() - start };
}

describe("a server in trouble", () => {
  test("that answers 503 twice is asked a third time", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "status", status: 503, times: 2 });
    await on.store.put("a", "x");
    expect(on.requests()).toBe("PUT PUT PUT");
    on.faults.add({ kind: "status", status: 500, times: 2 });
    expect((await on.store.get("a")).body.toString()).toBe("x");
    on.faults.add({ kind: "status", status: 503, times: 2 });
    expect(await on.store.head("a")).toBeDefined();
    on.faults.add({ kind: "status", status: 503, times: 2, match: { query: "list-type=2" } });
    for await (const { key } of on.store.list("")) expect(key).toBe("a");
    on.faults.add({ kind: "status", status: 503, times: 2 });
    await on.store.delete("a");
    expect(await on.store.head("a")).toBeUndefined();
  });

  test("that answers 503 for ever is given up", async () => {
    await using on = await openOnStub({ maxAttempts: 4 });
    on.faults.add({ kind: "status", status: 503, times: Number.POSITIVE_INFINITY });
    await expect(on.store.put("a", "x")).rejects.toThrow(/could not write a after 4 attempts: .*503/);
    expect(on.requests()).toBe("PUT PUT PUT PUT");
    await expect(on.store.check()).rejects.toThrow(StoreUnavailable);
  });

  test("that answers a conditional write with 409 is asked again", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "status", status: 409, code: "ConditionalRequestConflict" });
    await on.store.put("a", "x", { ifNoneMatch: "*" });
    expect(on.requests()).toBe("PUT PUT");
  });

  test("that denies access is asked once", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "status", status: 403, code: "AccessDenied" });
    await expect(on.store.get("a")).rejects.toThrow(/could not read a: AccessDenied/);
    expect(on.requests()).toBe("GET");
  });

  test("that is not there is reported within two seconds", async () => {
    const port = await findFreePort();
    const store = await openStore(`s3://127.0.0.1:${port}/ursa?tls=false`, { accessKey: "a", secretKey: "b" });
    const { error, ms } = await timed(store.get("a"));
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(String(error)).toContain("ECONNREFUSED");
    expect(ms).toBeLessThan(4000); // 2 s of pauses at most, and a busy machine
    await store.close();
    const hasty = await openStore(`s3://127.0.0.1:${port}/ursa?tls=false`, {
      accessKey: "a",
      secretKey: "b",
      operationTimeoutMs: 300,
    });
    expect((await timed(hasty.put("a", "x"))).ms).toBeLessThan(1000);
    await hasty.close();
  });
});

describe("a server that stalls", () => {
  test("before it answers is given up, and asked again", async () => {
    await using on = await openOnStub({ idleTimeoutMs: 200 });
    on.faults.add({ kind: "stall" });
    await on.store.put("a", "x");
    on.faults.add({ kind: "stall" });
    expect((await on.store.get("a")).body.toString()).toBe("x");
    expect(on.requests()).toBe("PUT PUT GET GET");
  });

  test("for ever does not hold an operation beyond its time", async () => {
    await using on = await openOnStub({ operationTimeoutMs: 500 });
    on.faults.add({ kind: "stall", times: Number.POSITIVE_INFINITY });
    for (const work of [
      on.store.get("a"),
      on.store.put("a", "x"),
      on.store.head("a"),
      on.store.check(),
      on.store.stream("a"),
    ]) {
      const { error, ms } = await timed(work);
      expect(error).toBeInstanceOf(StoreUnavailable);
      expect(ms).toBeLessThan(2000);
    }
  });

  test("in the middle of a body ends a get by a retry and a stream by an error", async () => {
    await using on = await openOnStub({ idleTimeoutMs: 200 });
    await on.store.put("a", Buffer.alloc(100_000));
    on.faults.add({ kind: "stall-after-bytes", bytes: 1000 });
    expect((await on.store.get("a")).body).toHaveLength(100_000);
    on.faults.add({ kind: "stall-after-bytes", bytes: 1000 });
    const { body } = await on.store.stream("a");
    await expect(buffer(body)).rejects.toThrow(/Nothing came from the store for 200 ms/);
  });

  test("is told from a reader that pauses", async () => {
    await using on = await openOnStub({ idleTimeoutMs: 150, operationTimeoutMs: 400 });
    await on.store.put("a", Buffer.alloc(4 << 20, 7));
    const { body } = await on.store.stream("a");
    let size = 0;
    for await (const chunk of body) {
      if (size === 0) await delay(700); // longer than both limits: the wait is the reader's own
      size += chunk.length;
    }
    expect(size).toBe(4 << 20);
  });

  test("drips slower than a MiB a second but never stops: a stream has the time it takes, a get has not", async () => {
    await using on = await openOnStub({ idleTimeoutMs: 300, operationTimeoutMs: 600, maxAttempts: 1 });
    await on.store.put("a", Buffer.alloc(12_000));
    on.faults.add({ kind: "slow", bytesPerSecond: 10_000, times: 2 });
    const { body } = await on.store.stream("a");
    expect(await buffer(body)).toHaveLength(12_000);
    await expect(on.store.get("a")).rejects.toThrow(/took longer than the operation may/);
  });
});

describe("a connection that is cut", () => {
  test("in the middle of a body is never a short answer", async () => {
    await using on = await openOnStub();
    await on.store.put("a", Buffer.alloc(100_000, 1));
    on.faults.add({ kind: "cut-after-bytes", bytes: 5000, match: { method: "GET" } });
    expect((await on.store.get("a")).body).toHaveLength(100_000);
    on.faults.add({ kind: "cut-after-bytes", bytes: 5000 });
    expect((await on.store.get("a", { start: 10, end: 50_000 })).body).toHaveLength(49_990);
    on.faults.add({ kind: "cut-after-bytes", bytes: 5000 });
    await expect(buffer((await on.store.stream("a")).body)).rejects.toThrow(StoreUnavailable);
    on.faults.add({ kind: "cut-after-bytes", bytes: 5000, times: Number.POSITIVE_INFINITY });
    await expect(on.store.get("a")).rejects.toThrow(StoreUnavailable);
  });

  test("during an upload stores nothing, and the upload is sent again", async () => {
    await using on = await openOnStub({ maxAttempts: 2 });
    on.faults.add({ kind: "cut-after-bytes", bytes: 1000, times: 2 });
    await expect(on.store.put("a", Buffer.alloc(300_000))).rejects.toThrow(StoreUnavailable);
    expect(on.stored("a")).toBeUndefined();
    on.faults.add({ kind: "cut-after-bytes", bytes: 1000 });
    await on.store.put("a", Buffer.alloc(300_000));
    expect(on.stored("a")).toHaveLength(300_000);
  });

  test("under a part of an upload costs that part only", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "cut-after-bytes", bytes: 1000, match: { query: "partNumber=2" } });
    await on.store.put("a", Readable.from([Buffer.alloc(20 << 20)]));
    expect(on.stub.log.filter(({ query }) => query.includes("partNumber=1&"))).toHaveLength(1);
    expect(on.stub.log.filter(({ query }) => query.includes("partNumber=2&"))).toHaveLength(2);
    expect(on.stored("a")).toHaveLength(20 << 20);
  });
});

describe("an answer that is lost after the write happened", () => {
  test("does not make a creator believe that another was first", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "lose-answer" });
    const info = await on.store.put("a", "mine", { ifNoneMatch: "*" });
    expect(on.requests()).toBe("PUT PUT HEAD");
    expect(await on.store.head("a")).toEqual(info);
    await expect(on.store.put("a", "other", { ifNoneMatch: "*" })).rejects.toThrow(PreconditionFailed);
  });

  test("does not count an update as lost, nor twice", async () => {
    await using on = await openOnStub();
    const first = await on.store.put("a", "1");
    on.faults.add({ kind: "lose-answer", match: { method: "PUT" } });
    const second = await on.store.put("a", "2", { ifMatch: first.etag });
    await on.store.put("a", "3", { ifMatch: second.etag });
    expect(on.stored("a")).toBe("3");
  });

  test("and another's write since is a lost race", async () => {
    await using on = await openOnStub({ idleTimeoutMs: 200 });
    const first = await on.store.put("a", "1");
    on.faults.add({ kind: "stall", match: { method: "PUT" } });
    const waiting = on.store.put("a", "2", { ifMatch: first.etag });
    await on.store.put("a", "other");
    await expect(waiting).rejects.toThrow(PreconditionFailed);
    expect(on.stored("a")).toBe("other");
  });

  test("does not fail the completion of an upload in parts", async () => {
    await using on = await openOnStub();
    on.faults.add({ kind: "lose-answer", match: { method: "POST", query: "uploadId=" } });
    const info = await on.store.put("a", Readable.from([Buffer.alloc(9 << 20)]), { ifNoneMatch: "*" });
    expect(info.size).toBe(9 << 20);
    expect((await on.store.head("a"))?.etag).toBe(info.etag);
  });
});

describe("a server or proxy that keeps only a part of what it was sent", () => {
  test.each([{}, { ifNoneMatch: "*" as const }])("is found out, and the object mended, with %j", async (options) => {
    await using on = await openOnStub();
    on.faults.add({ kind: "store-partial", bytes: 3, match: { method: "PUT" } });
    await on.store.put("a", "all of it", options);
    expect(on.stored("a")).toBe("all of it");
  });

  test.each([{}, { ifNoneMatch: "*" as const }])("leaves nothing of an upload in parts, with %j", async (options) => {
    await using on = await openOnStub();
    on.faults.add({ kind: "store-partial", bytes: 3, match: { method: "PUT", query: "partNumber=2" } });
    const body = () => Readable.from([Buffer.alloc(9 << 20)]);
    await expect(on.store.put("a", body(), options)).rejects.toThrow(StoreUnavailable);
    expect(await on.store.head("a")).toBeUndefined();
    expect((await on.store.put("a", body(), options)).size).toBe(9 << 20);
  });

  test("and does so again and again is unavailable", async () => {
    await using on = await openOnStub({ maxAttempts: 3 });
    on.faults.add({ kind: "store-partial", bytes: 3, match: { method: "PUT" }, times: Number.POSITIVE_INFINITY });
    await expect(on.store.put("a", "all of it")).rejects.toThrow(/kept 3 of the 9 bytes of a/);
  });

  test("and objects that were damaged where they lie do not pass for good ones", async () => {
    await using on = await openOnStub({ maxAttempts: 2 });
    await on.store.put("a", "all of it");
    const object = on.stub.buckets.get("ursa")?.objects.get("a");
    if (object !== undefined) object.bytes = Buffer.from("ALL of it");
    await expect(on.store.get("a")).rejects.toThrow(ChecksumMismatch);
    await expect(buffer((await on.store.stream("a")).body)).rejects.toThrow(ChecksumMismatch);
    if (object !== undefined) object.bytes = Buffer.from("all");
    await expect(on.store.get("a")).rejects.toThrow(ChecksumMismatch);
  });
});
