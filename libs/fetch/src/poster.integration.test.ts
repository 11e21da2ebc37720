// What a receiver of webhooks may do to whoever posts to it: nothing but answer.
import type { IncomingMessage } from "node:http";
import {
  afterMs,
  endless,
  flaky,
  gibberish,
  headerFlood,
  ok,
  redirect,
  reset,
  slowDrip,
  stall,
  startImageServer,
  status,
} from "@ursa/testing/image-server";
import { describe, expect, test } from "vitest";
import { createPoster, type PosterOptions } from "./poster.ts";

const never = new AbortController().signal;
const headers = { "content-type": "application/json", "webhook-id": "msg_1" };
const body = '{"type":"job.finished"}';

const posterFor = ({ address }: { address: string }, more: Partial<PosterOptions> = {}) =>
  createPoster({ userAgent: "Ursa/test", timeoutMs: 1000, allow: [address], ...more });

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("what is posted arrives byte by byte, by a connection of its own, and the status comes back", async () => {
  await using server = await startImageServer();
  const seen: unknown[] = [];
  server.set("/hook?token=1", async (request, response) => {
    const { method, headers } = request;
    seen.push({ method, body: await bodyOf(request), headers });
    response.writeHead(204).end();
  });
  await using poster = posterFor(server);
  const url = `${server.origin}/hook?token=1`;
  expect(await poster.post({ url, headers, body }, never)).toEqual({ status: 204, retryAfterMs: undefined });
  expect(seen).toEqual([
    {
      ...{ method: "POST", body },
      headers: {
        ...{ ...headers, host: server.address, connection: "close", "user-agent": "Ursa/test" },
        ...{ "content-length": String(body.length), "accept-encoding": "identity" },
      },
    },
  ]);
});

describe("a receiver that", () => {
  test.each([
    ["refuses", status(404), 404],
    ["is gone", status(410), 410],
    ["fails", status(500), 500],
    ["has more to say than anyone reads", endless(), 200],
    ["never ends its answer", slowDrip(20), 200],
    ["redirects to the cloud's metadata", redirect("http://169.254.169.254/latest/meta-data/", 307), 307],
    ["redirects to itself", redirect("/again", 308), 308],
  ])("%s is believed by its status, and nothing else of it is followed or kept", async (_what, behaviour, expected) => {
    await using server = await startImageServer({ "/": behaviour });
    await using poster = posterFor(server);
    const started = performance.now();
    expect(await poster.post({ url: server.origin, headers, body }, never)).toMatchObject({ status: expected });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(server.hits).toEqual(["/"]);
  });

  test.each([
    ["never answers", stall, "timeout"],
    ["answers too late", afterMs(3000, ok(Buffer.from("ok"))), "timeout"],
    ["hangs up", reset, "connection_error"],
    ["speaks another protocol", gibberish, "connection_error"],
    ["floods headers", headerFlood, "connection_error"],
  ])("%s has not taken it", async (_what, behaviour, outcome) => {
    await using server = await startImageServer({ "/": behaviour });
    await using poster = posterFor(server);
    const started = performance.now();
    await expect(poster.post({ url: server.origin, headers, body }, never)).rejects.toMatchObject({ outcome });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(server.hits).toEqual(["/"]);
  });

  test("is busy says when to come back", async () => {
    await using server = await startImageServer({
      "/": flaky(1, ok(Buffer.alloc(1)), status(429, { "retry-after": "90" })),
    });
    await using poster = posterFor(server);
    expect(await poster.post({ url: server.origin, headers, body }, never)).toEqual({
      status: 429,
      retryAfterMs: 90_000,
    });
  });
});

describe("nothing is posted into our own network", () => {
  const PUBLIC = { address: "93.184.215.14", family: 4 };
  const LOOPBACK = { address: "127.0.0.1", family: 4 };

  test.each([
    ["an address", "http://127.0.0.1:PORT/"],
    ["another spelling of it", "http://2130706433:PORT/"],
    ["the cloud's metadata", "http://169.254.169.254/latest/meta-data/"],
    ["a private address", "http://10.0.0.1/"],
    ["an IPv6 one", "http://[::ffff:127.0.0.1]:PORT/"],
    ["localhost", "http://localhost:PORT/"],
  ])("by %s", async (_what, address) => {
    await using canary = await startImageServer({ "/": ok(Buffer.alloc(1)) });
    const { port } = new URL(canary.origin);
    // The port is allowed, on another machine: only its address stands between us and it.
    await using poster = createPoster({ userAgent: "Ursa/test", allow: [`203.0.113.7:${port}`] });
    const url = address.replace("PORT", port);
    await expect(poster.post({ url, headers, body }, never)).rejects.toMatchObject({ outcome: "blocked_address" });
    expect(canary.hits).toEqual([]);
  });

  test.each([
    ["to loopback", [LOOPBACK]],
    ["to a public and a private address", [PUBLIC, LOOPBACK]],
    ["to a mapped one", [{ address: "::ffff:127.0.0.1", family: 6 }]],
  ])("by a name that leads %s", async (_what, addresses) => {
    await using canary = await startImageServer({ "/": ok(Buffer.alloc(1)) });
    const { port } = new URL(canary.origin);
    await using poster = createPoster({
      userAgent: "Ursa/test",
      allow: [`203.0.113.7:${port}`],
      lookup: async () => addresses,
    });
    const url = `http://hooks.example:${port}/`;
    await expect(poster.post({ url, headers, body }, never)).rejects.toMatchObject({ outcome: "blocked_address" });
    expect(canary.hits).toEqual([]);
  });

  test("by a name that is public when asked first and private after", async () => {
    await using canary = await startImageServer({ "/": ok(Buffer.alloc(1)) });
    const { port } = new URL(canary.origin);
    let asked = 0;
    const lookup = async () => (asked++ === 0 ? [{ address: "203.0.113.7", family: 4 }] : [LOOPBACK]);
    await using poster = posterFor({ address: `203.0.113.7:${port}` }, { lookup, timeoutMs: 100 });
    for (let times = 0; times < 3; times += 1)
      await expect(poster.post({ url: `http://hooks.example:${port}/`, headers, body }, never)).rejects.toThrow();
    expect(canary.hits).toEqual([]);
  });

  test.each(["file:///etc/passwd", "ftp://example.org/", "https://user:password@example.org/", "nonsense"])(
    "%s is not of a form that is posted to",
    async (url) => {
      await using poster = createPoster({ userAgent: "Ursa/test" });
      await expect(poster.post({ url, headers, body }, never)).rejects.toMatchObject({ outcome: "bad_scheme" });
    },
  );
});

test("a name that is never resolved ends in time, and an aborted post at once, with the reason", async () => {
  await using server = await startImageServer({ "/": stall });
  await using poster = posterFor(server, { timeoutMs: 300, lookup: () => new Promise(() => {}) });
  await expect(poster.post({ url: "http://silent.example/", headers, body }, never)).rejects.toMatchObject({
    outcome: "timeout",
  });
  await using patient = posterFor(server, { timeoutMs: 60_000 });
  const stop = new AbortController();
  const posting = patient.post({ url: server.origin, headers, body }, stop.signal);
  await expect.poll(() => server.hits.length).toBe(1);
  stop.abort(new Error("the worker stops"));
  await expect(posting).rejects.toThrow("the worker stops");
});
