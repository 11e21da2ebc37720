import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { keys } from "@ursa/store/keys";
import { StoreUnavailable } from "@ursa/store/object-store";
import { openStore } from "@ursa/store/open-store";
import { startS3Stub } from "@ursa/testing/s3-stub";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, urls, type World } from "./api-world.fixture.ts";

let world: World;
let isDiskFull = false;

beforeAll(async () => {
  world = await startWorld({
    store: (real) => ({
      ...real,
      async put(key, body, options) {
        if (!isDiskFull) return real.put(key, body, options);
        if (body instanceof Readable) body.destroy();
        throw new StoreUnavailable("The disk is full");
      },
    }),
  });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const put = (name: string, body: string | ReadableStream<Uint8Array>) =>
  world.client.call("putUpload", { params: { name }, body });
const stored = async (name: string) => (await world.store.get(keys.upload("default", name))).body.toString();
const isStored = async (name: string) => (await world.store.head(keys.upload("default", name))) !== undefined;
/** Every file of the store's folder, also those that are no objects. */
const files = async () =>
  (await readdir(world.folder, { recursive: true })).filter((path) => path.includes("uploads/"));

/** Bytes in buffers, without garbage. */
function held(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().arrayBuffers;
}

/** Sends `parts` one by one, each when the server has had time to look at the one before. */
function inParts(parts: string[]): ReadableStream<Uint8Array> {
  const source = async function* () {
    for (const part of parts) {
      yield Buffer.from(part);
      for (let turn = 0; turn < 10; turn += 1) await setImmediate();
    }
  };
  return ReadableStream.from(source());
}

describe("an upload", () => {
  test("is stored as it came, and the same name again replaces it", async () => {
    const text = `# bears\n\n${urls("black", 3).join("\r\n")}\n`;
    const sha256 = createHash("sha256").update(text).digest("hex");
    expect(await put("bears.txt", text)).toEqual({ name: "bears.txt", bytes: text.length, sha256 });
    expect(await stored("bears.txt")).toBe(text);
    await put("bears.txt", "https://a.example/1\n");
    expect(await stored("bears.txt")).toBe("https://a.example/1\n");
  });

  test.each([
    ["one byte at a time", [..."# a\nhttps://a.example/1\n"]],
    ["a URL in angle brackets, cut in the middle", ["<ht", "tps://a.example/1>\n"]],
    ["comments that are longer than the beginning", ["#\n".repeat(20_000), "https://a.example/1\n"]],
    ["a byte order mark by itself", ["\uFEFF", "https://a.example/1"]],
    ["less than a line", ["ftp:"]],
  ])("may come as %s", async (_, parts) => {
    await put("parts.txt", inParts(parts));
    expect(await stored("parts.txt")).toBe(parts.join(""));
  });

  test("of 50 MB takes little memory", async () => {
    const line = Buffer.from(`${urls("black", 1000).join("\n")}\n`);
    const count = Math.ceil(50e6 / line.length);
    let highest = 0;
    const source = async function* () {
      for (let n = 0; n < count; n += 1) {
        if (n % 100 === 0) highest = Math.max(highest, held());
        yield line;
      }
    };
    const before = held();
    const answer = await put("large.txt", ReadableStream.from(source()));
    expect(answer.bytes).toBe(count * line.length);
    // Client and server together; the whole list at once would be 50 MB.
    expect(highest - before).toBeLessThan(15e6);
  });
});

describe("what is no list is refused, stores nothing, and leaves the list of that name alone", () => {
  const refused = [
    { what: "a web page", code: "list_is_html", parts: ["<!DOCTYPE html><title>404</title>"] },
    { what: "a web page after blank lines", code: "list_is_html", parts: ["\n\n", "  <ht", "ml>", "x".repeat(50_000)] },
    { what: "a web page, byte by byte", code: "list_is_html", parts: [..."\uFEFF<html>\n"] },
    { what: "nothing", code: "list_is_empty", parts: [] },
    { what: "blank lines and comments", code: "list_is_empty", parts: ["\n", "# to do\n", "   \n"] },
  ];
  test.each(refused)("$what: $code", async ({ code, parts }) => {
    await put("kept.txt", "https://a.example/kept\n");
    const before = await files();
    for (const name of ["kept.txt", "fresh.txt"]) {
      const refusal = await refusalOf(put(name, inParts(parts)));
      expect(refusal).toMatchObject({ code, status: 422, message: expect.stringContaining(name) });
      expect(refusal.message).toContain("one per line");
    }
    expect(await files()).toEqual(before);
    expect(await isStored("fresh.txt")).toBe(false);
    expect(await stored("kept.txt")).toBe("https://a.example/kept\n");
  });

  test("a web page is refused at its beginning, long before its end", async () => {
    let sent = 0;
    const endless = async function* () {
      yield Buffer.from("<html>\n");
      for (; sent < 2000; sent += 1) {
        yield Buffer.alloc(64 * 1024, "x");
        await setImmediate();
      }
    };
    expect(await refusalOf(put("endless.txt", ReadableStream.from(endless())))).toMatchObject({ code: "list_is_html" });
    expect(sent).toBeLessThan(1000);
  });

  test("a store that is full is the store's fault and not an unknown one", async () => {
    isDiskFull = true;
    const refusal = await refusalOf(put("full.txt", `${urls("black", 50_000).join("\n")}\n`));
    isDiskFull = false;
    expect(refusal).toMatchObject({ code: "store_unavailable", status: 503 });
  });

  test("names that are no plain file names, and types that are no lists", async () => {
    expect(await refusalOf(put("../records/x", "https://a.example/1"))).toMatchObject({ code: "invalid_request" });
    const typed = { params: { name: "a.pdf" }, body: "%PDF", headers: { "content-type": "application/pdf" } };
    expect(await refusalOf(world.client.call("putUpload", typed))).toMatchObject({ code: "unsupported_media_type" });
  });
});

test("an upload that its client cuts short leaves nothing", async () => {
  await put("cut.txt", "https://a.example/before\n");
  const before = await files();
  const socket = beginUpload(world.url, "cut.txt");
  socket.write(`${urls("black", 1000).join("\n")}\n`);
  const isWriting = async () => (await files()).length > before.length;
  await waitUntil(isWriting, { what: "the upload to be on its way to the disk" });
  socket.destroy();
  await once(socket, "close");
  const isGone = async () => (await files()).length === before.length;
  await waitUntil(isGone, { what: "what was written to be gone" });
  expect(await stored("cut.txt")).toBe("https://a.example/before\n");
  expect(await keysUnder(world, "ns/default/uploads/cut")).toHaveLength(1);
  expect(world.logs.filter(({ level }) => level === "error")).toEqual([]);
});

test("on S3 the same: what is refused, or cut short after many megabytes, leaves nothing", async () => {
  await using stack = new AsyncDisposableStack();
  const stub = await startS3Stub();
  stack.defer(() => stub.close());
  const store = await openStore(stub.storeUrl(), stub.credentials);
  stack.defer(() => store.close());
  const { client, url, logs } = stack.use(await startWorld({ store: () => store }));
  const refused = client.call("putUpload", { params: { name: "page.txt" }, body: "<html>" });
  expect(await refusalOf(refused)).toMatchObject({ code: "list_is_html" });
  const socket = beginUpload(url, "cut.txt");
  const text = `${urls("black", 1000).join("\n")}\n`;
  socket.write(text.repeat(Math.ceil(20e6 / text.length)));
  const wasAsked = (method: string, what: string) =>
    stub.log.filter((one) => one.method === method && JSON.stringify(one).includes(what)).length;
  await waitUntil(() => wasAsked("PUT", "partNumber") >= 2, { what: "two parts of the upload to be in the store" });
  socket.destroy();
  await waitUntil(() => wasAsked("DELETE", "uploadId") === 1, { what: "the unfinished upload to be given up" });
  expect(await keysUnder({ store })).toEqual([]);
  expect(logs.filter(({ level }) => level === "error")).toEqual([]);
});

/** A request whose head promises more than ever comes. */
function beginUpload(url: string, name: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  const headers = ["Host: x", "Content-Type: text/plain", "Content-Length: 90000000"];
  socket.write(`${[`PUT /v1/uploads/${name} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n`);
  return socket;
}
