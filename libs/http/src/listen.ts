// Takes the port, or says in one sentence why not; and gives it back without cutting anyone off in the middle.
import { Server as NetServer, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { StartupError } from "@ursa/service/startup-error";
import type { App } from "./create-app.ts";
import type { RouteAddress } from "./refuse-unmatched.ts";

export type Server = {
  url: string;
  /** Everything it answers. */
  addresses: readonly RouteAddress[];
  close(): Promise<void>;
};
export type ListenOptions = { host: string; port: number; drainMs?: number; openStreams?: Set<AbortController> };

/** Who keeps a connection open and is about to ask again does so within this, and is told in the answer that it was the last. */
const LAST_REQUESTS_MS = 1000;
/** Requests still in flight get this long; then their connections are cut, well before the service's own deadline. */
const CLOSE_GRACE_MS = 10_000;
/** A connection that was just made is given this long to ask something. */
const SILENT_MS = 1000;

const SWEEP_MS = 20;

/**
 * @param options.drainMs how long to go on serving after /readyz began to say no, for balancers that look at it
 * @param options.openStreams event streams to end first: they would never end by themselves
 * @throws StartupError when the address cannot be taken
 */
export async function listen(app: App, { host, port, drainMs = 0, openStreams }: ListenOptions): Promise<Server> {
  const endSilent = watchSilent(app.fastify.server);
  try {
    await app.fastify.listen({ host, port });
  } catch (cause) {
    await app.fastify.close();
    throw toStartupError(cause, host, port);
  }
  let closing: Promise<void> | undefined;
  const close = async () => {
    app.beginClosing();
    if (drainMs > 0) await sleep(drainMs);
    const endStreams = () => {
      for (const stream of openStreams ?? []) stream.abort(new Error("The server is closing."));
    };
    endStreams();
    // A follower whose stream has ended asks again at once, on a connection that is still there: that stream has to end too.
    const sweep = setInterval(endStreams, SWEEP_MS);
    const cut = setTimeout(() => app.fastify.server.closeAllConnections(), CLOSE_GRACE_MS);
    await refuseConnections(app.fastify.server);
    const silence = setTimeout(endSilent, SILENT_MS);
    await app.fastify.close();
    clearInterval(sweep);
    clearTimeout(silence);
    clearTimeout(cut);
  };
  return {
    url: addressOf(app, host),
    addresses: app.addresses,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * What had reached this process is answered. Closing at once would reset connections that the kernel took and this process did not yet
 * accept, and kept ones whose next request lies unread: the longer a turn of the event loop takes, the more.
 */
async function refuseConnections(server: NetServer): Promise<void> {
  // Right behind the poll of a turn, in which everything that had come was accepted and read.
  await nextTurn();
  // net's own: http's closes kept connections as well.
  NetServer.prototype.close.call(server);
  const isOver = AbortSignal.timeout(LAST_REQUESTS_MS);
  while (!isOver.aborted && (await countConnections(server)) > 0) await sleep(5);
  await nextTurn();
}

/**
 * Browsers and balancers open connections to have them. As long as one has asked nothing, Node does not count it as idle.
 * @returns ends those
 */
function watchSilent(server: NetServer): () => void {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}

const countConnections = (server: NetServer): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));

function addressOf(app: App, host: string): string {
  const address = app.fastify.server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function toStartupError(cause: unknown, host: string, port: number): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const sentences: Record<string, string> = {
    EADDRINUSE: `Port ${port} of ${host} is taken by another process: stop it, or set URSA_PORT to a free port.`,
    EACCES: `Port ${port} needs more rights than this process has: set URSA_PORT to a port above 1023.`,
    EADDRNOTAVAIL: `${host} is not an address of this machine: set URSA_HOST to 127.0.0.1, or to 0.0.0.0 for all.`,
    ENOTFOUND: `${host} is not an address: set URSA_HOST to 127.0.0.1, or to 0.0.0.0 for all.`,
  };
  const sentence = sentences[String(code)];
  return sentence ? new StartupError(sentence, { cause }) : cause;
}
