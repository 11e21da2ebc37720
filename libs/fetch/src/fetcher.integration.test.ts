import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  afterMs,
  cutOff,
  endless,
  flaky,
  gibberish,
  gzipBomb,
  headerFlood,
  type ImageServer,
  ok,
  redirect,
  reset,
  slowDrip,
  stall,
  stallInBody,
  startImageServer,
  status,
} from "@ursa/testing/image-server";
import { describe, expect, test } from "vitest";

import { createFetcher, type Fetcher, type FetcherOptions } from "./fetcher.ts";

const BYTES = Buffer.from("pretend that this is a bear".repeat(100));
const never = new AbortController().signal;

describe("from a server that behaves", () => {
  test("bytes come as they are, and the server learns who asks", async () => {
    await using server = await startImageServer();
    const headers = new Promise<NodeJS.Dict<string | string[]>>((resolve) => {
      server.set("/bear.jpg", (request, response, hits) => {
        resolve(request.headers);
        return ok(BYTES)(request, response, hits);
      });
    });
    await using fetcher = fetcherFor(server);
    const url = `${server.origin}/bear.jpg`;
    expect(await fetcher.fetch(`${url}#top`, never)).toEqual({
      ...{ ok: true, bytes: BYTES, finalUrl: url, attempts: 1, milliseconds: expect.any(Number) },
    });
    expect(await headers).toEqual({
      host: server.address,
      connection: "keep-alive",
      "user-agent": "Ursa/test (+https://example.org/bot)",
      accept: expect.stringContaining("image/jpeg"),
      "accept-encoding": "identity",
    });
  });

  test("redirects are followed, at most five", async () => {
    await using server = await startImageServer({ "/0": ok(BYTES) });
    for (let i = 1; i <= 6; i++) server.set(`/${i}`, redirect(`/${i - 1}`));
    server.set("/loop", redirect("/loop"));
    await using fetcher = fetcherFor(server);
    expect(await fetcher.fetch(`${server.origin}/5`, never)).toMatchObject({
      ok: true,
      finalUrl: `${server.origin}/0`,
    });
    expect(await fetcher.fetch(`${server.origin}/6`, never)).toMatchObject({
      outcome: "too_many_redirects",
      attempts: 1,
    });
    expect(await fetcher.fetch(`${server.origin}/loop`, never)).toMatchObject({ outcome: "too_many_redirects" });
  });
});

