// The Fastify instance every server of Ursa starts from: limits, request ids, problems for every refusal, health and metrics.
// Fastify routes and sends; reading bodies and checking them is ours, where the route's description is at hand.

import { ROUTES } from "@ursa/contracts/routes";
import type { RouteScope } from "@ursa/contracts/scopes";
import type { HealthProbes } from "@ursa/service/health";
import type { Logger } from "@ursa/service/logger";
import type { Metrics } from "@ursa/service/metrics";
import type { Tracing } from "@ursa/service/tracing";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { createGate, type Door } from "./authenticate.ts";
import { limitHeaders } from "./limit-headers.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { type RouteAddress, refuseUnmatched } from "./refuse-unmatched.ts";
import { beginRequest, headersOf, lifeOf, requestIdOf } from "./request-life.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { sendProblem } from "./send-problem.ts";

export type AppOptions = {
  log: Logger;
  metrics: Metrics;
  health: HealthProbes;
  tracing?: Tracing | undefined;
  /** Whose X-Forwarded-For is believed: addresses and ranges, comma-separated. Nobody's where it is left out. */
  trustedProxies?: string | undefined;
};
export type RawRoute = RouteAddress & {
  scope: RouteScope;
  handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply>;
};
export type App = {
  fastify: FastifyInstance;
  /** A GET route answers HEAD too. */
  add(route: RawRoute): void;
  /** Of every route, for who asks one by a method that it has not. */
  addresses: RouteAddress[];
  /** From now on /readyz says no and each answer closes its connection. */
  beginClosing(): void;
};

/** A whole request, body included: an archive of 10 GiB at 6 Mbit/s. Bodies have tighter limits of their own (request-body.ts). */
const REQUEST_TIMEOUT_MS = 4 * 60 * 60_000;
/** A head is a few kB; whoever takes longer holds a connection on purpose. */
const HEADERS_TIMEOUT_MS = 15_000;
const TIMEOUT_CHECK_MS = 5000;
/** Connections are renewed now and then, so that a balancer in front can spread them again. */
const MAX_REQUESTS_PER_SOCKET = 10_000;
/** Longer than any id, so that a parameter too long is told what is wrong with it. */
const MAX_PARAMETER_LENGTH = 1000;

declare module "fastify" {
  interface FastifyContextConfig {
    /** The path as the route table writes it. */
    template?: string;
  }
}

export function createApp(options: AppOptions, door: Door): App {
  const begin = (request: FastifyRequest, reply: FastifyReply) => {
    const { template = "unmatched", scope } = request.routeOptions?.config ?? {};
    beginRequest({ id: request.id, raw: request.raw, response: reply.raw, template, scope }, options);
    reply.headers({ ...SECURITY_HEADERS, "x-request-id": request.id });
  };
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
    sendProblem(error, lifeOf(request.raw), reply);
  const app = fastify({
    ...LIMITS,
    ...(options.trustedProxies ? { trustProxy: options.trustedProxies } : {}),
    frameworkErrors: (error, request, reply) => {
      begin(request, reply);
      refuse(error, request, reply);
    },
  });
  const addresses: RouteAddress[] = [];
  let isClosing = false;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  app.addHook("onRequest", async (request, reply) => begin(request, reply));
  app.addHook("onRequest", createGate(door));
  app.addHook("onSend", async (request, reply) => {
    reply.headers(limitHeaders(lifeOf(request.raw).limits));
    if (isClosing) reply.header("connection", "close");
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler(async (request, reply) => refuseUnmatched(addresses, request, reply));
  const add = (route: RawRoute) => {
    const { method, template, scope, handle } = traced(route, options.tracing);
    addresses.push({ method, template });
    const methods = method === "GET" ? ["GET", "HEAD"] : [method];
    app.route({
      method: methods,
      url: template.replace(/\{(\w+)\}/g, ":$1"),
      config: { template, scope },
      handler: handle,
    });
  };
  for (const route of operations(options, () => isClosing)) add(route);
  const beginClosing = () => {
    isClosing = true;
  };
  return { fastify: app, add, addresses, beginClosing };
}

const LIMITS = {
  logger: false,
  exposeHeadRoutes: false,
  // While closing, what already has a connection is still answered.
  return503OnClosing: false,
  forceCloseConnections: "idle",
  requestTimeout: REQUEST_TIMEOUT_MS,
  maxRequestsPerSocket: MAX_REQUESTS_PER_SOCKET,
  http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: TIMEOUT_CHECK_MS },
  routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
  genReqId: requestIdOf,
  clientErrorHandler: refuseConnection,
} as const;

const PROBES = ["/livez", "/readyz", "/metrics"];

/** Probes come every few seconds and lead to nothing. */
function traced(route: RawRoute, tracing: Tracing | undefined): RawRoute {
  const { method, template, handle } = route;
  if (!tracing || PROBES.includes(template)) return route;
  const attributesOf = ({ id }: FastifyRequest) => ({
    "http.request.method": method,
    "http.route": template,
    "ursa.request_id": id,
  });
  return {
    ...route,
    handle(request, reply) {
      const span = {
        name: `${method} ${template}`,
        headers: headersOf(request.raw),
        attributes: attributesOf(request),
      };
      return tracing.inSpan(span, () => handle(request, reply));
    },
  };
}

/** What every server answers, whatever it is for. */
function operations({ health, metrics }: AppOptions, isClosing: () => boolean): RawRoute[] {
  const closing = { status: "unavailable", checks: { server: "it is closing" } } as const;
  return [
    {
      method: "GET",
      template: "/livez",
      scope: ROUTES.livez.scope,
      handle: async (_request, reply) => reply.send(health.live()),
    },
    {
      method: "GET",
      template: "/readyz",
      scope: ROUTES.readyz.scope,
      async handle(_request, reply) {
        const state = isClosing() ? closing : await health.ready();
        return reply.code(state.status === "ok" ? 200 : 503).send(state);
      },
    },
    {
      method: "GET",
      template: "/metrics",
      scope: ROUTES.metrics.scope,
      handle: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
    },
  ];
}
