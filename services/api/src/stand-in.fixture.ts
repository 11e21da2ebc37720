// Stands in for an inferer (/classify) and a downloader (/fetch): it remembers what it was asked and answers what it was told to.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Asked = { path: string; query: URLSearchParams; headers: IncomingMessage["headers"]; body: Buffer };
type Answer = (response: ServerResponse, asked: Asked) => void;

export const CLASSIFIED = {
  predictions: [
    ["teddy", 0.75],
    ["black", 0.25],
  ],
  class: "teddy",
  index: 1,
  milliseconds: { decode: 1, model: 2 },
};

export async function startStandIn() {
  const asked: Asked[] = [];
  const answers: { classify: Answer; fetch: Answer } = {
    classify: answerJson(200, CLASSIFIED),
    fetch: (response) => response.setHeader("content-type", "application/octet-stream").end("a fetched picture"),
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const body = Buffer.concat(await request.toArray());
    const question = { path: pathname, query: searchParams, headers: request.headers, body };
    asked.push(question);
    (pathname === "/fetch" ? answers.fetch : answers.classify)(response, question);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, asked, answers, close, [Symbol.asyncDispose]: close };
}

export const answerJson =
  (status: number, body: unknown): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
