// A plain server of a bench's own.
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

export type PlainServer = AsyncDisposable & { port: number };

export async function listenOn(host: string, answer: RequestListener): Promise<PlainServer> {
  const server = createServer(answer);
  await new Promise<void>((ready) => void server.listen(0, host, ready));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
