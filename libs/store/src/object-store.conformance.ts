// What every object store of Ursa must do. `describeObjectStore` runs it against one; docs/store.md says how to point it at any S3.
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { ChecksumMismatch, InvalidKey, ObjectNotFound, type ObjectStore, PreconditionFailed } from "./object-store.ts";

export type OpenedStore = AsyncDisposable & { store: ObjectStore };

/** Defines the suite. `open` gives an empty store of the test's own: a new folder, or a new prefix of a bucket. */
export function describeObjectStore(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as an object store`, () => {
    describe("writing and reading", () => defineReadingAndWriting(open));
    describe("conditional writes", () => defineConditionalWrites(open));
    describe("ranges and streams", () => defineRangesAndStreams(open));
    describe("listing and deleting", () => defineListing(open));
  });
}

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");

async function keysOf(store: ObjectStore, prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, after === undefined ? {} : { after })) keys.push(key);
  return keys;
}

/** Five bytes at a time, so that nothing may rely on a stream's chunks. */
function dripping(text: string): Readable {
  return Readable.from((text.match(/.{1,5}/gs) ?? []).map((part) => Buffer.from(part)));
}

function defineReadingAndWriting(open: () => Promise<OpenedStore>): void {
  test("what was put is got, with its size, etag and sha256", async () => {
    await using opened = await open();
    const { store } = opened;
    const bytes = randomBytes(70_000);
    const put = await store.put("ns/default/a.bin", bytes);
    const { body, info } = await store.get("ns/default/a.bin");
    expect(body.equals(bytes)).toBe(true);
    expect(info).toEqual({ key: "ns/default/a.bin", etag: put.etag, size: 70_000, sha256: sha256(bytes) });
    expect(await store.head("ns/default/a.bin")).toEqual(info);
    expect(put).toEqual(info);
  });

  test("strings are stored as UTF-8, and an object may be empty", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put("text.json", '{"name":"Bär"}', { contentType: "application/json" });
    expect((await store.get("text.json")).body.toString("utf8")).toBe('{"name":"Bär"}');
    await store.put("empty", "");
    expect((await store.get("empty")).body).toHaveLength(0);
    expect(await buffer((await store.stream("empty")).body)).toHaveLength(0);
    expect((await store.head("empty"))?.size).toBe(0);
  });

  test("a later put replaces the object and its etag", async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await store.put("record", "one");
    const second = await store.put("record", "two");
    expect(second.etag).not.toBe(first.etag);
    expect((await store.get("record")).body.toString()).toBe("two");
    expect((await store.get("record")).info.etag).toBe(second.etag);
  });

  test("what is not there is not found, and head says undefined", async () => {
    await using opened = await open();
    const { store } = opened;
    await expect(store.get("no/such/key")).rejects.toThrow(ObjectNotFound);
    await expect(store.stream("no/such/key")).rejects.toThrow(ObjectNotFound);
    expect(await store.head("no/such/key")).toBeUndefined();
  });

  test("bytes that differ from the announced sha256 are refused and not kept", async () => {
    await using opened = await open();
    const { store } = opened;
    const right = sha256("right");
    await expect(store.put("x", "wrong", { sha256: right })).rejects.toThrow(ChecksumMismatch);
    await expect(store.put("x", dripping("wrong, and longer"), { sha256: right })).rejects.toThrow(ChecksumMismatch);
    expect(await store.head("x")).toBeUndefined();
    expect(await keysOf(store, "")).toEqual([]);
    await store.put("x", "right", { sha256: right });
    await expect(store.put("x", "wrong", { sha256: right })).rejects.toThrow(ChecksumMismatch);
    expect((await store.get("x")).body.toString()).toBe("right");
  });

  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    "../a",
    "a/../b",
    "a/./b",
    ".hidden",
    "a\\b",
    "a\nb",
    "a b",
    "ü",
    "%2e%2e",
    "~a",
    "a".repeat(128),
  ])("the key %j is refused", async (key) => {
    await using opened = await open();
    const { store } = opened;
    await expect(store.put(key, "x")).rejects.toThrow(InvalidKey);
    await expect(store.get(key)).rejects.toThrow(InvalidKey);
    await expect(store.head(key)).rejects.toThrow(InvalidKey);
    await expect(store.delete(key)).rejects.toThrow(InvalidKey);
  });

  test("the check passes, and objects written at once do not disturb each other", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.check();
    const names = Array.from({ length: 40 }, (_, index) => `many/${index}`);
    await Promise.all(names.map((key) => store.put(key, key.repeat(50))));
    const bodies = await Promise.all(names.map((key) => store.get(key)));
    expect(bodies.map(({ body }) => body.toString())).toEqual(names.map((key) => key.repeat(50)));
  });
}

function defineConditionalWrites(open: () => Promise<OpenedStore>): void {
  test("create-once refuses the second writer and leaves the first one's bytes", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put("once", "first", { ifNoneMatch: "*" });
    await expect(store.put("once", "second", { ifNoneMatch: "*" })).rejects.toThrow(PreconditionFailed);
    await expect(store.put("once", dripping("second, a stream"), { ifNoneMatch: "*" })).rejects.toThrow(
      PreconditionFailed,
    );
    expect((await store.get("once")).body.toString()).toBe("first");
  });

  test("create-once works again after a delete", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put("once", "first", { ifNoneMatch: "*" });
    await store.delete("once");
    await store.put("once", "second", { ifNoneMatch: "*" });
    expect((await store.get("once")).body.toString()).toBe("second");
  });

  test("compare-and-swap replaces what was read, and nothing else", async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await store.put("record", "1");
    const second = await store.put("record", "2", { ifMatch: first.etag });
    await expect(store.put("record", "3", { ifMatch: first.etag })).rejects.toThrow(PreconditionFailed);
    await expect(store.put("absent", "3", { ifMatch: second.etag })).rejects.toThrow(PreconditionFailed);
    expect(await store.head("absent")).toBeUndefined();
    const { body, info } = await store.get("record");
    expect(body.toString()).toBe("2");
    await store.put("record", "3", { ifMatch: info.etag });
    const etagOfHead = (await store.head("record"))?.etag ?? "";
    await store.put("record", "4", { ifMatch: etagOfHead });
    expect((await store.get("record")).body.toString()).toBe("4");
  });

  test("of 20 creators at once exactly one wins", async () => {
    await using opened = await open();
    const { store } = opened;
    const creations = Array.from({ length: 20 }, (_, index) => store.put("race", `${index}`, { ifNoneMatch: "*" }));
    const results = await Promise.allSettled(creations);
    const winners = results.flatMap((result, index) => (result.status === "fulfilled" ? [index] : []));
    const losers = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    expect(winners).toHaveLength(1);
    expect(losers.every((reason) => reason instanceof PreconditionFailed)).toBe(true);
    expect((await store.get("race")).body.toString()).toBe(`${winners[0]}`);
  });

  test("increments by eight writers at once are all counted", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put("counter", "0");
    await Promise.all(Array.from({ length: 8 }, () => incrementTimes(store, "counter", 10)));
    expect((await store.get("counter")).body.toString()).toBe("80");
  });
}

async function incrementTimes(store: ObjectStore, key: string, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const { body, info } = await store.get(key);
    try {
      await store.put(key, `${Number(body.toString()) + 1}`, { ifMatch: info.etag });
      done += 1;
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
    }
  }
}

function defineRangesAndStreams(open: () => Promise<OpenedStore>): void {
  test("a range is exactly the bytes asked for, and the info is the whole object's", async () => {
    await using opened = await open();
    const { store } = opened;
    const put = await store.put("digits", "0123456789");
    const { body, info } = await store.get("digits", { start: 2, end: 5 });
    expect(body.toString()).toBe("234");
    expect(info).toEqual(put);
    expect((await store.get("digits", { start: 0, end: 1 })).body.toString()).toBe("0");
    expect((await store.get("digits", { start: 0, end: 10 })).body.toString()).toBe("0123456789");
    expect((await store.get("digits", { start: 9, end: 10 })).body.toString()).toBe("9");
    const streamed = await store.stream("digits", { start: 3, end: 6 });
    expect((await buffer(streamed.body)).toString()).toBe("345");
    expect(streamed.info).toEqual(put);
  });

  test.each([
    { start: 5, end: 11 },
    { start: 10, end: 12 },
    { start: 3, end: 3 },
    { start: 4, end: 2 },
    { start: -1, end: 2 },
    { start: 0.5, end: 2 },
  ])("a range from $start to $end of ten bytes is an error, not a short answer", async (range) => {
    await using opened = await open();
    const { store } = opened;
    await store.put("digits", "0123456789");
    await expect(store.get("digits", range)).rejects.toThrow(RangeError);
    await expect(store.stream("digits", range)).rejects.toThrow(RangeError);
  });

  test("a stream of unknown size is stored whole and read back as a stream", async () => {
    await using opened = await open();
    const { store } = opened;
    const text = "the quick brown fox ".repeat(500);
    const put = await store.put("streamed", dripping(text), { sha256: sha256(text) });
    expect(put).toMatchObject({ size: text.length, sha256: sha256(text) });
    const { body, info } = await store.stream("streamed");
    expect((await buffer(body)).toString()).toBe(text);
    expect(info).toEqual(put);
  });

  test("a stream of several parts (12 MB) is stored whole", async () => {
    await using opened = await open();
    const { store } = opened;
    const block = randomBytes(1 << 20);
    const blocks = Array.from({ length: 12 }, () => block);
    const put = await store.put("big", Readable.from(blocks), {
      sha256: sha256(Buffer.concat(blocks)),
      ifNoneMatch: "*",
    });
    expect(put.size).toBe(12 << 20);
    const { body, info } = await store.get("big");
    expect(sha256(body)).toBe(put.sha256);
    expect(info).toEqual(put);
    await expect(store.put("big", Readable.from(blocks), { ifNoneMatch: "*" })).rejects.toThrow(PreconditionFailed);
    await expect(store.put("big", Readable.from(blocks), { ifMatch: "no-such-etag" })).rejects.toThrow(
      PreconditionFailed,
    );
    const again = await store.put("big", Readable.from(blocks.slice(1)), { ifMatch: put.etag });
    expect(again.size).toBe(11 << 20);
    expect((await store.head("big"))?.size).toBe(11 << 20);
  });

  test("a source that fails half way stores nothing, and its error is passed on", async () => {
    await using opened = await open();
    const { store } = opened;
    const failing = (chunks: number) =>
      Readable.from(
        (async function* () {
          for (let sent = 0; sent < chunks; sent++) yield Buffer.alloc(1 << 20);
          throw new Error("the source broke");
        })(),
      );
    await expect(store.put("half", failing(1))).rejects.toThrow("the source broke");
    await expect(store.put("half", failing(11))).rejects.toThrow("the source broke");
    expect(await store.head("half")).toBeUndefined();
    expect(await keysOf(store, "")).toEqual([]);
  });

  test("a stream may be given up half read", async () => {
    await using opened = await open();
    const { store } = opened;
    await store.put("long", Buffer.alloc(3 << 20));
    const { body } = await store.stream("long");
    for await (const chunk of body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(body.destroyed).toBe(true);
    expect((await store.get("long")).body).toHaveLength(3 << 20);
  });
}

function defineListing(open: () => Promise<OpenedStore>): void {
  // In byte order, "-" and "." come before "/", digits before capitals, capitals before "_" and small letters.
  const keys = [
    "a-b",
    "a.b",
    "a/b/c",
    "a/b/d",
    "a/b0",
    "a/b=1",
    "a/bc/d",
    "a0",
    "a_",
    "aB/c",
    "aa",
    "b/B",
    "b/b",
  ].sort();

  async function openFilled() {
    const opened = await open();
    await Promise.all([...keys].reverse().map((key) => opened.store.put(key, key)));
    return opened;
  }

  test("keys come in byte order with their sizes and times", async () => {
    await using opened = await openFilled();
    expect(await keysOf(opened.store, "")).toEqual(keys);
    for await (const { key, size, modifiedAt } of opened.store.list("")) {
      expect(size).toBe(key.length);
      expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(60_000);
    }
  });

  test.each(["a", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/", "b", "zz", "aB"])(
    "the prefix %j is any beginning of a key",
    async (prefix) => {
      await using opened = await openFilled();
      expect(await keysOf(opened.store, prefix)).toEqual(keys.filter((key) => key.startsWith(prefix)));
    },
  );

  test("a listing goes on after any key, there or not", async () => {
    await using opened = await openFilled();
    const { store } = opened;
    for (const after of [...keys, "a/", "a/b", "a/b/", "a/bb", "0", "b/a", "zz"]) {
      expect(await keysOf(store, "", after), `after ${after}`).toEqual(keys.filter((key) => key > after));
      expect(await keysOf(store, "a/b", after), `a/b after ${after}`).toEqual(
        keys.filter((key) => key.startsWith("a/b") && key > after),
      );
    }
  });

  test("a listing may be given up, and spans pages", async () => {
    await using opened = await open();
    const { store } = opened;
    const many = Array.from({ length: 130 }, (_, index) => `page/${String(index).padStart(4, "0")}`);
    await Promise.all(many.map((key) => store.put(key, "")));
    expect(await keysOf(store, "page/")).toEqual(many);
    for await (const { key } of store.list("page/")) {
      expect(key).toBe(many[0]);
      break;
    }
  });

  test("a deleted object is gone, and deleting it again is no error", async () => {
    await using opened = await openFilled();
    const { store } = opened;
    await store.delete("a/b/c");
    await store.delete("a/b/c");
    await store.delete("never/was");
    expect(await store.head("a/b/c")).toBeUndefined();
    expect(await keysOf(store, "a/b/")).toEqual(["a/b/d"]);
    for (const key of keys) await store.delete(key);
    expect(await keysOf(store, "")).toEqual([]);
  });
}
