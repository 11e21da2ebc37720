// The derived client, with a stand-in for fetch; libs/http tests it against the real server.
import { expect, test, vi } from "vitest";
import { createClient } from "./client.ts";
import { Problem } from "./problem.ts";

const ULID = "01JABCDEFGHJKMNPQRSTVWXYZ0";
const json = (value: unknown, status = 200) => Response.json(value, { status });

function clientOf(answer: Response | (() => Response), baseUrl = "http://127.0.0.1:8080") {
  const send = vi.fn<typeof fetch>(async () => (answer instanceof Response ? answer : answer()));
  const client = createClient({ baseUrl, fetch: send, headers: { "x-a": "1" } });
  const sent = () => {
    const [url, init] = send.mock.calls[0] ?? [];
    return { url: String(url), init, headers: new Headers(init?.headers) };
  };
  return { client, sent };
}

test("parameters and queries are encoded, and what is undefined is left out", async () => {
  const { client, sent } = clientOf(() => json({ items: [] }));
  const query = { class: "teddy bear&x=1#?/ü", cursor: undefined as never, limit: 5 };
  await client.call("listItems", { params: { id: `ds_${ULID}` }, query });
  expect(sent().url).toBe(
    `http://127.0.0.1:8080/v1/datasets/ds_${ULID}/items?class=teddy+bear%26x%3D1%23%3F%2F%C3%BC&limit=5`,
  );
});

test("a parameter cannot leave its place in the path", async () => {
  const { client, sent } = clientOf(() => new Response(null, { status: 204 }));
  await client.call("deleteAlias", { params: { name: "../../v1/models/x?y#z" } });
  expect(sent().url).toBe("http://127.0.0.1:8080/v1/aliases/..%2F..%2Fv1%2Fmodels%2Fx%3Fy%23z");
});

test.each(["https://example.com/ursa", "https://example.com/ursa/"])(
  "behind a proxy at %s the path is kept",
  async (baseUrl) => {
    const { client, sent } = clientOf(() => json({ items: [] }), baseUrl);
    await client.call("listAliases", {});
    expect(sent().url).toBe("https://example.com/ursa/v1/aliases");
  },
);

test("bodies carry their type, and a caller's own headers win", async () => {
  const record = clientOf(() => json({ name: "a", bytes: 1, sha256: "0".repeat(64) }, 201));
  await record.client.call("putUpload", {
    params: { name: "a.csv" },
    body: "a,b",
    headers: { "content-type": "text/csv", "x-a": "2" },
  });
  expect([
    record.sent().init?.body,
    record.sent().headers.get("content-type"),
    record.sent().headers.get("x-a"),
  ]).toEqual(["a,b", "text/csv", "2"]);
  const picture = clientOf(() => json({}, 500));
  await picture.client.call("classify", { body: { url: "http://a" } }).catch(() => {});
  expect([picture.sent().init?.body, picture.sent().headers.get("content-type")]).toEqual([
    '{"url":"http://a"}',
    "application/json",
  ]);
});

test("a problem body becomes the Problem it was", async () => {
  const body = new Problem("not_found", "No such model.", { extra: { id: 1 } }).toBody("r-9");
  const { client } = clientOf(() => json(body, 404));
  const problem = await client.call("getModel", { params: { id: `mdl_${ULID}` } }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject({ code: "not_found", message: "No such model.", extra: { id: 1, requestId: "r-9" } });
});

test.each([
  ["a page of a proxy", () => new Response("<html>Bad Gateway", { status: 502 })],
  ["another program's JSON", () => json({ error: "nope" }, 502)],
  ["nothing", () => new Response(null, { status: 502 })],
])("an error that is %s is told with its status", async (_what, answer) => {
  await expect(clientOf(answer).client.call("listAliases", {})).rejects.toThrow("502");
});

test.each([
  ["the API", () => json(new Problem("store_unavailable").toBody(), 503), "store_unavailable"],
  ["a proxy before it", () => new Response("<html>Service Unavailable", { status: 503 }), "internal"],
])("a 503 of %s says when to ask again, another error does not", async (_who, answer, code) => {
  const refusal = async (more: Record<string, string>) => {
    const response = answer();
    for (const [name, value] of Object.entries(more)) response.headers.set(name, value);
    return clientOf(response)
      .client.call("listAliases", {})
      .catch((error: unknown) => error);
  };
  expect(await refusal({ "retry-after": "2" })).toMatchObject({ code, extra: { retryAfterMs: 2000 } });
  expect(await refusal({})).toMatchObject({ code, extra: { retryAfterMs: 500 } });
  const other = await clientOf(json(new Problem("conflict").toBody(), 409))
    .client.call("listAliases", {})
    .catch((error: unknown) => error);
  expect(other).not.toHaveProperty("extra.retryAfterMs");
});

test("a service that is not ready is an answer, and not asked again", async () => {
  const health = { status: "unavailable", checks: { redis: "connect ECONNREFUSED" } };
  const send = vi.fn<typeof fetch>(async () => json(health, 503));
  const client = createClient({ baseUrl: "http://127.0.0.1:8080", fetch: send, retries: 3 });
  expect(await client.call("readyz", {})).toEqual(health);
  expect(send).toHaveBeenCalledTimes(1);
  const proxy = clientOf(() => new Response("<html>", { status: 503 }));
  await expect(proxy.client.call("readyz", {})).rejects.toThrow("503");
});

test("an answer that is not what the route promises is an error at the client, not a surprise later", async () => {
  await expect(clientOf(() => json({ items: [{ name: 7 }] })).client.call("listAliases", {})).rejects.toThrow();
});

test("an API that cannot be reached is a TypeError, as fetch has it", async () => {
  const client = createClient({ baseUrl: "http://127.0.0.1:1" });
  await expect(client.call("listAliases", {})).rejects.toBeInstanceOf(TypeError);
});
