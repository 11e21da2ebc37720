// The server between services: plain routes with the API's manners.
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { createHealth } from "@ursa/service/health";
import { createMetrics } from "@ursa/service/metrics";
import { expect, test, vi } from "vitest";
import { type InternalRoute, startInternalServer } from "./internal-server.ts";
import { logTo } from "./start-test-server.fixture.ts";

async function start(routes: InternalRoute[], bodyLimit?: number) {
  const health = createHealth(
    { model: async () => Promise.reject(new Error("no model is loaded")) },
    new AbortController().signal,
  );
  const options = { host: "127.0.0.1", port: 0, log: logTo().log, metrics: createMetrics("test"), health, routes };
  const server = await startInternalServer({ ...options, ...(bodyLimit ? { bodyLimit } : {}) });
  return { ...server, [Symbol.asyncDispose]: server.close };
}

const classify: InternalRoute = {
  method: "POST",
  path: "/classify",
  handler: async ({ query, body, headers, id }) => ({
    json: { model: query.get("model"), bytes: body.length, type: headers["content-type"], id },
  }),
};

test("a picture of 20 MiB arrives whole, with its query, headers and request id", async () => {
  await using server = await start([classify]);
  const body = Buffer.alloc(20 * 2 ** 20);
  const headers = { "content-type": "application/octet-stream", "x-request-id": "from-the-api" };
  const response = await fetch(`${server.url}/classify?model=m&x=1`, { method: "POST", body, headers });
  const bytes = body.length;
  expect(await response.json()).toEqual({ model: "m", bytes, type: "application/octet-stream", id: "from-the-api" });
});

test("a larger body is refused", async () => {
  await using server = await start([classify], 1000);
  const response = await fetch(`${server.url}/classify`, { method: "POST", body: "x".repeat(1001) });
  expect([response.status, await response.json()]).toEqual([
    413,
    expect.objectContaining({ code: "payload_too_large" }),
  ]);
});

test("bytes, streams, statuses and problems are answered as the API answers them", async () => {
  const get = (path: string, handler: InternalRoute["handler"]): InternalRoute => ({ method: "GET", path, handler });
  await using server = await start([
    get("/bytes", async () => ({
      contentType: "image/png",
      body: Buffer.from("png"),
      headers: { "x-final-url": "b" },
    })),
    get("/stream", async () => ({
      contentType: "image/png",
      body: Readable.from([Buffer.from("a"), Buffer.from("b")]),
    })),
    get("/made", async () => ({ status: 201, json: { made: true } })),
    get("/refused", async () =>
      Promise.reject(new Problem("fetch_failed", "It answered 404.", { extra: { outcome: "http_4xx" } })),
    ),
  ]);
  const bytes = await fetch(`${server.url}/bytes`);
  expect([await bytes.text(), bytes.headers.get("x-final-url")]).toEqual(["png", "b"]);
  expect(await (await fetch(`${server.url}/stream`)).text()).toBe("ab");
  expect((await fetch(`${server.url}/made`)).status).toBe(201);
  const refused = await fetch(`${server.url}/refused`);
  expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ outcome: "http_4xx" })]);
  expect((await fetch(`${server.url}/bytes`, { method: "POST" })).headers.get("allow")).toBe("GET, HEAD");
});

test("it tells its health and metrics", async () => {
  await using server = await start([classify]);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "unavailable", checks: { model: "no model is loaded" } },
  ]);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain("ursa_build_info");
});

test("a caller that gives up aborts the work", async () => {
  let signal: AbortSignal | undefined;
  await using server = await start([
    {
      method: "GET",
      path: "/slow",
      async handler(request) {
        signal = request.signal;
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return { json: {} };
      },
    },
  ]);
  await expect(fetch(`${server.url}/slow`, { signal: AbortSignal.timeout(100) })).rejects.toThrow();
  await vi.waitUntil(() => signal?.aborted);
});
