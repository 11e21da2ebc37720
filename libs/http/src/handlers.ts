// What a route's handler is given and what it answers, worked out from the route table.
import type { Readable } from "node:stream";
import type { ROUTES, RouteId } from "@ursa/contracts/routes";
import type { z } from "zod";
import type { Caller } from "./caller.ts";
import type { LimitState } from "./limit-headers.ts";

type Routes = typeof ROUTES;
type Nothing = Record<string, never>;

/** By lower-case name; repeated ones are joined with ", ". */
export type RequestHeaders = Record<string, string | undefined>;

export type RequestInfo = {
  /** Of the X-Request-Id header where it is sane, else made here; in every log line and problem body. */
  id: string;
  headers: RequestHeaders;
  /** Aborts when the client goes away; for event streams also when the server closes. */
  signal: AbortSignal;
  /** The caller's; nothing of another one may be read or told. */
  namespace: string;
  caller: Caller;
  /** Who is counted as one where requests are limited (client-address.ts). */
  address: string;
  /** Headers of the answer, also where it becomes a refusal. */
  answerHeaders(headers: Record<string, string>): void;
  /** What the request was held to so far. Push to it what else it is held to: the answer tells them, also where it becomes a refusal. */
  limits: LimitState[];
};

/** `stream` errors with a Problem when the body is too large or stops arriving. */
export type BytesBody = { stream: Readable; contentType: string };
/** Never shared between threads, so that fetch takes it without a copy of ours. */
export type PictureBytes = { bytes: Buffer<ArrayBuffer> };

type ParamsOf<R> = R extends { params: infer S extends z.ZodType } ? z.output<S> : Nothing;
type QueryOf<R> = R extends { query: infer S extends z.ZodType } ? z.output<S> : Nothing;
type BodyOf<R> = R extends { body: infer B }
  ? B extends { kind: "json"; schema: infer S extends z.ZodType }
    ? z.output<S>
    : B extends { kind: "picture"; json: infer S extends z.ZodType }
      ? PictureBytes | z.output<S>
      : BytesBody
  : undefined;

export type HandlerContext<R> = { params: ParamsOf<R>; query: QueryOf<R>; body: BodyOf<R>; request: RequestInfo };

/** A stream is sent with back-pressure and destroyed when the client goes away. Name content-length where it is known. */
export type BytesAnswer<ContentType extends string = string> = {
  contentType: ContentType | `${ContentType};${string}`;
  body: Readable | Uint8Array | string;
  headers?: Record<string, string>;
};
export type EventAnswer<T> = AsyncIterable<{ id?: string; data: T }>;

export type AnswerValue<R> = R extends { answer: infer A }
  ? A extends { kind: "json"; schema: infer S extends z.ZodType }
    ? z.output<S>
    : A extends { kind: "events"; schema: infer S extends z.ZodType }
      ? EventAnswer<z.output<S>>
      : A extends { kind: "bytes"; contentTypes: readonly (infer C extends string)[] }
        ? BytesAnswer<C>
        : undefined
  : never;

export type Handler<R> = (context: HandlerContext<R>) => Promise<AnswerValue<R>>;

/** One handler per route; a route without one is answered 404. */
export type Handlers = { [Id in RouteId]?: Handler<Routes[Id]> };

/** A handler as the server calls it, after the route's own schemas have made sure of what it is given. */
export type UntypedHandler = (context: {
  params: unknown;
  query: unknown;
  body: unknown;
  request: RequestInfo;
}) => Promise<unknown>;
