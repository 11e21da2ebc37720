// The route table and the OpenAPI document made from it.
import { expect, test } from "vitest";
import { z } from "zod";
import { openapi } from "./openapi.ts";
import { PROBLEMS } from "./problem.ts";
import type { Route } from "./route.ts";
import { ROUTES } from "./routes.ts";
import { SCOPES } from "./scopes.ts";

const routes = Object.entries<Route>(ROUTES);
const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

test("a method and a path lead to one route", () => {
  // Two templates that differ only in a parameter's name would match the same addresses.
  const addresses = routes.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`);
  expect(new Set(addresses).size).toBe(addresses.length);
});

test.each(routes)("%s declares what its path names, checks all it takes, and refuses unknown fields", (_id, route) => {
  expect(parametersOf(route.path).sort()).toEqual(Object.keys(route.params?.shape ?? {}).sort());
  for (const schema of [route.params, route.query]) {
    if (!schema) continue;
    const unknown = schema.safeParse({ unheardOf: 1 }).error?.issues.map(({ code }) => code);
    expect(unknown).toContain("unrecognized_keys");
  }
  if (route.method === "GET" || route.method === "DELETE") expect(route.body).toBeUndefined();
  expect(route.path).toMatch(/^\/[a-z0-9./{}_-]*$/i);
  expect(route.summary).toMatch(/^[A-Z].*[^.]$/);
  if (route.idempotent)
    expect([route.method, route.problems]).toEqual(["POST", expect.arrayContaining(["idempotency_conflict"])]);
  if (route.body && route.body.kind !== "json") expect(route.body.maxBytes).toBeGreaterThan(0);
});

const schemaSchema = z.record(z.string(), z.unknown());
const contentSchema = z.record(
  z.string().regex(/^[\w*]+\/[\w.*+-]+$/),
  z.strictObject({ schema: schemaSchema.optional() }),
);
const headerSchema = z.strictObject({ description: z.string(), required: z.boolean(), schema: schemaSchema });
const responseSchema = z.strictObject({
  description: z.string().min(1),
  headers: z.record(z.string(), headerSchema).optional(),
  content: contentSchema.optional(),
});
const parameterSchema = z.strictObject({
  name: z.string().min(1),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean(),
  description: z.string().optional(),
  schema: schemaSchema,
});
const operationSchema = z.strictObject({
  operationId: z.string().regex(/^\w+$/),
  tags: z.array(z.string()).length(1),
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(
    z.partialRecord(z.enum(["bearer", "basic"]), z.array(z.enum([...SCOPES, "installation"])).length(1)),
  ),
  parameters: z.array(parameterSchema),
  requestBody: z.strictObject({ required: z.literal(true), content: contentSchema }).optional(),
  responses: z.record(z.string().regex(/^[1-5]\d\d$/), responseSchema),
});
/** What is sent rather than answered. */
const sentSchema = z.strictObject({
  operationId: z.string().regex(/^[\w.]+$/),
  tags: z.array(z.string()).length(1),
  summary: z.string(),
  security: z.tuple([]),
  parameters: z.array(parameterSchema).length(3),
  requestBody: z.strictObject({ required: z.literal(true), content: contentSchema }),
  responses: z.strictObject({ "2XX": responseSchema }),
});
const documentSchema = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.string(),
    version: z.literal("1.2.3"),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  paths: z.record(
    z.string().startsWith("/"),
    z.partialRecord(z.enum(["get", "post", "put", "patch", "delete", "options"]), operationSchema),
  ),
  webhooks: z.record(z.enum(["job.finished", "webhook.test"]), z.strictObject({ post: sentSchema })),
  components: z.strictObject({
    schemas: z.record(z.string(), schemaSchema),
    securitySchemes: z.record(
      z.enum(["bearer", "basic"]),
      z.strictObject({ type: z.literal("http"), scheme: z.enum(["bearer", "basic"]), description: z.string() }),
    ),
  }),
});

test("the document has the structure that OpenAPI 3.1 asks for", () => {
  const document = documentSchema.parse(JSON.parse(JSON.stringify(openapi("1.2.3"))));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, ...operation })),
  );
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(ROUTES).sort());
  for (const { path, parameters, responses } of operations) {
    const inPath = parameters.filter((parameter) => parameter.in === "path");
    expect(inPath.map(({ name }) => name).sort()).toEqual(parametersOf(path).sort());
    expect(inPath.every(({ required }) => required)).toBe(true);
    const names = parameters.map(({ name, in: place }) => `${place} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(responses).some((status) => status.startsWith("2"))).toBe(true);
  }
});

