// Bodies that are too large, too slow, or cut short, against a real socket.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import { ClientGone } from "./client-gone.ts";
import { type BodyLimits, streamBody, wholeBody } from "./request-body.ts";
import { sendRaw, startTestServer } from "./start-test-server.fixture.ts";

const MiB = 2 ** 20;
const uploads = {
  async putUpload({ params, body }: { params: { name: string }; body: { stream: Readable } }) {
    let bytes = 0;
    for await (const chunk of body.stream) bytes += chunk.length;
    return { name: params.name, bytes, sha256: "0".repeat(64) };
  },
};

test("a body that declares too much is refused before any of it is read", async () => {
  await using server = await startTestServer(uploads);
  const head = `PUT /v1/uploads/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ${11 * 1024 * MiB}\r\n\r\n`;
  const answer = await sendRaw(server.url, head, "maxBytes");
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain("at most 10240 MiB");
});

test("a stream without a declared size is cut at its limit, and is never held in memory", async () => {
  const read = async (raw: import("node:http").IncomingMessage) => {
    let bytes = 0;
    for await (const chunk of streamBody(raw, { maxBytes: 256 * MiB })) bytes += chunk.length;
    return bytes;
  };
  await using exchange = await reading(read);
  const before = process.memoryUsage().rss;
  let sent = 0;
  exchange.socket.write("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const chunk = Buffer.concat([Buffer.from(`${MiB.toString(16)}\r\n`), Buffer.alloc(MiB, "x"), Buffer.from("\r\n")]);
  const source = Readable.from(
    (async function* () {
      for (sent = 0; sent < 400; sent++) yield chunk;
    })(),
  );
  source.pipe(exchange.socket);
  expect(await exchange.outcome).toMatchObject({
    code: "payload_too_large",
    message: expect.stringContaining("256 MiB"),
  });
  source.destroy();
  expect(sent).toBeLessThan(350);
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MiB);
});

test("an upload of 256 MiB goes through", async () => {
  await using server = await startTestServer(uploads);
  const body = new Blob(Array(256).fill(Buffer.alloc(MiB)));
  expect(await server.client.call("putUpload", { params: { name: "a.txt" }, body })).toMatchObject({
    bytes: 256 * MiB,
  });
});

test("JSON has the limit the server was given", async () => {
  await using server = await startTestServer(
    { createModel: async () => Promise.reject(new Error()) },
    { bodyLimit: 100 },
  );
  const init = { method: "POST", body: JSON.stringify({ name: "x".repeat(200) }) };
  const response = await fetch(`${server.url}/v1/models`, { ...init, headers: { "content-type": "application/json" } });
  expect(await response.json()).toMatchObject({ code: "payload_too_large", maxBytes: 100 });
});

test("a handler that stops reading can still answer, and the connection is used again", async () => {
  const refuse = async () => Promise.reject(new Problem("list_is_html"));
  await using server = await startTestServer({ putUpload: refuse, listAliases: async () => ({ items: [] }) });
  const body = "x".repeat(100_000);
  const upload = `PUT /v1/uploads/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answer = await sendRaw(server.url, `${upload}GET /v1/aliases HTTP/1.1\r\nHost: a\r\n\r\n`, '{"items":[]}');
  expect(answer).toMatch(/^HTTP\/1\.1 422 .*list_is_html.*HTTP\/1\.1 200 .*\{"items":\[\]\}/s);
});

/** A server that only reads its body, and tells how that went. */
async function reading(read: (raw: import("node:http").IncomingMessage) => Promise<unknown>) {
  const outcome = Promise.withResolvers<unknown>();
  const server = createServer((raw, response) => {
    read(raw)
      .then(outcome.resolve, outcome.resolve)
      .finally(() => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server's address has a port.
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
  const close = async () => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { socket, outcome: outcome.promise, [Symbol.asyncDispose]: close };
}

const whole = (limits: Partial<BodyLimits>) => reading((raw) => wholeBody(raw, { maxBytes: 1000, ...limits }));
const HEAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n";

test("a body that stops arriving is a timeout, not a hang", async () => {
  await using exchange = await whole({ idleMs: 50 });
  exchange.socket.write(`${HEAD}only this`);
  expect(await exchange.outcome).toMatchObject({
    code: "request_timeout",
    message: "No byte of the body came for 0.05 s.",
  });
});

test("a body that drips just often enough is a timeout as well", async () => {
  await using exchange = await whole({ idleMs: 200, wholeBodyMs: 300 });
  exchange.socket.write(HEAD);
  const drip = setInterval(() => exchange.socket.write("x"), 50);
  expect(await exchange.outcome).toMatchObject({ message: "The body was not complete after 0.3 s." });
  clearInterval(drip);
});

test("a client that goes away in the middle of its body is ClientGone", async () => {
  await using exchange = await whole({});
  exchange.socket.write(`${HEAD}half`, () => exchange.socket.destroy());
  expect(await exchange.outcome).toBeInstanceOf(ClientGone);
});

test("a slow reader is not taken for a slow client", async () => {
  const readSlowly = async (raw: import("node:http").IncomingMessage) => {
    let size = 0;
    for await (const chunk of streamBody(raw, { maxBytes: MiB, idleMs: 50 })) {
      if (size === 0) await sleep(200);
      size += chunk.length;
    }
    return size;
  };
  await using exchange = await reading(readSlowly);
  exchange.socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MiB}\r\n\r\n${"x".repeat(MiB)}`);
  expect(await exchange.outcome).toBe(MiB);
});
