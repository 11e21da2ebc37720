// Taking a port and giving it back.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { StartupError } from "@ursa/service/startup-error";
import { expect, test, vi } from "vitest";
import { DATASET_ID, startTestServer } from "./start-test-server.fixture.ts";

const aliases = { listAliases: async () => ({ items: [] }) };

test("a taken port is one sentence that says what to do", async () => {
  await using server = await startTestServer(aliases);
  const port = Number(new URL(server.url).port);
  const error = await startTestServer(aliases, { port }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StartupError);
  expect(error).toHaveProperty(
    "message",
    `Port ${port} of 127.0.0.1 is taken by another process: stop it, or set URSA_PORT to a free port.`,
  );
});

test("an address that is not ours is one sentence too", async () => {
  await expect(startTestServer(aliases, { host: "203.0.113.7" })).rejects.toThrow("is not an address of this machine");
});

test("while it drains, /readyz says no and everything else is still answered", async () => {
  const server = await startTestServer(aliases, { drainMs: 500 });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const closed = server.close();
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: "unavailable", checks: { server: "it is closing" } },
  ]);
  const alias = await fetch(`${server.url}/v1/aliases`);
  expect([alias.status, alias.headers.get("connection")]).toEqual([200, "close"]);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  await closed;
  await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
});

test("a stopping service is not ready, before its server closes", async () => {
  await using server = await startTestServer(aliases);
  server.stopping.abort();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
});

test("closing waits for an answer in flight, and not for connections that only stand open", async () => {
  let isBegun = false;
  const server = await startTestServer({
    async listAliases() {
      isBegun = true;
      await sleep(200);
      return { items: [] };
    },
  });
  await fetch(`${server.url}/livez`).then((response) => response.text());
  const answer = fetch(`${server.url}/v1/aliases`);
  await vi.waitUntil(() => isBegun);
  const started = performance.now();
  const closing = server.close();
  expect((await answer).status).toBe(200);
  await closing;
  expect(performance.now() - started).toBeLessThan(2000);
});

test("closing does not wait for connections that never asked anything", async () => {
  const server = await startTestServer(aliases);
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1").resume();
  const ended = once(socket, "close");
  await once(socket, "connect");
  const started = performance.now();
  await server.close();
  await ended;
  expect(performance.now() - started).toBeLessThan(5000);
});

test("once nobody new is let in, a kept connection is still answered, for the last time", async () => {
  const server = await startTestServer(aliases);
  const port = Number(new URL(server.url).port);
  const socket = connect(port, "127.0.0.1");
  const ask = () => socket.write("GET /v1/aliases HTTP/1.1\r\nhost: ursa\r\n\r\n");
  let answers = "";
  socket.on("data", (chunk) => {
    answers += chunk;
  });
  ask();
  await vi.waitUntil(() => answers.endsWith("}"));
  const closing = server.close();
  const isRefused = async () => {
    const late = connect(port, "127.0.0.1");
    const refused = await once(late, "connect").catch(() => "refused");
    late.destroy();
    return refused === "refused";
  };
  await vi.waitUntil(isRefused, { interval: 1 });
  ask();
  await once(socket, "close");
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(answers.toLowerCase()).toContain("connection: close");
  await closing;
});

test("closing ends event streams with a word, and closing twice is closing once", async () => {
  const server = await startTestServer({
    async datasetEvents() {
      return (async function* () {
        yield { data: { type: "log", message: "first" } as const };
        // A source that never looks at its signal.
        await new Promise(() => {});
      })();
    },
  });
  const response = await fetch(`${server.url}/v1/datasets/${DATASET_ID}/events`);
  const started = performance.now();
  await Promise.all([server.close(), server.close()]);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(await response.text()).toMatch(/data: .*first.*\n\n: the server is closing; come back\n\n$/);
});
