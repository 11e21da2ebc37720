// The limit of event streams: a server that writes the same lines to whoever reads and does nothing else.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerOrders } from "./child-program.ts";

export type Order = "listen" | "send" | "end";
/** `rssMb`: of this process after the order. */
export type Told = { url: string; rssMb: number };

const PROGRESS = `data: ${JSON.stringify({ type: "progress", progress: { phase: "fetch", done: 1, total: 100 } })}\n\n`;
const END = `data: ${JSON.stringify({ type: "state", state: "cancelled" })}\n\n`;

const open = new Set<ServerResponse>();
const server = createServer((_request, response) => {
  open.add(response.writeHead(200, { "content-type": "text/event-stream" }));
  response.write("retry: 1000\n\n");
});
let url = "";

answerOrders(async (order: { do: Order }): Promise<Told> => {
  if (order.do === "listen") await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  const address = server.address() as AddressInfo; // It listens on TCP.
  url = `http://127.0.0.1:${address.port}`;
  for (const response of open) {
    if (order.do === "send") response.write(PROGRESS);
    if (order.do === "end") response.end(END);
  }
  return { url, rssMb: process.memoryUsage.rss() / 2 ** 20 };
});
