// However many clients come, a server holds only so many bytes of their bodies.
import { once } from "node:events";
import { connect } from "node:net";
import { createHealth } from "@ursa/service/health";
import { createMetrics } from "@ursa/service/metrics";
import { expect, test, vi } from "vitest";
import { createByteBudget, expectedBytes } from "./byte-budget.ts";
import { startInternalServer } from "./internal-server.ts";
import { logTo, startTestServer } from "./start-test-server.fixture.ts";

const MiB = 2 ** 20;

/** A client that says how much it will send, and sends nothing of it. */
async function promise(url: string, path: string, headers: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).on("error", () => {});
  await once(socket, "connect");
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`);
  return { [Symbol.dispose]: () => socket.destroy() };
}

async function refused(url: string, path: string, contentType: string) {
  const init = { method: "POST", body: Buffer.alloc(MiB), headers: { "content-type": contentType } };
  const response = await fetch(url + path, init);
  const body: unknown = await response.json();
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body };
}
const BUSY = { status: 503, retryAfter: "5", body: { code: "too_busy" } };

test.each([
  ["declares 20 MiB", `Content-Length: ${20 * MiB}`],
  ["sends chunks without end", "Transfer-Encoding: chunked"],
])("a client that %s takes its share before it is read, and gives it back when it goes", async (_, headers) => {
  await using server = await startTestServer(
    { classify: async () => Promise.reject(new Error("nothing arrives")), createModel: async () => Promise.reject() },
    { maxHeldBytes: 20.5 * MiB },
  );
  const ask = () => refused(server.url, "/v1/classify", "image/png");
  {
    using _client = await promise(server.url, "/v1/classify", headers);
    await vi.waitUntil(async () => (await ask()).status === 503);
    expect(await ask()).toMatchObject(BUSY);
    // JSON is held whole as well; a small one still finds room.
    expect(await refused(server.url, "/v1/models", "application/json")).toMatchObject(BUSY);
    const small = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    expect((await fetch(`${server.url}/v1/models`, small)).status).toBe(422);
  }
  await vi.waitUntil(async () => (await ask()).status === 500);
});

test("a server between services holds as little", async () => {
  const health = createHealth({}, new AbortController().signal);
  const app = { host: "127.0.0.1", port: 0, log: logTo().log, metrics: createMetrics("test"), health };
  const routes = [{ method: "POST", path: "/classify", handler: async () => ({ json: {} }) } as const];
  const server = await startInternalServer({ ...app, routes, maxHeldBytes: 20.5 * MiB });
  await using _closing = { [Symbol.asyncDispose]: server.close };
  const ask = () => refused(server.url, "/classify", "application/octet-stream");
  {
    using _client = await promise(server.url, "/classify", `Content-Length: ${20 * MiB}`);
    await vi.waitUntil(async () => (await ask()).status === 503);
    expect(await ask()).toMatchObject(BUSY);
  }
  await vi.waitUntil(async () => (await ask()).status === 200);
});

test("one body alone always finds room, and a body is expected to be what it may become", () => {
  const budget = createByteBudget(10);
  {
    using _held = budget.take(20);
    expect(() => budget.take(1)).toThrow(expect.objectContaining({ code: "too_busy" }));
  }
  using _again = budget.take(10);
  expect(expectedBytes({ headers: { "content-length": "7" } }, 10)).toBe(7);
  expect(expectedBytes({ headers: { "content-length": "70" } }, 10)).toBe(10);
  expect(expectedBytes({ headers: { "transfer-encoding": "chunked" } }, 10)).toBe(10);
  expect(expectedBytes({ headers: {} }, 10)).toBe(0);
});
