// The derived client and the real server, together: every kind of body and answer of the route table.
import { Readable } from "node:stream";
import { type Classification, classificationSchema } from "@ursa/contracts/prediction";
import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import { DATASET_ID, MODEL_ID, PREDICTION_ID, startTestServer } from "./start-test-server.fixture.ts";

const ALIAS = {
  name: "bears@production",
  namespace: "default",
  model: MODEL_ID,
  createdAt: "2026-01-01T00:00:00Z",
  updatedAt: "2026-01-01T00:00:00Z",
  default: true,
};
const classified = (name: string): Classification => ({
  predictions: [[name, 1]],
  class: name,
  index: 0,
  model: MODEL_ID,
  milliseconds: { decode: 1, model: 1, total: 2 },
});

test("a JSON body and its params reach the handler checked, and its JSON answer comes back", async () => {
  await using server = await startTestServer({
    async putAlias({ params, body }) {
      return { ...ALIAS, name: params.name, model: body.model ?? "", default: body.default ?? false };
    },
  });
  const alias = await server.client.call("putAlias", { params: { name: "cats@staging" }, body: { model: MODEL_ID } });
  expect(alias).toMatchObject({ name: "cats@staging", model: MODEL_ID, default: false });
});

test("a query reaches the handler converted and with its defaults", async () => {
  const seen: unknown[] = [];
  await using server = await startTestServer({
    async listDatasets({ query }) {
      seen.push(query);
      return { items: [] };
    },
  });
  await server.client.call("listDatasets", {});
  await server.client.call("listDatasets", { query: { limit: "7", state: "ready" } });
  expect(seen).toEqual([{ limit: 50 }, { limit: 7, state: "ready" }]);
});

test("an empty answer is 204 without a body", async () => {
  await using server = await startTestServer({ async deleteAlias() {} });
  expect(await server.client.call("deleteAlias", { params: { name: "bears@production" } })).toBeUndefined();
  const response = await fetch(`${server.url}/v1/aliases/bears@production`, { method: "DELETE" });
  expect([response.status, await response.text()]).toEqual([204, ""]);
});

test("a bytes body is streamed to the handler, whatever the client gives it as", async () => {
  await using server = await startTestServer({
    async putUpload({ params, body }) {
      const text = Buffer.concat(await body.stream.toArray()).toString();
      return { name: params.name, bytes: text.length, sha256: "0".repeat(64) };
    },
  });
  const stream = Readable.toWeb(Readable.from([Buffer.from("http://a\n"), Buffer.from("http://b\n")]));
  // node:stream/web's ReadableStream is the global one.
  const bodies = [
    "http://a\n",
    new Blob(["http://a\n"]),
    Buffer.from("http://a\n"),
    stream as ReadableStream<Uint8Array>,
  ];
  const sizes = [];
  for (const body of bodies) sizes.push(await server.client.call("putUpload", { params: { name: "urls.txt" }, body }));
  expect(sizes.map(({ bytes }) => bytes)).toEqual([9, 9, 9, 18]);
});

test("a picture arrives as raw bytes, as a multipart file, or as a URL in JSON", async () => {
  await using server = await startTestServer({
    classify: async ({ body }) => classified("url" in body ? body.url : body.bytes.toString()),
    classifyUrl: async ({ query }) => classified(query.url),
  });
  const form = new FormData();
  form.set("file", new File(["multipart picture"], "bear.jpg", { type: "image/jpeg" }));
  const multipart = await fetch(`${server.url}/v1/classify`, { method: "POST", body: form });
  const typed = { method: "POST", body: "typed picture", headers: { "content-type": "image/webp" } };
  const answers = [
    await server.client.call("classify", { body: Buffer.from("raw picture") }),
    await server.client.call("classify", { body: { url: "http://example.com/bear.jpg" } }),
    await server.client.call("classifyUrl", { query: { url: "http://example.com/?a=1&b=ü" } }),
    classificationSchema.parse(await multipart.json()),
    classificationSchema.parse(await (await fetch(`${server.url}/v1/classify`, typed)).json()),
  ];
  const classes = ["raw picture", "http://example.com/bear.jpg", "http://example.com/?a=1&b=ü", "multipart picture"];
  expect(answers.map((answer) => answer.class)).toEqual([...classes, "typed picture"]);
});

