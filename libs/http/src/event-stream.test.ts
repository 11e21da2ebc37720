// Server-sent events: what a line may hold, heartbeats, back-pressure, and how a stream ends.
import { setImmediate as tick } from "node:timers/promises";
import type { UrsaEvent } from "@ursa/contracts/events";
import { Problem } from "@ursa/contracts/problem";
import { expect, test, vi } from "vitest";
import { eventStream, formatEvent } from "./event-stream.ts";
import { DATASET_ID, startTestServer } from "./start-test-server.fixture.ts";

const EVENTS = `/v1/datasets/${DATASET_ID}/events`;
const log = (message: string): UrsaEvent => ({ type: "log", message });

async function* waiting(signal: AbortSignal) {
  yield { id: "1", data: log("first") };
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

test("data that looks like fields stays data, and an id that would add one is refused", () => {
  const event = formatEvent({ id: "5-0", data: { class: "a\n\nevent: x\r\ndata: y" } });
  expect(event).toBe('id: 5-0\ndata: {"class":"a\\n\\nevent: x\\r\\ndata: y"}\n\n');
  expect(() => formatEvent({ id: "5\ndata: x", data: 1 })).toThrow("line break");
});

test("a stream starts with how long to wait before coming back, and shows that it lives", async () => {
  await using server = await startTestServer(
    { datasetEvents: async ({ request }) => waiting(request.signal) },
    { heartbeatMs: 20 },
  );
  const response = await fetch(server.url + EVENTS);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(": still here")) text += (await reader?.read())?.value ?? "";
  expect(text).toMatch(/^retry: [1-3]\d{3}\n\n/);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "x-accel-buffering": "no",
    "cache-control": "no-store",
  });
  expect(await server.metrics.render()).toMatch(/ursa_sse_connections\{.*\} 1\n/);
  await reader?.cancel();
  await vi.waitUntil(async () => /ursa_sse_connections\{.*\} 0\n/.test(await server.metrics.render()));
});

test("a reader that is slow at the end still gets the last event, though heartbeats were due", async () => {
  const failures: unknown[] = [];
  const ended = async function* () {
    yield { id: "1", data: log("the end") };
  };
  const options = {
    signal: new AbortController().signal,
    heartbeatMs: 5,
    onError: (error: unknown) => failures.push(error),
  };
  const stream = eventStream(ended(), options);
  stream.on("error", (error) => failures.push(error));
  await new Promise((resolve) => setTimeout(resolve, 100));
  let text = "";
  for await (const chunk of stream) text += chunk;
  expect(text).toContain("the end");
  expect(failures).toEqual([]);
});

test("when the client goes away, the handler's signal aborts and its source is closed", async () => {
  const closed = Promise.withResolvers<string>();
  await using server = await startTestServer({
    async datasetEvents({ request }) {
      return (async function* () {
        try {
          yield* waiting(request.signal);
        } finally {
          closed.resolve(request.signal.reason.name);
        }
      })();
    },
  });
  const client = new AbortController();
  await fetch(server.url + EVENTS, { signal: client.signal });
  client.abort();
  expect(await closed.promise).toBe("ClientGone");
});

test("a problem before the first event is a problem, not a stream", async () => {
  await using server = await startTestServer({
    datasetEvents: async () => Promise.reject(new Problem("not_found")),
  });
  const response = await fetch(server.url + EVENTS);
  expect(response.status).toBe(404);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
});

test("a source that fails ends the stream after what it gave, and the log says why", async () => {
  await using server = await startTestServer({
    async datasetEvents() {
      return (async function* () {
        yield { id: "1", data: log("first") };
        throw new Error("Redis went away");
      })();
    },
  });
  const text = await (await fetch(server.url + EVENTS)).text();
  expect(text).toMatch(/id: 1\ndata: .*first.*\n\n: the source of events failed; come back\n\n$/);
  expect(server.logs).toContainEqual(expect.objectContaining({ msg: "the source of events failed" }));
});

test("a source faster than its reader waits for it", async () => {
  let produced = 0;
  const source = (async function* () {
    for (; ; produced++) yield { data: "x".repeat(1000) };
  })();
  const { signal } = new AbortController();
  const stream = eventStream(source, { signal, onError: () => {} });
  for (let n = 0; n < 1000; n++) await tick();
  // Twice 64 KiB: what a PassThrough holds.
  expect(produced).toBeGreaterThan(50);
  expect(produced).toBeLessThan(200);
  stream.destroy();
});

test("an event that many readers are given is written once", async () => {
  let asked = 0;
  const event = {
    id: "1",
    data: {
      toJSON() {
        asked += 1;
        return log("for all");
      },
    },
  };
  const { signal } = new AbortController();
  const streams = Array.from({ length: 20 }, () =>
    eventStream(
      (async function* () {
        yield event;
      })(),
      { signal, onError: () => {} },
    ),
  );
  for (const stream of streams) expect(String(Buffer.concat(await stream.toArray()))).toContain("for all");
  expect(asked).toBe(1);
});

test("200 followers of a server that restarts come back to the same place: nothing missed, nothing twice", async () => {
  const total = 30;
  let reached = 0;
  const source = (signal: AbortSignal, after: number) =>
    (async function* () {
      for (let n = after + 1; n <= total; n++) {
        await vi.waitUntil(() => reached >= n || signal.aborted, { timeout: 20_000, interval: 5 });
        if (signal.aborted) return;
        yield { id: String(n), data: log(String(n)) };
      }
    })();
  const start = (port: number) =>
    startTestServer(
      {
        datasetEvents: async ({ request }) => source(request.signal, Number(request.headers["last-event-id"] ?? 0)),
      },
      { port },
    );
  const first = await start(0);
  let server = first;
  const follow = async () => {
    const received: string[] = [];
    while (received.length < total) {
      const headers = received.length > 0 ? { "last-event-id": received.at(-1) ?? "" } : {};
      try {
        const events = await server.client.call("datasetEvents", { params: { id: DATASET_ID }, headers });
        for await (const { id } of events) received.push(id ?? "");
      } catch {
        // Between the two servers nobody answers.
        await tick();
      }
    }
    return received;
  };
  const followers = Array.from({ length: 200 }, follow);
  reached = 10;
  await vi.waitUntil(async () => /ursa_sse_connections\{.*\} 200\n/.test(await first.metrics.render()), {
    timeout: 10_000,
  });
  const started = performance.now();
  await first.close();
  expect(performance.now() - started).toBeLessThan(5000);
  server = await start(Number(new URL(first.url).port));
  reached = total;
  const expected = Array.from({ length: total }, (_, index) => String(index + 1));
  for (const received of await Promise.all(followers)) expect(received).toEqual(expected);
  await server.close();
});
