import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** Answers each piece with itself. */
const echo = createServer((socket) => void socket.pipe(socket).on("error", () => {}));
let proxy: TcpProxy;
let client: Socket;
let heard: string;

beforeEach(async () => {
  if (!echo.listening) await once(echo.listen(0, "127.0.0.1"), "listening");
  proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
  client = await connected();
});
afterEach(async () => {
  client.destroy();
  await proxy[Symbol.asyncDispose]();
});

async function connected(): Promise<Socket> {
  heard = "";
  const socket = connect(proxy.port, "127.0.0.1").setEncoding("utf8");
  socket.on("error", () => {});
  socket.on("data", (text) => {
    heard += text;
  });
  await once(socket, "connect");
  return socket;
}

async function say(text: string): Promise<void> {
  client.write(text);
  await delay(60);
}

test("fair weather passes everything on, both ways", async () => {
  await say("hello");
  expect(heard).toBe("hello");
  expect(proxy.bytes).toBe(10);
});

test("slow weather passes it on later", async () => {
  proxy.setWeather({ kind: "slow", ms: 80 });
  await say("hello");
  expect(heard).toBe("");
  await delay(200);
  expect(heard).toBe("hello");
});

test("a deaf proxy leaves the connection open and passes on later what was said, as a network that was mended does", async () => {
  proxy.setWeather({ kind: "deaf" });
  await say("late, ");
  expect(client.destroyed).toBe(false);
  expect(heard).toBe("");
  proxy.setWeather({ kind: "fair" });
  await say("and now");
  expect(heard).toBe("late, and now");
});

test("who comes while it is deaf is taken and hears nothing until then", async () => {
  proxy.setWeather({ kind: "deaf" });
  const early = client;
  client = await connected();
  await say("hello?");
  expect(heard).toBe("");
  proxy.setWeather({ kind: "fair" });
  await delay(60);
  expect(heard).toBe("hello?");
  early.destroy();
});

test("a broken one resets who is there and who comes, until it is mended", async () => {
  const closed = closeOf(client);
  proxy.setWeather({ kind: "broken" });
  await closed;
  const late = connect(proxy.port, "127.0.0.1").on("error", () => {});
  await closeOf(late);
  proxy.setWeather({ kind: "fair" });
  client = await connected();
  await say("again");
  expect(heard).toBe("again");
});

/** Not `once`, which takes the reset before it for a failure of its own. */
const closeOf = (socket: Socket) => new Promise<void>((resolve) => socket.on("close", () => resolve()));