test("what curl sends with --data-binary and no type is taken for the bytes it is", async () => {
  await using server = await startTestServer({
    classify: async ({ body }) => classified("url" in body ? body.url : body.bytes.toString()),
    async putUpload({ params, body }) {
      const name = `${body.contentType.replace("/", "-")}-${params.name}`;
      return { name, bytes: (await body.stream.toArray()).length, sha256: "0".repeat(64) };
    },
  });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const sent = { method: "POST", body: "\xff\xd8=&%zz", headers };
  const answer = classificationSchema.parse(await (await fetch(`${server.url}/v1/classify`, sent)).json());
  expect(answer.class).toBe("\xff\xd8=&%zz");
  const put = await fetch(`${server.url}/v1/uploads/a.txt`, { ...sent, method: "PUT" });
  expect(await put.json()).toMatchObject({ name: "application-octet-stream-a.txt" });
  const json = await fetch(`${server.url}/v1/classify?model=x`, { ...sent, body: '{"url":1}' });
  expect(json.status).toBe(422);
});

test("a bytes answer comes as the response itself, with the handler's headers", async () => {
  await using server = await startTestServer({
    async getResults({ query }) {
      const headers = { "content-disposition": "attachment", "cache-control": "private" };
      return { contentType: query.format === "csv" ? "text/csv" : "application/x-ndjson", body: "row\n", headers };
    },
  });
  const response = await server.client.call("getResults", { params: { id: PREDICTION_ID }, query: { format: "csv" } });
  expect(await response.text()).toBe("row\n");
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "text/csv",
    "content-disposition": "attachment",
    "cache-control": "private",
  });
});

test("events arrive in order with their ids, and the handler is told where to go on from", async () => {
  await using server = await startTestServer({
    async datasetEvents({ request }) {
      const after = Number(request.headers["last-event-id"] ?? 0);
      return (async function* () {
        for (let n = after + 1; n <= 3; n++)
          yield { id: String(n), data: { type: "log", message: `line ${n}\n` } as const };
      })();
    },
  });
  const headers = { "Last-Event-ID": "1" };
  const events = await server.client.call("datasetEvents", { params: { id: DATASET_ID }, headers });
  const received = [];
  for await (const event of events) received.push(event);
  expect(received).toEqual([
    { id: "2", data: { type: "log", message: "line 2\n" } },
    { id: "3", data: { type: "log", message: "line 3\n" } },
  ]);
});

test("a problem thrown by a handler is the same problem at the client", async () => {
  await using server = await startTestServer({
    async getModel({ params }) {
      throw new Problem("not_found", `There is no model ${params.id}.`, { extra: { hint: "list them" } });
    },
  });
  const problem = await server.client.call("getModel", { params: { id: MODEL_ID } }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({
    code: "not_found",
    message: `There is no model ${MODEL_ID}.`,
    extra: { hint: "list them", requestId: expect.any(String) },
  });
});

test("an answer that is not what its route promises is a failure here, and is passed on in production", async () => {
  // The cast is the mistake that the check is for.
  const listAliases = async () => ({ items: [{ name: 7 }] }) as unknown as { items: [] };
  await using checked = await startTestServer({ listAliases });
  expect((await fetch(`${checked.url}/v1/aliases`)).status).toBe(500);
  expect(JSON.stringify(checked.logs)).toContain("A handler's answer is not what its route promises.");
  await using trusting = await startTestServer({ listAliases }, { validateAnswers: false });
  expect((await fetch(`${trusting.url}/v1/aliases`)).status).toBe(200);
});
