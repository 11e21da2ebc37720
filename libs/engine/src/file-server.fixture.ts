// A server for tests that gives one answer per path and counts what it was asked.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export async function startFileServer(answers: Record<string, RequestListener>) {
  const asked: { url: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const url = request.url ?? "";
    asked.push({ url, authorization: request.headers.authorization });
    const answer = answers[url] ?? ((_request, missing) => missing.writeHead(404).end());
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: (path: string) => new URL(path, `http://127.0.0.1:${port}`),
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
