// One way to talk to S3: a deadline and an idle limit for every request, transient failures retried with jitter, errors translated.
import http from "node:http";
import https from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { Client, type ClientOptions } from "minio";
import { StoreUnavailable } from "./object-store.ts";
import { isTransient, type Task, TransientStatus, translate } from "./s3-errors.ts";

export type S3ConnectionOptions = {
  host: string;
  /** Default: 443 or 80. */
  port?: number;
  tls: boolean;
  region: string;
  credentials: { accessKey: string; secretKey: string; sessionToken?: string };
  /** For one operation with all its retries. Moving a body adds a second per MiB; reading a stream is bounded by `idleTimeoutMs` alone. Default 30 s. */
  operationTimeoutMs?: number;
  /** A connection on which no byte moves for this long is given up. Default 10 s. */
  idleTimeoutMs?: number;
  /** Default 6: with the pauses below, a refused connection is reported within 2 s. */
  maxAttempts?: number;
};

export type Attempt = {
  client: Client;
  /** More time, for a body of so many bytes. */
  extend(bytes: number): void;
  /** No deadline any more: the caller streams. */
  lift(): void;
};

export type S3Connection = {
  /** Runs `work` until it succeeds, fails for good, or time and attempts are used up: then StoreUnavailable, or what it last threw. */
  run<T>(task: Task, work: (attempt: Attempt) => Promise<T>): Promise<T>;
  close(): void;
};

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 2000;
/** One MiB a second: less is a broken line, not a slow one. */
const MS_PER_BYTE = 1000 / (1 << 20);

export function createS3Connection(options: S3ConnectionOptions): S3Connection {
  const { operationTimeoutMs = 30_000, maxAttempts = 6, tls } = options;
  const agent = new (tls ? https : http).Agent({ keepAlive: true, maxSockets: 64 });

  async function attempt<T>(givesUpAt: number, work: (attempt: Attempt) => Promise<T>): Promise<T> {
    const deadline = createDeadline(givesUpAt);
    try {
      const client = createClient(options, agent, deadline.signal);
      return await work({ client, extend: deadline.extend, lift: deadline.lift });
    } catch (error) {
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      deadline.lift();
    }
  }

  return {
    async run(task, work) {
      const givesUpAt = performance.now() + operationTimeoutMs + (task.bytes ?? 0) * MS_PER_BYTE;
      for (let attempts = 1; ; attempts++) {
        const outcome = await attempt(givesUpAt, work).then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        );
        if ("value" in outcome) return outcome.value;
        // Full jitter: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter
        const pauseMs = Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempts);
        const isOver = attempts === maxAttempts || performance.now() + pauseMs >= givesUpAt;
        if (isOver || !isTransient(outcome.error)) throw translate(outcome.error, task, attempts);
        await delay(pauseMs);
      }
    },
    close: () => agent.destroy(),
  };
}

type Deadline = { signal: AbortSignal; extend(bytes: number): void; lift(): void };

function createDeadline(givesUpAt: number): Deadline {
  const controller = new AbortController();
  const giveUp = () => controller.abort(new StoreUnavailable("The store took longer than the operation may"));
  let leftUntil = givesUpAt;
  let timer = setTimeout(giveUp, leftUntil - performance.now());
  return {
    signal: controller.signal,
    extend(bytes) {
      clearTimeout(timer);
      leftUntil += bytes * MS_PER_BYTE;
      timer = setTimeout(giveUp, leftUntil - performance.now());
    },
    lift: () => clearTimeout(timer),
  };
}

/** A client for one attempt: its transport is where the attempt's deadline reaches the sockets. Making one costs no I/O. */
function createClient(options: S3ConnectionOptions, agent: http.Agent, signal: AbortSignal): Client {
  const { host, port, tls, region, credentials, operationTimeoutMs = 30_000 } = options;
  const idleTimeoutMs = Math.min(options.idleTimeoutMs ?? 10_000, operationTimeoutMs);
  const request = (given: https.RequestOptions, onResponse: (response: http.IncomingMessage) => void) =>
    sendRequest(tls, { ...given, agent, signal, timeout: idleTimeoutMs }, onResponse);
  return new Client({
    endPoint: host,
    ...(port !== undefined && { port }),
    useSSL: tls,
    region,
    ...credentials,
    retryOptions: { disableRetry: true },
    transportAgent: agent,
    transport: { request } as ClientOptions["transport"] & {}, // the client calls this one overload of http.request only
  });
}

function sendRequest(
  tls: boolean,
  options: https.RequestOptions & { timeout: number },
  onResponse: (response: http.IncomingMessage) => void,
): http.ClientRequest {
  let response: http.IncomingMessage | undefined;
  const request = (tls ? https : http).request(options, (received) => {
    response = received;
    const status = received.statusCode ?? 0;
    if (!TransientStatus.isOne(status)) return onResponse(received);
    received.resume(); // the client would leave it unread, and the connection with it
    request.emit("error", new TransientStatus(status));
  });
  request.on("timeout", () => {
    const isReaderBehind = (response?.readableLength ?? 0) > 0;
    if (isReaderBehind) return void request.socket?.setTimeout(options.timeout);
    (response ?? request).destroy(new StoreUnavailable(`Nothing came from the store for ${options.timeout} ms`));
  });
  return request;
}
