// The server of a service that only other services call (the downloader's /fetch, an inferer's /classify): plain routes, the same
// health, metrics, limits and problem bodies as the API's.
import type { RouteScope } from "@ursa/contracts/scopes";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ByteBudget, createByteBudget, expectedBytes } from "./byte-budget.ts";
import { type App, type AppOptions, createApp } from "./create-app.ts";
import type { BytesAnswer, RequestHeaders } from "./handlers.ts";
import { listen, type Server } from "./listen.ts";
import { wholeBody } from "./request-body.ts";
import { headersOf, lifeOf } from "./request-life.ts";
import { sendBytes } from "./send-answer.ts";

export type InternalRequest = {
  id: string;
  query: URLSearchParams;
  headers: RequestHeaders;
  /** Whole, and empty for methods without one. */
  body: Buffer;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
};
export type InternalAnswer = { status?: number } & ({ json: unknown } | BytesAnswer);
export type InternalRoute = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  handler(request: InternalRequest): Promise<InternalAnswer>;
};

/** A picture as it was fetched or uploaded (MAX_PICTURE_BYTES of the route table), and a little for what surrounds it. */
const MAX_BODY_BYTES = 20 * 1024 * 1024 + 64 * 1024;

export type InternalServerOptions = AppOptions & {
  host: string;
  port: number;
  routes: InternalRoute[];
  bodyLimit?: number;
  /** Bytes of bodies held at once, all requests together. */
  maxHeldBytes?: number;
  drainMs?: number;
};

/** @throws StartupError when the address cannot be taken */
export async function startInternalServer(options: InternalServerOptions): Promise<Server> {
  // Its callers are services of Ursa; who else may reach it is for loopback or a NetworkPolicy to say.
  const app = createApp(options, { authenticate: undefined });
  const routes = options.routes.map((route) => ({ ...route, scope: "public" as const }));
  addPlainRoutes(app, routes, { ...options, budget: createByteBudget(options.maxHeldBytes) });
  return listen(app, options);
}

export type PlainRoute = InternalRoute & { scope: RouteScope };

/** Routes that are in no table, also of a server whose others are. */
export function addPlainRoutes(
  app: App,
  routes: readonly PlainRoute[],
  { budget, bodyLimit: maxBytes = MAX_BODY_BYTES }: { budget: ByteBudget; bodyLimit?: number },
): void {
  for (const { method, path, scope, handler } of routes) {
    const handle = (request: FastifyRequest, reply: FastifyReply) =>
      answer(handler, { request, reply, budget, maxBytes });
    app.add({ method, template: path, scope, handle });
  }
}

type Exchange = { request: FastifyRequest; reply: FastifyReply; budget: ByteBudget; maxBytes: number };

async function answer(handler: InternalRoute["handler"], exchange: Exchange): Promise<FastifyReply> {
  const { request, reply, budget, maxBytes } = exchange;
  const life = lifeOf(request.raw);
  using _held = budget.take(expectedBytes(request.raw, maxBytes));
  const value = await handler({
    id: life.id,
    // Only the query is looked at; the origin is a stand-in that makes a path a URL.
    query: new URL(request.raw.url ?? "/", "http://internal").searchParams,
    headers: headersOf(request.raw),
    body: await wholeBody(request.raw, { maxBytes }),
    signal: life.abort.signal,
  });
  reply.code(value.status ?? 200);
  if ("json" in value) return reply.type("application/json; charset=utf-8").send(JSON.stringify(value.json));
  return sendBytes(value, reply, { life, isHead: request.method === "HEAD", validates: false });
}
