// Bytes on their way out: back-pressure, HEAD, a source that breaks, a client that goes away, and what every answer carries.
import { Readable } from "node:stream";
import { Problem } from "@ursa/contracts/problem";
import { expect, test, vi } from "vitest";
import { DATASET_ID, startTestServer } from "./start-test-server.fixture.ts";

const REPORT = `/v1/datasets/${DATASET_ID}/report.csv`;
const chunk = Buffer.alloc(64 * 1024, "x");

function endless() {
  const source = { produced: 0, stream: new Readable() };
  source.stream = new Readable({
    read() {
      source.produced += chunk.length;
      this.push(chunk);
    },
  });
  return source;
}

test("a stream waits for its client, and is destroyed when the client goes away", async () => {
  const source = endless();
  const signals: AbortSignal[] = [];
  await using server = await startTestServer({
    async getReport({ request }) {
      signals.push(request.signal);
      return { contentType: "text/csv", body: source.stream };
    },
  });
  const client = new AbortController();
  const response = await fetch(server.url + REPORT, { signal: client.signal });
  await response.body?.getReader().read();
  let before = -1;
  await vi.waitUntil(
    () => {
      const isStill = before === source.produced;
      before = source.produced;
      return isStill;
    },
    { interval: 100 },
  );
  // What stands in socket buffers, not what could have been produced meanwhile.
  expect(source.produced).toBeLessThan(64 * 1024 * 1024);
  client.abort();
  await vi.waitUntil(() => source.stream.destroyed);
  expect(signals[0]?.reason).toMatchObject({ name: "ClientGone" });
  expect(await server.metrics.render()).toContain('status_class="aborted"');
});

test("HEAD tells the headers, sends no byte, and lets go of the source", async () => {
  const source = endless();
  const headers = { "content-length": "12345", etag: '"a"' };
  await using server = await startTestServer({
    getReport: async () => ({ contentType: "text/csv", body: source.stream, headers }),
    listAliases: async () => ({ items: [] }),
    datasetEvents: async () => (async function* () {})(),
  });
  const head = async (path: string) => {
    const response = await fetch(server.url + path, { method: "HEAD" });
    return [response.status, response.headers.get("content-type"), response.headers.get("content-length")];
  };
  expect(await head(REPORT)).toEqual([200, "text/csv", "12345"]);
  expect(source.stream.destroyed).toBe(true);
  expect(await head("/v1/aliases")).toEqual([200, "application/json; charset=utf-8", "12"]);
  expect(await head(`/v1/datasets/${DATASET_ID}/events`)).toEqual([200, "text/event-stream; charset=utf-8", null]);
  expect((await head("/livez"))[0]).toBe(200);
});

test("a source that breaks before its first byte is a problem, without the headers of what was not sent", async () => {
  const headers = {
    "content-length": "999",
    "content-disposition": "attachment",
    "cache-control": "private, max-age=9",
  };
  const failing = new Readable({ read: () => failing.destroy(new Problem("store_unavailable")) });
  await using server = await startTestServer({
    getReport: async () => ({ contentType: "text/csv", body: failing, headers }),
  });
  const response = await fetch(server.url + REPORT);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "store_unavailable" });
  expect(Object.fromEntries(response.headers)).toMatchObject({ "retry-after": "5", "cache-control": "no-store" });
  expect(response.headers.has("content-disposition")).toBe(false);
});

test("a source that breaks later breaks the connection, so that nobody takes a part for the whole", async () => {
  await using server = await startTestServer({
    async getReport() {
      const body = Readable.from(
        (async function* () {
          yield chunk;
          throw new Error("the disk is gone");
        })(),
      );
      return { contentType: "text/csv", body };
    },
  });
  const response = await fetch(server.url + REPORT);
  await expect(response.text()).rejects.toThrow("terminated");
  expect(server.logs).toContainEqual(expect.objectContaining({ level: "error", msg: "the answer's stream failed" }));
});

test("what Ursa did not foresee is `internal`, logged with its stack and told without it", async () => {
  await using server = await startTestServer({
    listAliases: async () => Promise.reject(new Error("connect redis://:hunter2@10.0.0.1 refused")),
  });
  const response = await fetch(`${server.url}/v1/aliases`, { headers: { "x-request-id": "trace-7" } });
  const text = await response.text();
  expect(response.status).toBe(500);
  expect(JSON.parse(text)).toMatchObject({ code: "internal", requestId: "trace-7", type: "/docs#internal" });
  expect(text).not.toMatch(/redis|hunter2|at /);
  const [line] = server.logs.filter(({ level }) => level === "error");
  expect(line).toMatchObject({ requestId: "trace-7", err: { stack: expect.stringContaining("at ") } });
  expect(JSON.stringify(server.logs)).not.toContain("hunter2");
});

test("a store that cannot be reached is 503 with a time to come back, whoever threw it", async () => {
  class StoreUnavailable extends Error {
    override name = "StoreUnavailable";
  }
  await using server = await startTestServer({
    listAliases: async () => Promise.reject(new StoreUnavailable("ECONNREFUSED")),
  });
  const response = await fetch(`${server.url}/v1/aliases`);
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await response.json()).toMatchObject({ code: "store_unavailable" });
});

test("a disk that is full is 507, also where the store only passes it on", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const unavailable = Object.assign(new Error("could not write", { cause: full }), { name: "StoreUnavailable" });
  for (const error of [full, unavailable]) {
    await using server = await startTestServer({ listAliases: async () => Promise.reject(error) });
    const response = await fetch(`${server.url}/v1/aliases`);
    expect(response.status).toBe(507);
    expect(await response.json()).toMatchObject({ code: "disk_full" });
  }
});

test("every answer says how it may be used, and JSON is never stored", async () => {
  await using server = await startTestServer({ listAliases: async () => ({ items: [] }) });
  for (const path of ["/v1/aliases", "/livez", "/nothing", "/v1/datasets/%zz"]) {
    const { headers } = await fetch(server.url + path);
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-request-id": expect.any(String),
    });
  }
});

test("metrics count by template, method and class, never by what was asked", async () => {
  await using server = await startTestServer({ getReport: async () => ({ contentType: "text/csv", body: "a" }) });
  await fetch(server.url + REPORT).then((response) => response.text());
  await fetch(`${server.url}/some/scan/${Math.random()}`, { method: "PROPFIND" }).then((response) => response.text());
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const counts = text.split("\n").filter((line) => line.startsWith("ursa_http_request_duration_seconds_count"));
  expect(counts.map((line) => line.replace(/service="test",/, "").split("_count")[1])).toEqual([
    '{method="GET",route="/v1/datasets/{id}/report.csv",status_class="2xx"} 1',
    '{method="OTHER",route="unmatched",status_class="4xx"} 1',
  ]);
  expect(text).toMatch(/ursa_http_requests_in_flight\{.*\} 1\n/);
});