describe("a server that does not", () => {
  test.each([
    ["says 404", status(404), "http_4xx", 1],
    ["says 410", status(410), "http_4xx", 1],
    ["says 501", status(501), "http_5xx", 1],
    ["keeps saying 500", status(500), "http_5xx", 2],
    ["has a redirect without a place", status(302), "http_4xx", 1],
    ["redirects to a file", redirect("file:///etc/passwd"), "bad_scheme", 1],
    ["redirects to nonsense", redirect("http://[nonsense"), "bad_scheme", 1],
    ["resets the connection", reset, "connection_error", 2],
    ["hangs up half-way", cutOff(BYTES), "connection_error", 2],
    ["speaks another protocol", gibberish, "connection_error", 1],
    ["floods headers", headerFlood, "connection_error", 1],
    ["never answers", stall, "timeout", 2],
    ["stops in the body", stallInBody, "timeout", 2],
    ["drips for ever", slowDrip(20), "timeout", 1],
    ["sends more than is wanted without saying", endless(), "too_large", 1],
    ["says that it will send more than is wanted", ok(Buffer.alloc(200_000)), "too_large", 1],
    ["sends a gzip bomb", gzipBomb(), "not_an_image", 1],
  ])("%s", async (_what, behaviour, outcome, attempts) => {
    await using server = await startImageServer({ "/": behaviour });
    await using fetcher = fetcherFor(server, { retries: 1, maxBytes: 100_000 });
    const started = performance.now();
    expect(await fetcher.fetch(server.origin, never)).toMatchObject({
      ok: false,
      outcome,
      attempts,
      reason: expect.any(String),
    });
    expect(server.hits).toHaveLength(attempts);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("recovers, and is asked again", async () => {
    await using server = await startImageServer({ "/": flaky(2, ok(BYTES)) });
    const attempts: string[] = [];
    await using fetcher = fetcherFor(server, { retries: 2, onAttempt: (outcome) => attempts.push(outcome) });
    expect(await fetcher.fetch(server.origin, never)).toMatchObject({ ok: true, attempts: 3 });
    expect(attempts).toEqual(["http_5xx", "http_5xx", "ok"]);
  });

  test.each([429, 503])("says %i and when to come back", async (code) => {
    await using server = await startImageServer({ "/": flaky(1, ok(BYTES), status(code, { "retry-after": "1" })) });
    await using fetcher = fetcherFor(server, { retries: 1 });
    const result = await fetcher.fetch(server.origin, never);
    expect(result).toMatchObject({ ok: true, attempts: 2 });
    expect(result.milliseconds).toBeGreaterThanOrEqual(1_000);
  });

  test("cannot speak TLS", async () => {
    await using server = await startImageServer();
    await using fetcher = fetcherFor(server);
    const result = await fetcher.fetch(server.origin.replace("http:", "https:"), never);
    expect(result).toMatchObject({ outcome: "connection_error", reason: expect.stringContaining("TLS") });
  });

  test("is not there", async () => {
    const server = await startImageServer();
    await server.close();
    await using fetcher = fetcherFor(server);
    expect(await fetcher.fetch(server.origin, never)).toMatchObject({ outcome: "connection_error", attempts: 1 });
  });
});

describe("nothing reaches our own network", () => {
  const PUBLIC = { address: "93.184.215.14", family: 4 };
  const LOOPBACK = { address: "127.0.0.1", family: 4 };
  const METADATA = { address: "169.254.169.254", family: 4 };

  test.each([
    ["loopback", [LOOPBACK]],
    ["cloud metadata", [METADATA]],
    ["IPv6 loopback", [{ address: "::1", family: 6 }]],
    ["a mapped address", [{ address: "::ffff:127.0.0.1", family: 6 }]],
    ["a public and a private address", [PUBLIC, LOOPBACK]],
    ["no address at all but a word", [{ address: "internal", family: 4 }]],
  ])("by a name that resolves to %s", async (_what, addresses) => {
    await using canary = await startImageServer({ "/": ok(BYTES) });
    await using server = await startImageServer();
    // The canary's port is allowed, on another machine: only its address stands between us and it.
    const { port } = new URL(canary.origin);
    await using fetcher = fetcherFor(server, { allow: [`203.0.113.7:${port}`], lookup: async () => addresses });
    expect(await fetcher.fetch(`http://bears.example:${port}/`, never)).toMatchObject({ outcome: "blocked_address" });
    expect(canary.hits).toEqual([]);
  });

  test("by a name that is public when asked first and private after", async () => {
    await using canary = await startImageServer({ "/": ok(BYTES) });
    const { port } = new URL(canary.origin);
    let asked = 0;
    const lookup = async () => (asked++ === 0 ? [{ address: "203.0.113.7", family: 4 }] : [LOOPBACK]);
    await using fetcher = fetcherFor(canary, {
      allow: [`203.0.113.7:${port}`],
      lookup,
      retries: 3,
      connectTimeoutMs: 100,
    });
    expect(await fetcher.fetch(`http://bears.example:${port}/`, never)).toMatchObject({ ok: false });
    expect(canary.hits).toEqual([]);
  });

  test.each([
    ["by a redirect to it", (canary: string) => canary],
    ["by a redirect to its name", (canary: string) => canary.replace("127.0.0.1", "localhost")],
    ["by a redirect in another spelling", (canary: string) => canary.replace("127.0.0.1", "2130706433")],
  ])("%s", async (_how, target) => {
    await using canary = await startImageServer({ "/": ok(BYTES) });
    await using server = await startImageServer({ "/": redirect(target(canary.origin)) });
    await using fetcher = fetcherFor(server);
    expect(await fetcher.fetch(server.origin, never)).toMatchObject({ outcome: "blocked_address" });
    expect(canary.hits).toEqual([]);
  });

  test("nor can it be told whether a port there is open", async () => {
    await using canary = await startImageServer({ "/": ok(BYTES) });
    await using fetcher = createFetcher({ userAgent: "Ursa/test" });
    const [open, closed] = await Promise.all(
      [canary.origin, "http://127.0.0.1:1"].map((url) => fetcher.fetch(url, never)),
    );
    expect({ ...open, milliseconds: 0 }).toEqual({ ...closed, milliseconds: 0 });
    expect([open?.milliseconds, closed?.milliseconds].every((ms) => (ms ?? 99) < 50)).toBe(true);
  });
});

describe("many URLs at once", () => {
  test("one host gets no more than its share", async () => {
    await using server = await startImageServer({ "/": afterMs(20, ok(BYTES)) });
    await using fetcher = fetcherFor(server, { perHost: 3 });
    await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch(server.origin, never)));
    expect(server.mostAtOnce).toBe(3);
  });

  test("a host that stalls does not hold up another", async () => {
    await using slow = await startImageServer({ "/": stall });
    await using fast = await startImageServer({ "/": ok(BYTES) });
    await using fetcher = fetcherFor(slow, { allow: [slow.address, fast.address], concurrency: 6, perHost: 4 });
    const cancel = new AbortController();
    const stalled = Array.from({ length: 50 }, () => fetcher.fetch(slow.origin, cancel.signal).catch(() => {}));
    const results = await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch(fast.origin, never)));
    expect(results.every((result) => result.ok && result.milliseconds < 400)).toBe(true);
    cancel.abort();
    await Promise.all(stalled);
  });

  test("a thousand names that fail slowly end within a minute, and a live one among them is found", async () => {
    await using server = await startImageServer({ "/": ok(BYTES) });
    const lookup = async (hostname: string) => {
      if (hostname === "live.example") return [{ address: "127.0.0.1", family: 4 }];
      await sleep(2_000);
      throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    };
    await using fetcher = fetcherFor(server, { lookup });
    const started = performance.now();
    const dead = Array.from({ length: 999 }, (_, i) => fetcher.fetch(`https://dead-${i}.example/bear.jpg`, never));
    const live = fetcher.fetch(server.origin.replace("127.0.0.1", "live.example"), never);
    const outcomes = (await Promise.all(dead)).map((result) => result.ok || result.outcome);
    expect(new Set(outcomes)).toEqual(new Set(["dns_error"]));
    expect(await live).toMatchObject({ ok: true });
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  // Lists from the web, where the project is developed; nobody else has them.
  const lists = new URL("../../../../shared/data/bear-urls/", import.meta.url).pathname;

  test.skipIf(!existsSync(lists))(
    "so do the lesson's own lists, network or not (skipped without ../shared/data)",
    async () => {
      const urls = readdirSync(lists).flatMap((name) => readFileSync(join(lists, name), "utf8").trim().split("\n"));
      await using fetcher = createFetcher({
        userAgent: "Ursa/test",
        retries: 0,
        totalTimeoutMs: 3_000,
        connectTimeoutMs: 1_000,
      });
      const results = await Promise.all(urls.map((url) => fetcher.fetch(url, AbortSignal.timeout(60_000))));
      expect(results).toHaveLength(1000);
    },
  );
});

