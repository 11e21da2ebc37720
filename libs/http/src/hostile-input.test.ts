// Whatever is sent, nobody gets a 5xx for it, every refusal is a problem of the catalogue, and the server goes on serving.
import { problemSchema } from "@ursa/contracts/problem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DATASET_ID, MODEL_ID, sendRaw, startTestServer, type TestServer } from "./start-test-server.fixture.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    createDataset: async () => Promise.reject(new Error("no hostile body may get here")),
    createModel: async () => Promise.reject(new Error("no hostile body may get here")),
    classify: async () => Promise.reject(new Error("no hostile body may get here")),
    putUpload: async () => Promise.reject(new Error("no hostile body may get here")),
    listDatasets: async () => ({ items: [] }),
    getDataset: async () => Promise.reject(new Error("no hostile id may get here")),
  });
});
afterAll(() => server.close());

const model = { dataset: DATASET_ID };
const json = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body,
  headers: { "content-type": "application/json", ...headers },
});
const form = (body: string, type = "multipart/form-data; boundary=x"): RequestInit =>
  json(body, { "content-type": type });
const part = (name: string, more = "") =>
  `--x\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\nbytes\r\n`;

type Case = [story: string, path: string, init: RequestInit, code: string];
const cases: Case[] = [
  ["a body that is not JSON", "/v1/models", json("{"), "malformed_body"],
  ["an empty JSON body", "/v1/models", json(""), "malformed_body"],
  ["bytes that are not UTF-8", "/v1/models", { ...json(""), body: Buffer.from([0x22, 0xff, 0x22]) }, "malformed_body"],
  ["a byte order mark alone", "/v1/models", json("\ufeff"), "malformed_body"],
  ["a prototype", "/v1/models", json('{"__proto__": {"polluted": 1}}'), "malformed_body"],
  ["a nested prototype", "/v1/models", json('{"recipe": {"__proto__": null}}'), "malformed_body"],
  ["an escaped prototype", "/v1/models", json('{"\\u005f_proto__": {}}'), "malformed_body"],
  ["a constructor's prototype", "/v1/models", json('{"constructor": {"prototype": {"a": 1}}}'), "malformed_body"],
  ["a constructor", "/v1/models", json('{"constructor": 1}'), "invalid_request"],
  ["nesting without end", "/v1/models", json("[".repeat(200_000)), "malformed_body"],
  ["deep nesting that is closed", "/v1/models", json("[".repeat(1e5) + "]".repeat(1e5)), "malformed_body"],
  ["null", "/v1/models", json("null"), "invalid_request"],
  ["a list", "/v1/models", json("[]"), "invalid_request"],
  ["an unknown field", "/v1/models", json(JSON.stringify({ ...model, epochz: 4 })), "invalid_request"],
  ["an unknown nested field", "/v1/models", json(JSON.stringify({ ...model, recipe: { lr: 1 } })), "invalid_request"],
  ["a number beyond JSON", "/v1/models", json('{"dataset": 1e999}'), "invalid_request"],
  [
    "a recipe of infinities",
    "/v1/models",
    json(`{"dataset":"${DATASET_ID}","recipe":{"seed":1e400}}`),
    "invalid_request",
  ],
  [
    "a huge number of faults",
    "/v1/datasets",
    json(JSON.stringify({ sources: Array(1000).fill(7) })),
    "invalid_request",
  ],
  ["a class name of 10 MB", "/v1/datasets", json(`{"name":"${"x".repeat(10_000_000)}"}`), "payload_too_large"],
  ["JSON called text", "/v1/models", json("{}", { "content-type": "text/plain" }), "unsupported_media_type"],
  ["a content type that is none", "/v1/models", json("{}", { "content-type": ";;;" }), "unsupported_media_type"],
  ["a form where JSON is wanted", "/v1/models", form(part("file")), "unsupported_media_type"],
  [
    "JSON that curl calls a form",
    "/v1/models",
    form("{}", "application/x-www-form-urlencoded"),
    "unsupported_media_type",
  ],
  ["a form without an end", "/v1/classify", form(part("file", '; filename="a"')), "malformed_body"],
  ["a form without a boundary", "/v1/classify", form("x", "multipart/form-data"), "malformed_body"],
  ["a form without a file", "/v1/classify", form(`${part("file")}--x--\r\n`), "invalid_request"],
  ["a form with another part", "/v1/classify", form(`${part("__proto__")}--x--\r\n`), "invalid_request"],
  ["an empty picture", "/v1/classify", json("", { "content-type": "image/png" }), "invalid_request"],
  ["a video", "/v1/classify", json("x", { "content-type": "video/mp4" }), "unsupported_media_type"],
  [
    "an upload of the wrong type",
    "/v1/uploads/a.txt",
    { ...form("x", "text/html"), method: "PUT" },
    "unsupported_media_type",
  ],
  ["an upload that would climb", "/v1/uploads/..%2f..%2fetc", { ...json("x"), method: "PUT" }, "invalid_request"],
  ["an upload named by a NUL", "/v1/uploads/a%00b", { ...json("x"), method: "PUT" }, "invalid_request"],
  ["an id of another kind", `/v1/datasets/${MODEL_ID}`, {}, "invalid_request"],
  ["an id that is a path", "/v1/datasets/%2e%2e%2f", {}, "invalid_request"],
  ["an id of 900 characters", `/v1/datasets/${"a".repeat(900)}`, {}, "invalid_request"],
  ["an id of 9000 characters", `/v1/datasets/${"a".repeat(9000)}`, {}, "malformed_request"],
  ["a path that is no URL", "/v1/datasets/%zz", {}, "malformed_request"],
  ["an unknown query field", "/v1/datasets?limt=5", {}, "invalid_request"],
  ["a query field twice", "/v1/datasets?limit=5&limit=6", {}, "invalid_request"],
  ["a prototype in the query", "/v1/datasets?__proto__=5", {}, "invalid_request"],
  ["a limit that is text", "/v1/datasets?limit=many", {}, "invalid_request"],
  ["a limit below zero", "/v1/datasets?limit=-1", {}, "invalid_request"],
  ["an unknown state", "/v1/datasets?state=done", {}, "invalid_request"],
  ["an address there is not", "/v1/nothing", {}, "not_found"],
  ["a route without a handler", "/v1/aliases", {}, "not_found"],
  ["a method there is not", "/v1/datasets", { method: "PATCH" }, "method_not_allowed"],
  ["a method nobody knows", "/v1/datasets", { method: "PROPFIND" }, "method_not_allowed"],
];

