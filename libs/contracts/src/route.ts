// How one HTTP route is described. The server, OpenAPI and the client are all derived from these descriptions.
import type { z } from "zod";
import type { ProblemCode } from "./problem.ts";
import type { RouteScope } from "./scopes.ts";

export type RouteBody =
  | { kind: "json"; schema: z.ZodType }
  /** Raw bytes, streamed to the handler. */
  | { kind: "bytes"; contentTypes: readonly string[]; maxBytes: number }
  /** A picture as raw bytes, or JSON that names its URL. */
  | { kind: "picture"; json: z.ZodType; maxBytes: number };

export type RouteAnswer =
  | { kind: "json"; status: number; schema: z.ZodType }
  | { kind: "empty"; status: 204 }
  | { kind: "bytes"; status: 200; contentTypes: readonly string[] }
  /** Server-sent events whose data is this schema, as JSON. */
  | { kind: "events"; status: 200; schema: z.ZodType };

export type Route = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** With `{name}` for parameters, as OpenAPI writes them. */
  path: string;
  /** What a key must be good for, where the API runs with keys. There is no default: a route without it does not compile. */
  scope: RouteScope;
  tag: string;
  summary: string;
  description?: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: RouteBody;
  answer: RouteAnswer;
  /** A status of failure under which the same JSON is answered: a service that is not ready says so with its whole health. */
  alsoStatus?: number;
  /** Codes this route may answer besides those any route may. */
  problems?: readonly ProblemCode[];
  /** Creating routes honour the Idempotency-Key header. */
  idempotent?: boolean;
};

/** Keeps the literal types of a description while checking its shape. */
export const route = <const R extends Route>(description: R): R => description;

export const json = <S extends z.ZodType>(schema: S, status = 200) => ({ kind: "json", status, schema }) as const;
export const jsonBody = <S extends z.ZodType>(schema: S) => ({ kind: "json", schema }) as const;
export const empty = { kind: "empty", status: 204 } as const;
export const events = <S extends z.ZodType>(schema: S) => ({ kind: "events", status: 200, schema }) as const;
export const bytes = <const T extends readonly string[]>(...contentTypes: T) =>
  ({ kind: "bytes", status: 200, contentTypes }) as const;

/** Codes that any route may answer. */
export const COMMON_PROBLEMS = [
  "invalid_request",
  "not_found",
  "internal",
  "store_unavailable",
  "disk_full",
] as const satisfies ProblemCode[];

/** Codes that any route with a scope may answer, where the API runs with keys. */
export const KEY_PROBLEMS = [
  "key_missing",
  "key_unknown",
  "key_expired",
  "key_revoked",
  "scope_missing",
  "rate_limited",
] as const satisfies ProblemCode[];

/** Codes that any route may answer that makes a record. */
export const CREATION_PROBLEMS = ["quota_exceeded"] as const satisfies ProblemCode[];

/** Codes that any route with a body may answer. */
export const BODY_PROBLEMS = [
  "malformed_body",
  "payload_too_large",
  "unsupported_media_type",
  "request_timeout",
  "too_busy",
] as const satisfies ProblemCode[];
