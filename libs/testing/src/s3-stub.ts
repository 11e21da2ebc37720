// An S3 server in this process, for tests: conditional writes and checksums as S3 has them (no published fake does), and faults on order.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Answer, answerCode, answerError, S3StubError } from "./s3-stub/answers.ts";
import { type Bucket, createBucket } from "./s3-stub/buckets.ts";
import { createFaults, type FaultKind, type Faults } from "./s3-stub/faults.ts";
import { readPayload } from "./s3-stub/read-payload.ts";
import { type Served, serve } from "./s3-stub/serve.ts";
import { type Credentials, verifySignature } from "./s3-stub/verify-signature.ts";

export type S3StubOptions = {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** Made at the start. Default: one named "ursa". */
  buckets?: string[];
  /** Keys in a page of a listing. Default 1000, as S3 has it. */
  pageSize?: number;
  /** Default true. False takes requests signed by anyone or no one. */
  checksSignatures?: boolean;
};

/** One request as it was answered. `status` is 0 while it has no answer, and stays so when a fault leaves it without. */
export type LoggedRequest = {
  method: string;
  bucket: string;
  key: string;
  query: string;
  headers: NodeJS.Dict<string | string[]>;
  status: number;
};

export type S3Stub = AsyncDisposable & {
  port: number;
  credentials: Credentials;
  /** For `openStore`. */
  storeUrl(bucket?: string, prefix?: string): string;
  faults: Faults;
  log: LoggedRequest[];
  /** What is stored, to look at and to tamper with. */
  buckets: Map<string, Bucket>;
  close(): Promise<void>;
};

const CREDENTIALS: Credentials = { accessKey: "stub-access-key", secretKey: "stub-secret-key" };

export async function startS3Stub(options: S3StubOptions = {}): Promise<S3Stub> {
  const { port = 0, buckets: names = ["ursa"], pageSize = 1000, checksSignatures = true } = options;
  const state: Served = { buckets: new Map(names.map((name) => [name, createBucket()])), pageSize };
  const faults = createFaults();
  const log: LoggedRequest[] = [];
  const server = createServer((request, response) => {
    answer({ state, faults, log, checksSignatures }, request, response).catch((error: unknown) => {
      console.error("The S3 stub itself failed:", error);
      response.destroy();
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as AddressInfo; // a TCP server that listens has one
  const close = () => stop(server);
  return {
    port: address.port,
    credentials: CREDENTIALS,
    storeUrl: (bucket = "ursa", prefix = "") => `s3://127.0.0.1:${address.port}/${bucket}?tls=false&prefix=${prefix}`,
    faults,
    log,
    buckets: state.buckets,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

type Context = { state: Served; faults: Faults; log: LoggedRequest[]; checksSignatures: boolean };

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = "", url = "", headers } = request;
  const [path = "", query = ""] = url.split("?");
  const [bucket = "", ...segments] = path.slice(1).split("/").map(decodeURIComponent);
  const key = segments.join("/");
  const entry: LoggedRequest = { method, bucket, key, query, headers, status: 0 };
  context.log.push(entry);
  const fault = context.faults.take({ method, key, query });
  const isUpload = method === "PUT" || method === "POST";
  const raw = await readBody(request, isUpload && fault?.kind === "cut-after-bytes" ? fault.bytes : undefined);
  if (raw === undefined || fault?.kind === "stall") return;

  const handle = () => {
    if (context.checksSignatures) verifySignature({ method, url, headers }, CREDENTIALS);
    const payload = readPayload(raw, headers);
    if (fault?.kind === "store-partial") return { bytes: payload.bytes.subarray(0, fault.bytes), checksums: {} };
    return payload;
  };
  const reply =
    fault?.kind === "status"
      ? answerFault(fault)
      : answerOrError(() =>
          serve(context.state, { method, bucket, key, query: new URLSearchParams(query), headers, payload: handle() }),
        );
  if (fault?.kind === "lose-answer") return void request.socket.destroy();
  entry.status = reply.status;
  await send(response, reply, { isHead: method === "HEAD", fault });
}

function answerFault(fault: FaultKind & { kind: "status" }): Answer {
  return answerCode(
    fault.status,
    fault.code ?? (fault.status === 503 ? "SlowDown" : "InternalError"),
    "A fault that was ordered",
  );
}

function answerOrError(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (error instanceof S3StubError) return answerError(error);
    throw error;
  }
}

/** The raw body; undefined when the connection broke, or was to be broken after `cutAfterBytes`. */
async function readBody(request: IncomingMessage, cutAfterBytes?: number): Promise<Buffer | undefined> {
  const { socket } = request;
  try {
    const body = await collect(request, cutAfterBytes);
    if (cutAfterBytes === undefined) return body;
    socket.destroy();
    return undefined;
  } catch {
    return undefined; // the client went away: nobody is left to answer
  }
}

async function collect(request: IncomingMessage, atLeast = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= atLeast) break;
  }
  return Buffer.concat(chunks);
}

async function send(
  response: ServerResponse,
  reply: Answer,
  how: { isHead: boolean; fault: FaultKind | undefined },
): Promise<void> {
  const { fault } = how;
  const body = Buffer.from(reply.body ?? "");
  const hasLength = reply.status !== 204 && reply.status !== 304;
  response.writeHead(reply.status, { ...reply.headers, ...(hasLength && { "content-length": body.length }) });
  if (how.isHead) return void response.end();
  if (fault?.kind === "cut-after-bytes") {
    response.write(body.subarray(0, fault.bytes), () => response.socket?.destroy());
  } else if (fault?.kind === "stall-after-bytes") {
    response.flushHeaders();
    response.write(body.subarray(0, fault.bytes));
  } else if (fault?.kind === "slow") {
    await drip(response, body, fault.bytesPerSecond);
  } else {
    response.end(body);
  }
}

async function drip(response: ServerResponse, body: Buffer, bytesPerSecond: number): Promise<void> {
  const step = Math.max(1, Math.ceil(bytesPerSecond / 20));
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    response.write(body.subarray(at, at + step));
    await delay((1000 * step) / bytesPerSecond);
  }
  response.end();
}
