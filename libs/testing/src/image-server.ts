// A web server of pictures that behaves as badly as the internet does, one behaviour per path, and remembers who asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Certificate } from "./self-signed-certificate.ts";

/** Answers one request; `hits` counts this path's requests, this one included. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, hits: number) => void | Promise<void>;

export interface ImageServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` unless told otherwise, with a certificate `https://…` */
  readonly origin: string;
  /** What a fetcher's `allow` needs to reach it. */
  readonly address: string;
  /** Paths in the order in which they were asked for. */
  readonly hits: string[];
  /** Most requests that were being answered at once. */
  readonly mostAtOnce: number;
  set(path: string, behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Where to listen; port 0 takes any free one. */
export type ListenAt = { host: string; port: number };

/** Paths without a behaviour answer 404. With a certificate the server speaks TLS and nothing else. */
export async function startImageServer(
  table: Record<string, Behaviour> = {},
  certificate?: Certificate,
  { host, port: wanted }: ListenAt = { host: "127.0.0.1", port: 0 },
): Promise<ImageServer> {
  const behaviours = new Map(Object.entries(table));
  const hits: string[] = [];
  let [atOnce, mostAtOnce] = [0, 0];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "/";
    hits.push(path);
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    response.once("close", () => atOnce--);
    const behave = behaviours.get(path) ?? status(404);
    await behave(request, response, hits.filter((hit) => hit === path).length);
  };
  const server = certificate ? createTlsServer(certificate, listener) : createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wanted, host, resolve);
  });
  const { port } = server.address() as AddressInfo; // It listens on TCP, so this is no pipe's name.

  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    origin: `${certificate ? "https" : "http"}://${host}:${port}`,
    address: `${host}:${port}`,
    hits,
    get mostAtOnce() {
      return mostAtOnce;
    },
    set: (path, behaviour) => void behaviours.set(path, behaviour),
    close,
    [Symbol.asyncDispose]: close,
  };
}

export function ok(bytes: Uint8Array, contentType = "image/jpeg"): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { "content-type": contentType, "content-length": bytes.length });
    response.end(bytes);
  };
}

export function status(code: number, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(code, { "content-type": "text/html", ...headers });
    response.end(`<html><body>${code}</body></html>`);
  };
}

/** Fails the first `times` requests. */
export function flaky(times: number, then: Behaviour, failure: Behaviour = status(500)): Behaviour {
  return (request, response, hits) => (hits <= times ? failure : then)(request, response, hits);
}

/** Thinks for a while first. */
export function afterMs(milliseconds: number, then: Behaviour): Behaviour {
  return async (request, response, hits) => {
    await sleep(milliseconds);
    await then(request, response, hits);
  };
}

/** 200, a picture's type and a page that says sorry. */
export const htmlAsJpeg: Behaviour = ok(Buffer.from("<!DOCTYPE html><html><body>Gone</body></html>"));

/** Promises the whole, sends `share` of it and hangs up. */
export function cutOff(bytes: Uint8Array, share = 0.5): Behaviour {
  return (_request, response) => {
    response.writeHead(200, { "content-type": "image/jpeg", "content-length": bytes.length });
    response.write(bytes.subarray(0, Math.floor(bytes.length * share)), () => response.socket?.end());
  };
}

/** One byte at a time, each soon enough for an idle timeout, for ever. */
export function slowDrip(everyMs = 50): Behaviour {
  return async (_request, response) => {
    response.writeHead(200, { "content-type": "image/jpeg" });
    while (!response.destroyed) {
      response.write(".");
      await sleep(everyMs);
    }
  };
}

/** A path, an absolute URL, or the path itself for a loop. */
export function redirect(location: string, code = 302): Behaviour {
  return status(code, { location });
}

/** Takes the request and resets the connection. */
export const reset: Behaviour = (_request, response) => void response.socket?.resetAndDestroy();

/** Takes the request and never answers. */
export const stall: Behaviour = () => {};

/** Sends the first bytes of a picture and then nothing. */
export const stallInBody: Behaviour = (_request, response) => {
  response.writeHead(200, { "content-type": "image/jpeg", "content-length": 10_000 });
  response.write("\xff\xd8\xff");
};

/** Chunked, no length told, until the other side has had enough. */
export function endless(): Behaviour {
  const block = Buffer.alloc(65_536, 0xff);
  return (_request, response) => {
    response.writeHead(200, { "content-type": "image/jpeg" });
    const pour = () => {
      while (!response.destroyed && response.write(block));
    };
    response.on("drain", pour);
    pour();
  };
}

/** `bytes` of zeros as a gzip body a thousandth the size, whatever encodings were asked for. */
export function gzipBomb(bytes = 50_000_000): Behaviour {
  const packed = gzipSync(Buffer.alloc(bytes));
  return (_request, response) => {
    response.writeHead(200, { "content-type": "image/jpeg", "content-encoding": "gzip" });
    response.end(packed);
  };
}

/** More header than anyone should read. */
export const headerFlood: Behaviour = (_request, response) => {
  response.socket?.write(`HTTP/1.1 200 OK\r\n${"x-flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(5_000)}\r\n`);
};

/** Not HTTP at all. */
export const gibberish: Behaviour = (_request, response) => void response.socket?.end("220 smtp.example ready\r\n");