describe("stopping", () => {
  test("an aborted fetch rejects with the reason at once", async () => {
    await using server = await startImageServer({ "/": stall });
    await using fetcher = fetcherFor(server, { headersTimeoutMs: 60_000, totalTimeoutMs: 60_000 });
    const cancel = new AbortController();
    const result = fetcher.fetch(server.origin, cancel.signal);
    await expect.poll(() => server.hits.length).toBe(1);
    cancel.abort(new Error("the job was cancelled"));
    await expect(result).rejects.toThrow("the job was cancelled");
  });

  test("so does one that waits for a name", async () => {
    await using server = await startImageServer();
    await using fetcher = fetcherFor(server, { lookup: () => new Promise(() => {}) });
    const started = performance.now();
    await expect(fetcher.fetch("http://silent.example/", AbortSignal.timeout(20))).rejects.toThrow("timeout");
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test("closing ends what runs, waits and comes later", async () => {
    await using server = await startImageServer({ "/": stall });
    const fetcher = fetcherFor(server, { perHost: 1, headersTimeoutMs: 60_000, totalTimeoutMs: 60_000 });
    const results = Promise.allSettled([fetcher.fetch(server.origin, never), fetcher.fetch(server.origin, never)]);
    await expect.poll(() => server.hits.length).toBe(1);
    await fetcher.close();
    for (const result of await results)
      expect(result).toMatchObject({ reason: { message: expect.stringContaining("closed") } });
    await expect(fetcher.fetch(server.origin, never)).rejects.toThrow("closed");
  });
});

function fetcherFor(server: ImageServer, options: Partial<FetcherOptions> = {}): Fetcher {
  return createFetcher({
    userAgent: "Ursa/test (+https://example.org/bot)",
    allow: [server.address],
    ...{ headersTimeoutMs: 500, idleTimeoutMs: 500, totalTimeoutMs: 3_000, retries: 1 },
    ...options,
  });
}
