// A POST to a service of our own, a picture mostly. fetch would copy its bytes and pass them, and the answer's, through streams of its own.
import http, { type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import https from "node:https";

export type Posted = { headers: Record<string, string>; body: string | Uint8Array; signal: AbortSignal };

/** Read the body, or cancel it. Reading rejects when the connection breaks, or the signal aborts. */
export type Answer = {
  status: number;
  headers: IncomingHttpHeaders;
  bytes(): Promise<Buffer<ArrayBuffer>>;
  json(): Promise<unknown>;
  cancel(): void;
};

// A free connection is let go a second before the other side said that it would.
const kept = { keepAlive: true, timeout: 60_000 };
const agents = { "http:": new http.Agent(kept), "https:": new https.Agent(kept) };

/** A replica whose machine is gone says nothing at all; there may be others. */
const CONNECT_MS = 5000;

const noConnection = ({ host }: URL) =>
  Object.assign(new Error(`${host} took no connection in ${CONNECT_MS / 1000} s`), { code: "ETIMEDOUT" });

/** Redirects are answers like others. @throws the connection's error, with its code, or an AbortError */
export async function post(url: URL, posted: Posted): Promise<Answer> {
  const response = await send(url, posted);
  const bytes = async () => Buffer.concat(await response.toArray({ signal: posted.signal }));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    json: async () => JSON.parse((await bytes()).toString("utf8")),
    cancel: () => void response.destroy(),
  };
}

function send(url: URL, posted: Posted): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { headers, body, signal } = posted;
  const isTls = url.protocol === "https:";
  const options = {
    ...{ method: "POST", agent: agents[isTls ? "https:" : "http:"], signal },
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
  };
  const asked = isTls ? https.request(url, options, resolve) : http.request(url, options, resolve);
  const late = setTimeout(() => asked.destroy(noConnection(url)), CONNECT_MS);
  const isThere = () => clearTimeout(late);
  asked.on("socket", (socket) => (socket.connecting ? socket.once("connect", isThere) : isThere()));
  asked.on("close", isThere);
  asked.on("error", (error: NodeJS.ErrnoException) => {
    // The other side closed a connection that was kept in the moment that it was used again: nobody has heard the question.
    if (asked.reusedSocket && error.code === "ECONNRESET" && !signal.aborted) send(url, posted).then(resolve, reject);
    else reject(error);
  });
  asked.end(body);
  return promise;
}
