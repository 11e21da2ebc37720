// A typed client derived from the route table. Used by the CLI, the web UI, the examples and the tests; runs in browsers too.
import type { z } from "zod";
import { parseKnown } from "./parse-known.ts";
import { Problem, problemSchema } from "./problem.ts";
import { randomToken } from "./random-token.ts";
import type { Route } from "./route.ts";
import { ROUTES, type RouteId } from "./routes.ts";
import { sendAgain, waitMs } from "./send-again.ts";
import { readEvents, type ServerEvent } from "./server-events.ts";

type Routes = typeof ROUTES;
type Input<S> = S extends z.ZodType ? z.input<S> : never;
type ParamsOf<R> = R extends { params: infer S } ? { params: Input<S> } : unknown;
type QueryOf<R> = R extends { query: infer S } ? { query?: Input<S> } : unknown;
export type BytesBody = Uint8Array | Blob | ReadableStream<Uint8Array> | string;
type BodyOf<R> = R extends { body: { kind: "json"; schema: infer S } }
  ? { body: Input<S> }
  : R extends { body: { kind: "bytes" } }
    ? { body: BytesBody }
    : R extends { body: { kind: "picture"; json: infer S } }
      ? { body: BytesBody | Input<S> }
      : unknown;
type Common = { signal?: AbortSignal; headers?: Record<string, string> };
export type ArgumentsOf<Id extends RouteId> = ParamsOf<Routes[Id]> & QueryOf<Routes[Id]> & BodyOf<Routes[Id]> & Common;
export type AnswerOf<Id extends RouteId> = Routes[Id]["answer"] extends { kind: "json"; schema: infer S }
  ? S extends z.ZodType
    ? z.output<S>
    : never
  : Routes[Id]["answer"] extends { kind: "events"; schema: infer S }
    ? AsyncIterable<ServerEvent<S extends z.ZodType ? z.output<S> : never>>
    : Routes[Id]["answer"] extends { kind: "bytes" }
      ? Response
      : undefined;

export type Client = { call<Id extends RouteId>(id: Id, args: ArgumentsOf<Id>): Promise<AnswerOf<Id>> };
type LooseArguments = { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown } & Common;

/**
 * @param options.baseUrl where the API is, such as http://127.0.0.1:8080
 * @returns a client whose `call` throws Problem with the API's own code and detail, or TypeError when the API cannot be reached. After a
 * 503, whoever sent it, the problem's `extra.retryAfterMs` says when to ask again.
 */
export function createClient(options: {
  baseUrl: string;
  /** An API key's token; none where Ursa runs without keys. */
  key?: string | undefined;
  fetch?: typeof fetch;
  headers?: Record<string, string>;
  /** How often to ask again when the API is away (a broken connection, 503). Creating is then done under a key, so never twice. */
  retries?: number;
}): Client {
  const { retries = 0, fetch: send = fetch, key: token } = options;
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    async call<Id extends RouteId>(id: Id, args: ArgumentsOf<Id>): Promise<AnswerOf<Id>> {
      const route: Route = ROUTES[id];
      const loose: LooseArguments = args;
      const address = addressOf(options.baseUrl, route, loose);
      const key = route.idempotent && retries > 0 ? { "idempotency-key": randomToken() } : {};
      const request = requestOf(route, loose, { ...authorization, ...key, ...options.headers });
      // A stream can be read once only.
      const times = loose.body instanceof ReadableStream ? 0 : retries;
      const response = await sendAgain(() => send(address, request), {
        times,
        signal: loose.signal,
        alsoStatus: route.alsoStatus,
      });
      const answer = response.ok ? await readAnswer(route, response) : await readFailure(route, response);
      // The answer's schema, chosen by the same id, is what AnswerOf names.
      return answer as AnswerOf<Id>;
    },
  };
}

function addressOf(baseUrl: string, route: Route, args: LooseArguments): URL {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(args.params?.[name])));
  // Not `new URL(path, baseUrl)`: behind a proxy the API may have a path of its own.
  const url = new URL(baseUrl.replace(/\/+$/, "") + path);
  for (const [name, value] of Object.entries(args.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function requestOf(route: Route, args: LooseArguments, headers: Record<string, string> = {}): RequestInit {
  const init: RequestInit = { method: route.method, headers: { ...headers, ...args.headers } };
  if (args.signal) init.signal = args.signal;
  if (!route.body) return init;
  const raw = route.body.kind !== "json" && isBytes(args.body);
  // `isBytes` has looked: what is raw is one of the kinds that fetch sends as it is.
  init.body = raw ? (args.body as NonNullable<RequestInit["body"]>) : JSON.stringify(args.body ?? {});
  const contentType = raw ? "application/octet-stream" : "application/json";
  init.headers = { "content-type": contentType, ...headers, ...args.headers };
  // Streams need half duplex in fetch; the DOM types do not know the option yet.
  if (args.body instanceof ReadableStream) Object.assign(init, { duplex: "half" });
  return init;
}

const isBytes = (body: unknown): boolean =>
  typeof body === "string" || body instanceof Uint8Array || body instanceof Blob || body instanceof ReadableStream;

async function readAnswer(route: Route, response: Response): Promise<unknown> {
  const { answer } = route;
  if (answer.kind === "json") return parseKnown(answer.schema, await response.json());
  if (answer.kind === "events") return readEvents(response, (data) => answer.schema.parse(data));
  return answer.kind === "bytes" ? response : undefined;
}

/** Throws, unless the route answers its own JSON under this status too. */
async function readFailure({ answer, alsoStatus }: Route, response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = answer.kind === "json" && response.status === alsoStatus ? answer.schema.safeParse(body) : undefined;
  if (parsed?.success) return parsed.data;
  throw problemOf(body, response);
}

function problemOf(body: unknown, response: Response): Problem {
  const { status } = response;
  const again = status === 503 ? { retryAfterMs: waitMs(response) } : {};
  const parsed = problemSchema.safeParse(body);
  if (!parsed.success)
    return new Problem("internal", `The API answered ${status} without a problem body.`, { extra: again });
  const { code, detail, title, type: _type, status: _status, ...extra } = parsed.data;
  return new Problem(code, detail ?? title, { extra: { ...extra, ...again } });
}
