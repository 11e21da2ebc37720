// A real server on a free port, its log lines, and the derived client that talks to it.
import { type Client, createClient } from "@ursa/contracts/client";
import type { HealthCheck } from "@ursa/service/health";
import { createHealth } from "@ursa/service/health";
import { createLogger } from "@ursa/service/logger";
import { createMetrics, type Metrics } from "@ursa/service/metrics";
import type { Server } from "./listen.ts";
import { type Handlers, type ServerOptions, startServer } from "./server.ts";

export type TestServer = AsyncDisposable & {
  url: string;
  addresses: Server["addresses"];
  client: Client;
  metrics: Metrics;
  logs: Record<string, unknown>[];
  stopping: AbortController;
  close(): Promise<void>;
};
type Options = Partial<ServerOptions> & { checks?: Record<string, HealthCheck> };

export async function startTestServer(handlers: Handlers, options: Options = {}): Promise<TestServer> {
  const { log, logs } = logTo();
  const metrics = createMetrics("test");
  const stopping = new AbortController();
  const health = createHealth(options.checks ?? {}, stopping.signal);
  const open = { host: "127.0.0.1", port: 0, authenticate: undefined };
  const server = await startServer({ ...open, log, metrics, health, handlers, ...options });
  const client = createClient({ baseUrl: server.url });
  return { ...server, client, metrics, logs, stopping, [Symbol.asyncDispose]: server.close };
}

export function logTo() {
  const logs: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void logs.push(JSON.parse(line)) };
  return { log: createLogger({ service: "test", level: "debug", destination }), logs };
}

/** Sends bytes as they are and reads until the server closes, or until `until` appears. */
export async function sendRaw(url: string, bytes: string | Uint8Array, until?: string): Promise<string> {
  const { connect } = await import("node:net");
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const answered = Promise.withResolvers<string>();
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    if (until && text.includes(until)) socket.destroy();
  });
  socket.on("close", () => answered.resolve(text));
  socket.on("error", () => {});
  socket.write(bytes);
  return answered.promise;
}

export const DATASET_ID = "ds_01J00000000000000000000000";
export const MODEL_ID = "mdl_01J00000000000000000000000";
export const PREDICTION_ID = "prd_01J00000000000000000000000";