test.each(cases)("%s is refused", async (_story, path, init, code) => {
  const response = await fetch(server.url + path, init);
  const problem = problemSchema.parse(await response.json());
  expect(problem.code).toBe(code);
  expect(response.status).toBe(problem.status);
  expect(response.status).toBeLessThan(500);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  expect(problem.requestId).toBe(response.headers.get("x-request-id"));
  expect(problem.detail?.length).toBeLessThan(6000);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test.each([
  ["nonsense", "nonsense\r\n\r\n"],
  ["two lengths", "POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"],
  [
    "a length and chunks",
    "POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
  ],
  ["no host", "GET /livez HTTP/1.1\r\n\r\n"],
  ["headers of 64 KiB", `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(65_536)}\r\n\r\n`],
  ["a header with a line break", "GET /livez HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"],
  [
    "a chunk that lies about its size",
    "POST /v1/models HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
  ],
  ["a broken version", "GET /livez HTTP/9.9\r\n\r\n"],
])("%s on the wire gets a 400 and the connection is closed", async (_story, bytes) => {
  expect(await sendRaw(server.url, bytes)).toMatch(/^HTTP\/1\.1 400 /);
});

test("a request id is taken over when it is sane, and made otherwise", async () => {
  const idFor = async (id: string) => (await fetch(`${server.url}/livez`, { headers: { "x-request-id": id } })).headers;
  expect((await idFor("trace-1.a:b=c")).get("x-request-id")).toBe("trace-1.a:b=c");
  for (const id of ["<script>", "x".repeat(200), "a b", ""]) {
    expect((await idFor(id)).get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("after all of that the server is well, and none of it was logged as a failure", async () => {
  expect(await server.client.call("listDatasets", {})).toEqual({ items: [] });
  expect(server.logs.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
});

test("faults are all told at once, by their path", async () => {
  const options = { splitSeed: -1, maxImages: 1.5, validFraction: "0.2", maxFailedFraction: 7 };
  const body = { name: 7, sources: [{ class: "a", urls: [1] }, { upload: "../x" }], options, nmae: "", "a b": 1 };
  const response = await fetch(`${server.url}/v1/datasets`, json(JSON.stringify(body)));
  const { errors, detail } = problemSchema.parse(await response.json());
  expect(errors).toEqual([
    { in: "body", path: "name", message: "must be text" },
    { in: "body", path: "sources[0].urls[0]", message: "must be text" },
    { in: "body", path: "sources[1].upload", message: expect.stringContaining("expected a plain file name") },
    { in: "body", path: "options.maxImages", message: "must be a whole number" },
    { in: "body", path: "options.validFraction", message: "must be a number" },
    { in: "body", path: "options.splitSeed", message: "must be at least 0" },
    { in: "body", path: "options.maxFailedFraction", message: "must be at most 1" },
    { in: "body", path: "nmae", message: "is not a known field" },
    { in: "body", path: "a b", message: "is not a known field" },
  ]);
  expect(detail).toBe("The body of the request has 9 faults; errors names them.");
});

test.each([
  ["/v1/datasets?limit=0", "limit", "must be at least 1"],
  ["/v1/datasets?limit=many", "limit", "must be a number"],
  ["/v1/datasets?state=done", "state", "must be one of queued, running, ready, failed, cancelled, unfinished"],
  [`/v1/datasets?cursor=${"x".repeat(201)}`, "cursor", "must have at most 200 characters"],
])("the one fault of %s is said in plain words", async (path, field, message) => {
  const { errors, detail } = problemSchema.parse(await (await fetch(server.url + path)).json());
  expect(errors).toEqual([{ in: "query", path: field, message }]);
  expect(detail).toBe("The query of the request has a fault; errors names it.");
});

test.each([
  [{}, "sources", "is required"],
  [{ sources: [] }, "sources", "must not be empty"],
  [{ sources: {} }, "sources", "must be a list"],
  [{ sources: [{ upload: "a.txt", split: "tst" }] }, "sources[0].split", "must be one of train, valid, test"],
  [{ sources: [7] }, "sources[0]", "must be an object"],
])("the one fault of %j is said in plain words", async (body, path, message) => {
  const response = await fetch(`${server.url}/v1/datasets`, json(JSON.stringify(body)));
  expect(problemSchema.parse(await response.json()).errors).toEqual([{ in: "body", path, message }]);
});
