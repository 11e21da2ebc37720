// The API's server: every route of the table that has a handler, checked on the way in and, outside production, on the way out.
import type { Route, RouteBody } from "@ursa/contracts/route";
import { ROUTES } from "@ursa/contracts/routes";
import type { HealthProbes } from "@ursa/service/health";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type Door, watchKey } from "./authenticate.ts";
import { type ByteBudget, createByteBudget, expectedBytes } from "./byte-budget.ts";
import { clientAddress } from "./client-address.ts";
import { type AppOptions, createApp } from "./create-app.ts";
import type { Handlers as HandlersOfRoutes, RequestInfo, UntypedHandler } from "./handlers.ts";
import { addPlainRoutes, type PlainRoute } from "./internal-server.ts";
import { listen, type Server } from "./listen.ts";
import { addMount, type Mount } from "./mount.ts";
import { readBody } from "./read-body.ts";
import { checkParts } from "./request-faults.ts";
import { headersOf, lifeOf, type RequestLife } from "./request-life.ts";
import { sendAnswer } from "./send-answer.ts";

export type Handlers = HandlersOfRoutes;

/** Ten thousand inline URLs of 800 bytes. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

export type ServerOptions = Door &
  Pick<AppOptions, "trustedProxies"> & {
    host: string;
    /** 0 takes any free port; `url` says which. */
    port: number;
    log: Logger;
    metrics: Metrics;
    health: HealthProbes;
    handlers: Handlers;
    /** Routes beside those of the table, such as the files of a page. */
    plainRoutes?: readonly PlainRoute[];
    mounts?: readonly Mount[];
    /** Largest JSON body in bytes; other bodies have their limits in the route table. */
    bodyLimit?: number;
    /** Bytes of JSON and picture bodies held at once, all requests together. */
    maxHeldBytes?: number;
    /** Check JSON answers against their schemas. Left out: unless NODE_ENV is production. */
    validateAnswers?: boolean;
    /** How long to go on serving after /readyz began to say no. */
    drainMs?: number;
    heartbeatMs?: number;
    /** How often the key of an event stream is asked for anew. */
    recheckMs?: number;
  };

/** @throws StartupError when the address cannot be taken */
export async function startServer(options: ServerOptions): Promise<Server> {
  const app = createApp(options, options);
  const openStreams = new Set<AbortController>();
  const budget = createByteBudget(options.maxHeldBytes);
  for (const [id, handler] of Object.entries(options.handlers)) {
    // A handler's type says what its own route's schemas yield; `answer` passes it exactly that.
    const route: Route = ROUTES[id as keyof typeof ROUTES];
    // As above: what a route's schemas yield is what its handler takes.
    const untyped = handler as UntypedHandler;
    if (["/livez", "/readyz", "/metrics"].includes(route.path))
      throw new Error(`${id} is answered by the server itself.`);
    app.add({
      method: route.method,
      template: route.path,
      scope: route.scope,
      handle: (request, reply) => answer({ route, handler: untyped, openStreams, budget, options }, request, reply),
    });
  }
  addPlainRoutes(app, options.plainRoutes ?? [], { budget });
  for (const mount of options.mounts ?? []) addMount(app, mount);
  return listen(app, { ...options, openStreams });
}

type Bound = {
  route: Route;
  handler: UntypedHandler;
  openStreams: Set<AbortController>;
  budget: ByteBudget;
  options: ServerOptions;
};

async function answer(bound: Bound, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { route, handler, openStreams, budget, options } = bound;
  const life = lifeOf(request.raw);
  if (route.answer.kind === "events") {
    openStreams.add(life.abort);
    const stopWatching = watchKey(life, options.recheckMs);
    reply.raw.once("close", () => {
      stopWatching();
      openStreams.delete(life.abort);
    });
  }
  const maxJsonBytes = options.bodyLimit ?? MAX_JSON_BYTES;
  // Held until the answer is made, since the handler has the body for as long.
  using _held = budget.take(expectedBytes(request.raw, maxHeldBytes(route.body, maxJsonBytes)));
  const parts = await readParts(route, request, maxJsonBytes);
  const value = await handler({ ...parts, request: infoOf(request, reply, life) });
  return sendAnswer({ answer: route.answer, value }, reply, {
    life,
    isHead: request.method === "HEAD",
    validates: options.validateAnswers ?? process.env.NODE_ENV !== "production",
    ...(options.heartbeatMs ? { heartbeatMs: options.heartbeatMs } : {}),
  });
}

/** A body of plain bytes is a stream, of which next to nothing is held. */
function maxHeldBytes(body: RouteBody | undefined, maxJsonBytes: number): number {
  if (!body || body.kind === "bytes") return 0;
  return body.kind === "json" ? maxJsonBytes : body.maxBytes;
}

const nothing = z.strictObject({});

/** Params and query are checked before a body is read, so that a wrong address costs no upload. */
async function readParts(route: Route, request: FastifyRequest, maxJsonBytes: number) {
  const address = [
    { place: "path", schema: route.params ?? nothing, value: request.params },
    { place: "query", schema: route.query ?? nothing, value: request.query },
  ] as const;
  if (!route.body || route.body.kind === "bytes") {
    const [params, query] = checkParts([...address]);
    const body = route.body && (await readBody(request.raw, route.body, maxJsonBytes)).value;
    return { params, query, body };
  }
  const { value, isJson } = await readBody(request.raw, route.body, maxJsonBytes);
  const schema = route.body.kind === "json" ? route.body.schema : route.body.json;
  const body = { place: "body", schema: isJson ? schema : z.unknown(), value } as const;
  const [params, query, checked] = checkParts([...address, body]);
  return { params, query, body: checked };
}

function infoOf(request: FastifyRequest, reply: FastifyReply, life: RequestLife): RequestInfo {
  const { id, caller } = life;
  if (!caller) throw new Error("A request reached its handler before it was known who sent it.");
  return {
    ...{ id, caller, namespace: caller.namespace, signal: life.abort.signal },
    headers: headersOf(request.raw),
    address: clientAddress(request.ip),
    answerHeaders: (headers) => void reply.headers(headers),
    limits: life.limits,
  };
}
