// A question to one of several replicas, over real connections.

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { askService } from "./ask-service.ts";
import { startStandIn } from "./stand-in.fixture.ts";

const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

const askOf = (...urls: string[]) =>
  askService({
    replicas: async () => urls.map((url) => new URL(url)),
    path: "/classify?model=m",
    contentType: "application/octet-stream",
    body: "a picture",
    caller: { id: "r1", signal: new AbortController().signal },
    tracing: { headers: () => TRACE },
    timeoutMs: 5000,
    unavailable: "inferer_unavailable",
    read: async (answer) => ((await answer.json()) as { class: string }).class, // the stand-in's own answer
  });

/** Takes connections and breaks each as soon as something is asked, like a process that is killed. */
async function startDying() {
  const server = createServer((socket) => void socket.once("data", () => socket.resetAndDestroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() };
}

/** Answers until it is told to forget its connections: then it breaks one that is used again, as a server does that has just let it go. */
async function startForgetful() {
  const seen = { connections: 0, answers: 0 };
  let forgets = false;
  const server = createServer((socket) => {
    const isNew = { now: true };
    seen.connections += 1;
    socket.on("error", () => {});
    socket.on("data", (piece) => {
      if (forgets && !isNew.now) return void socket.resetAndDestroy();
      // Head and body may come in two pieces.
      if (!String(piece).includes("a picture")) return;
      isNew.now = false;
      seen.answers += 1;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"class":"teddy"}');
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    ...{ url: `http://127.0.0.1:${port}`, seen },
    forget: () => {
      forgets = true;
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

test("a replica that is not there, or dies under the question, costs the caller nothing", async () => {
  await using gone = await startStandIn();
  await gone.close();
  await using dying = await startDying();
  await using alive = await startStandIn();
  expect(await askOf(gone.url, dying.url, alive.url)).toBe("teddy");
  expect(alive.asked.map(({ body, query }) => [body.toString(), query.get("model")])).toEqual([["a picture", "m"]]);
});

test("a connection is kept, and one that was closed in the moment it was used again costs the caller nothing", async () => {
  await using forgetful = await startForgetful();
  for (let time = 0; time < 3; time += 1) expect(await askOf(forgetful.url)).toBe("teddy");
  expect(forgetful.seen).toEqual({ connections: 1, answers: 3 });
  forgetful.forget();
  expect(await askOf(forgetful.url)).toBe("teddy");
  expect(forgetful.seen).toEqual({ connections: 2, answers: 4 });
});

test("the request id and the trace go along", async () => {
  await using asked = await startStandIn();
  await askOf(asked.url);
  expect(asked.asked[0]?.headers).toMatchObject({ "x-request-id": "r1", ...TRACE });
});

test("a replica that answers, badly too, is the last that is asked", async () => {
  await using refusing = await startStandIn();
  refusing.answers.classify = (response) => response.writeHead(500).end();
  await using other = await startStandIn();
  await expect(askOf(refusing.url, other.url)).rejects.toMatchObject({ code: "inferer_unavailable" });
  expect(other.asked).toEqual([]);
});

test("when none is there, the service is away", async () => {
  await using gone = await startStandIn();
  await gone.close();
  await expect(askOf(gone.url, gone.url)).rejects.toMatchObject({ code: "inferer_unavailable" });
});