const TYPES = ["string", "number", "integer", "boolean", "object", "array", "null"];

/** Every object under a JSON schema with its path, so that a fault says where it is. */
function* nodes(value: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof value !== "object" || value === null) return;
  // An object that is not null has string keys.
  if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
  for (const [key, child] of Object.entries(value)) yield* nodes(child, `${path}/${key}`);
}

test("its schemas use types there are, patterns that compile, and references that lead somewhere", () => {
  const document = openapi("1.2.3");
  let seen = 0;
  for (const [path, node] of nodes(document, "")) {
    if (path.startsWith("/components/securitySchemes")) continue;
    if (typeof node.type === "string" && !path.endsWith("/properties")) expect(TYPES, path).toContain(node.type);
    if (typeof node.pattern === "string") expect(() => new RegExp(String(node.pattern), "u"), path).not.toThrow();
    if (node.$ref !== undefined) expect(node.$ref, path).toBe("#/components/schemas/Problem");
    expect(node, path).not.toHaveProperty("$schema");
    seen++;
  }
  expect(seen).toBeGreaterThan(500);
});

/** A picture to classify is too large for an address, and no link is to be made by following one. */
const CHANGING_NOTHING = ["classify", "publicClassify", "publicPreflight", "createArtifactLink", "createResultsLink"];

test("what tells nothing of anybody is all that is public, what changes something needs more than read", () => {
  const open = routes.filter(([, { scope }]) => scope === "public").map(([, { path }]) => path);
  // Below /p/ what a person made public is answered, and nothing else.
  const usual = open.filter((path) => !path.startsWith("/p/"));
  // A link is told from one that was made up by its signature.
  expect(usual.sort()).toEqual(["/", "/docs", "/livez", "/metrics", "/openapi.json", "/readyz", "/v1/links/{link}"]);
  for (const [id, { scope, method }] of routes) {
    expect(["public", "installation", ...SCOPES], id).toContain(scope);
    if (method !== "GET" && !CHANGING_NOTHING.includes(id))
      expect(["write", "operate", "admin", "installation"], id).toContain(scope);
  }
});

test("an operation says which key it needs, and takes Basic only where nothing is changed", () => {
  const { paths } = documentSchema.parse(JSON.parse(JSON.stringify(openapi("1.2.3"))));
  expect(paths["/livez"]?.get?.security).toEqual([]);
  expect(paths["/v1/models"]?.get?.security).toEqual([{ bearer: ["read"] }, { basic: ["read"] }]);
  expect(paths["/v1/models"]?.post?.security).toEqual([{ bearer: ["write"] }]);
  expect(paths["/v1/models"]?.post?.responses["401"]?.description).toContain("key_missing");
});

test("what comes and goes in headers is documented where it does", () => {
  const { paths } = documentSchema.parse(JSON.parse(JSON.stringify(openapi("1.2.3"))));
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const resumable = operations.filter(({ parameters }) => parameters.some(({ name }) => name === "Last-Event-ID"));
  expect(resumable.map(({ operationId }) => operationId).sort()).toEqual(
    routes.flatMap(([id, { answer }]) => (answer.kind === "events" ? [id] : [])).sort(),
  );
  for (const { responses } of operations) {
    for (const [status, { headers, content }] of Object.entries(responses)) {
      const isBusy = ["429", "503"].includes(status) && Object.keys(content ?? {}).includes("application/problem+json");
      const limits = status === "429" ? ["RateLimit-Policy", "RateLimit"] : [];
      expect(Object.keys(headers ?? {})).toEqual(isBusy ? ["Retry-After", ...limits] : []);
    }
  }
});

test("a service that is not ready answers its health, and no problem", () => {
  const { paths } = documentSchema.parse(JSON.parse(JSON.stringify(openapi("1.2.3"))));
  const { responses } = paths["/readyz"]?.get ?? {};
  expect(responses?.["503"]).toEqual(responses?.["200"]);
});

test("a body's own problems are documented, each under its status", () => {
  const { paths } = documentSchema.parse(JSON.parse(JSON.stringify(openapi("1.2.3"))));
  const responses = paths["/v1/models"]?.post?.responses;
  for (const code of [
    "malformed_body",
    "payload_too_large",
    "invalid_request",
    "dataset_not_ready",
    "queue_unavailable",
  ] as const)
    expect(responses?.[PROBLEMS[code].status]?.description.split(", ")).toContain(code);
});
