// One request from its head to the moment its connection is done with it: id, log, metrics, and the signal that it was given up.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteScope } from "@ursa/contracts/scopes";
import type { Logger } from "@ursa/service/logger";
import type { HttpMethod, Metrics, StatusClass } from "@ursa/service/metrics";
import type { Caller } from "./caller.ts";
import { ClientGone } from "./client-gone.ts";
import type { RequestHeaders } from "./handlers.ts";
import type { LimitState } from "./limit-headers.ts";

export type RequestLife = {
  id: string;
  log: Logger;
  /** Set before a handler runs. */
  caller?: Caller;
  /** Asks anew whether the key is good; rejects when it is not. */
  askAgain?: () => Promise<unknown>;
  /** What it was held to; the answer tells them, a refusal too. */
  limits: LimitState[];
  /** Aborts with ClientGone, or with the server's reason when an event stream is to end. */
  abort: AbortController;
  /** An event stream counts as answered at its first byte: its length says nothing about how fast Ursa is. */
  becomeStream(): void;
};

const lives = new WeakMap<IncomingMessage, RequestLife>();
/** A refused body goes on arriving; for this long it is thrown away so that the client can read why it was refused. */
const LINGER_MS = 5000;
const SANE_ID = /^[\w.:=-]{1,128}$/;
const METHODS: readonly HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The caller's own request id where it is plain text, so that one id goes through every service. */
export function requestIdOf(raw: IncomingMessage): string {
  const given = raw.headers["x-request-id"];
  return typeof given === "string" && SANE_ID.test(given) ? given : randomUUID();
}

type Exchange = {
  id: string;
  raw: IncomingMessage;
  response: ServerResponse;
  template: string;
  /** Of the route, where there is one. */
  scope: RouteScope | undefined;
};

/**
 * Begins a request. Each write, also one that was refused, ends with a line in the log that says who did what (`audit`).
 * @param exchange.template the route as the table writes it (`/v1/datasets/{id}`), so that the metric's labels are a closed set
 */
export function beginRequest(exchange: Exchange, { log, metrics }: { log: Logger; metrics: Metrics }): RequestLife {
  const { id, raw, response, template, scope } = exchange;
  const started = performance.now();
  const method = METHODS.find((known) => known === raw.method) ?? "OTHER";
  const abort = new AbortController();
  let isStream = false;
  const observe = (status_class: StatusClass) => {
    metrics.httpInFlight.dec();
    metrics.httpDuration.observe({ method, route: template, status_class }, (performance.now() - started) / 1000);
  };
  metrics.httpInFlight.inc();
  response.once("close", () => {
    const isComplete = response.writableFinished;
    if (!isComplete) abort.abort(new ClientGone());
    if (isStream) metrics.sseConnections.dec();
    else observe(isComplete ? statusClass(response.statusCode) : "aborted");
    if (!raw.complete) linger(raw);
    const milliseconds = Math.round(performance.now() - started);
    const answered = { method: raw.method, route: template, status: response.statusCode, isComplete, milliseconds };
    life.log.debug(answered, "answered");
    if (isWrite(raw, scope)) life.log.info({ ...answered, ...whoAndWhat(life, raw), audit: true }, "write");
  });
  const becomeStream = () => {
    isStream = true;
    observe("2xx");
    metrics.sseConnections.inc();
  };
  const life: RequestLife = { id, log: log.child({ requestId: id }), limits: [], abort, becomeStream };
  lives.set(raw, life);
  return life;
}

/** Classifying posts a picture, changes nothing and asks for no more than reading. */
const isWrite = ({ method = "" }: IncomingMessage, scope: RouteScope | undefined): boolean =>
  !["GET", "HEAD", "OPTIONS"].includes(method) && scope !== undefined && scope !== "public" && scope !== "read";

/** Longer than any path of ours. */
const MAX_PATH = 500;

/** The key is in the log already. Without keys, or where the key was refused, there is no namespace. */
const whoAndWhat = ({ caller }: RequestLife, raw: IncomingMessage) => ({
  path: (raw.url ?? "").split("?")[0]?.slice(0, MAX_PATH),
  address: raw.socket.remoteAddress,
  ...(caller ? { namespace: caller.namespace } : {}),
});

export function lifeOf(raw: IncomingMessage): RequestLife {
  const life = lives.get(raw);
  if (!life) throw new Error("A request was handled before it was begun.");
  return life;
}

export const headersOf = (raw: IncomingMessage): RequestHeaders =>
  Object.fromEntries(Object.entries(raw.headers).map(([name, value]) => [name, [value].flat().join(", ")]));

function linger(raw: IncomingMessage): void {
  raw.resume();
  const timer = setTimeout(() => raw.destroy(), LINGER_MS).unref();
  raw.once("close", () => clearTimeout(timer));
}

// The first digit of a status that Node accepted to send is 1 to 5.
const statusClass = (status: number) => `${Math.floor(status / 100)}xx` as StatusClass;
