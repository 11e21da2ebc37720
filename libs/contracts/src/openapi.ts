// The route table as an OpenAPI 3.1 document: a pure function of routes.ts, so the two cannot disagree.
import { z } from "zod";
import { PROBLEMS, type ProblemCode, problemSchema } from "./problem.ts";
import {
  BODY_PROBLEMS,
  COMMON_PROBLEMS,
  CREATION_PROBLEMS,
  KEY_PROBLEMS,
  type Route,
  type RouteAnswer,
  type RouteBody,
} from "./route.ts";
import { ROUTES, type RouteId } from "./routes.ts";
import { webhookEventSchema } from "./webhook.ts";

type Json = Record<string, unknown>;
// Object.keys of a const object yields exactly its keys.
const ROUTE_IDS = Object.keys(ROUTES) as RouteId[];

/**
 * @param version the product's version, for `info.version`
 * @param served ids of the routes that whoever shows this answers; all when left out
 */
export function openapi(version: string, served: readonly RouteId[] = ROUTE_IDS): Json {
  const paths: Record<string, Json> = {};
  for (const id of served) {
    const route: Route = ROUTES[id];
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(id, route);
    paths[route.path] = operations;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Ursa",
      version,
      description: "Your own image classifier, from lists of image URLs to production.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    webhooks: Object.fromEntries(webhookEventSchema.options.map(webhook)),
    components: { schemas: { Problem: jsonSchema(problemSchema, "output") }, securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key. An Ursa that runs without keys asks for none." },
  basic: { type: "http", scheme: "basic", description: "For browsers: any name, and the API key as password." },
};

/** The scope stands where OpenAPI 3.1 has the roles that an operation needs. */
const security = ({ scope, method }: Route): Json[] =>
  scope === "public" ? [] : [{ bearer: [scope] }, ...(method === "GET" ? [{ basic: [scope] }] : [])];

function operation(id: string, route: Route): Json {
  return {
    operationId: id,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description ? { description: route.description } : {}),
    security: security(route),
    parameters: [
      ...parameters(route.params, "path"),
      ...parameters(route.query, "query"),
      ...(route.idempotent ? [IDEMPOTENCY_KEY] : []),
      ...(route.answer.kind === "events" ? [LAST_EVENT_ID] : []),
    ],
    ...(route.body ? { requestBody: { required: true, content: bodyContent(route.body) } } : {}),
    responses: {
      [String(route.answer.status)]: answer(route.answer),
      ...problemAnswers(route),
      ...(route.alsoStatus ? { [String(route.alsoStatus)]: answer(route.answer) } : {}),
    },
  };
}

/** What Ursa sends by itself, and to whom is said by POST /v1/webhooks. */
function webhook(event: (typeof webhookEventSchema.options)[number]): [string, Json] {
  const type = event.shape.type.value;
  const parameters = SIGNED_HEADERS.map(([name, description]) => ({
    ...{ name, in: "header", required: true, description, schema: { type: "string" } },
  }));
  const content = { "application/json": { schema: jsonSchema(event, "output") } };
  const responses = { "2XX": { description: "It was taken; after any other answer it is sent again" } };
  const post = {
    operationId: type,
    tags: ["Webhooks"],
    summary: `Sent to webhooks: ${type}`,
    security: [],
    parameters,
  };
  return [type, { post: { ...post, requestBody: { required: true, content }, responses } }];
}

const SIGNED_HEADERS = [
  ["webhook-id", "The same at each attempt: who has seen it has the message"],
  ["webhook-timestamp", "When this attempt was signed, in Unix seconds"],
  ["webhook-signature", "`v1,` and the base64 HMAC-SHA256 of id, timestamp and body, with dots between"],
] as const;

const IDEMPOTENCY_KEY = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key with the same body answers what the first request answered; nothing is created twice.",
  schema: { type: "string", minLength: 1, maxLength: 255 },
};

const LAST_EVENT_ID = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description:
    "The id of the last event that arrived; the stream goes on after it. Without it, from the first event kept.",
  schema: { type: "string" },
};

/** Of every 429 and 503 that is a problem. */
const RETRY_AFTER = {
  "Retry-After": { description: "Seconds after which to ask again", required: true, schema: { type: "integer" } },
};

const listOf = (what: string) => ({
  description: `${what}: a list of structured fields (draft-ietf-httpapi-ratelimit-headers)`,
  required: false,
  schema: { type: "string" },
});

/** Also of answers that are none of these, while the caller is held to a limit. */
const LIMITS = {
  "RateLimit-Policy": listOf("The limits that the request was held to"),
  RateLimit: listOf("What is left of each"),
};

function headersOf(status: number): Json {
  if (status === 429) return { headers: { ...RETRY_AFTER, ...LIMITS } };
  return status === 503 ? { headers: RETRY_AFTER } : {};
}

function parameters(schema: z.ZodObject | undefined, place: "path" | "query"): Json[] {
  if (!schema) return [];
  // The schema is an object's, so these two are what JSON Schema makes of it.
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: property,
  }));
}

function bodyContent(body: RouteBody): Json {
  if (body.kind === "json") return { "application/json": { schema: jsonSchema(body.schema, "input") } };
  if (body.kind === "bytes") return Object.fromEntries(body.contentTypes.map((type) => [type, {}]));
  const file = {
    type: "object",
    properties: { file: { type: "string", contentMediaType: "application/octet-stream" } },
    required: ["file"],
  };
  return {
    "image/*": {},
    "application/octet-stream": {},
    "multipart/form-data": { schema: file },
    "application/json": { schema: jsonSchema(body.json, "input") },
  };
}

function answer(description: RouteAnswer): Json {
  if (description.kind === "empty") return { description: "Done" };
  if (description.kind === "json")
    return {
      description: "The answer",
      content: { "application/json": { schema: jsonSchema(description.schema, "output") } },
    };
  if (description.kind === "events")
    return {
      description: "A stream of server-sent events",
      content: { "text/event-stream": { schema: eventSchema(jsonSchema(description.schema, "output")) } },
    };
  return { description: "The bytes", content: Object.fromEntries(description.contentTypes.map((type) => [type, {}])) };
}

/** One event with its fields, as OpenAPI 3.2 describes such streams: `data` is text, which is JSON of `schema`. */
const eventSchema = (schema: Json): Json => ({
  type: "object",
  properties: {
    id: { type: "string", description: "Send it as Last-Event-ID to go on behind it." },
    data: { type: "string", contentMediaType: "application/json", contentSchema: schema },
  },
  required: ["data"],
});

function problemAnswers(route: Route): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  const codes: ProblemCode[] = [
    ...COMMON_PROBLEMS,
    ...(route.scope === "public" ? [] : KEY_PROBLEMS),
    ...(route.body ? BODY_PROBLEMS : []),
    ...(route.idempotent ? CREATION_PROBLEMS : []),
    ...(route.problems ?? []),
  ];
  for (const code of new Set(codes)) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      { description: codes.join(", "), ...headersOf(status), content },
    ]),
  );
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  // zod marks the dialect on every schema; inside an OpenAPI 3.1 document it is implied.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
