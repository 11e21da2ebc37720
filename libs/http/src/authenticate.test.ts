// The gate as callers meet it: which credentials it takes, what it says when it takes none, and that no body is read before.
import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import type { Authenticate } from "./authenticate.ts";
import { DATASET_ID, sendRaw, startTestServer } from "./start-test-server.fixture.ts";

const KEY_ID = "key_01J00000000000000000000000";
const SECRET = "s".repeat(43);
const TOKEN = `ursa_${KEY_ID}_${SECRET}`;
const asBasic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const BASIC = asBasic(`anybody:${TOKEN}`);
const PAGE = { accept: "text/html,*/*" };

/** Knows one token, of namespace team, that may read; until it is revoked. */
async function startGuarded() {
  const state = { isRevoked: false };
  const seen: string[] = [];
  const authenticate: Authenticate = async (token) => {
    if (token !== TOKEN) throw new Problem("key_unknown");
    if (state.isRevoked) throw new Problem("key_revoked");
    return { keyId: KEY_ID, namespace: "team", scopes: ["read"], isInstallation: false };
  };
  const server = await startTestServer(
    {
      async listAliases({ request }) {
        seen.push(request.namespace);
        return { items: [] };
      },
      statusPage: async () => ({ contentType: "text/html", body: "<p>home" }),
      docs: async () => ({ contentType: "text/html", body: "<p>docs" }),
      classify: async () => Promise.reject(new Problem("bad_image")),
      datasetEvents: async ({ request }) => endless(request.signal),
    },
    { authenticate, recheckMs: 20 },
  );
  const ask = async (path: string, headers: Record<string, string> = {}, method = "GET") => {
    const response = await fetch(server.url + path, { method, headers });
    return {
      status: response.status,
      challenge: response.headers.get("www-authenticate"),
      text: await response.text(),
    };
  };
  return { ...server, ask, seen, state };
}

async function* endless(signal: AbortSignal) {
  yield { data: { type: "log" as const, message: "begun" } };
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}

test("a key opens what its scope is for, in its own namespace", async () => {
  await using server = await startGuarded();
  const { ask, seen } = server;
  expect(await ask("/v1/aliases", { authorization: `Bearer ${TOKEN}` })).toMatchObject({ status: 200 });
  expect(await ask("/v1/aliases", { authorization: `bearer   ${TOKEN}` })).toMatchObject({ status: 200 });
  expect(seen).toEqual(["team", "team"]);
  const refused = await ask("/v1/keys", { authorization: `Bearer ${TOKEN}` }, "POST");
  expect(refused.status).toBe(404);
});

test("each refusal says what is wrong in the way that RFC 6750 has it", async () => {
  await using server = await startGuarded();
  const { ask, state } = server;
  const challengeOf = async (headers: Record<string, string>) => (await ask("/v1/aliases", headers)).challenge;
  expect(await challengeOf({})).toBe('Bearer realm="ursa"');
  expect(await challengeOf({ authorization: "Bearer" })).toBe('Bearer realm="ursa"');
  expect(await challengeOf({ authorization: `Digest ${TOKEN}` })).toBe('Bearer realm="ursa"');
  expect(await challengeOf({ authorization: "Bearer x" })).toBe('Bearer realm="ursa", error="invalid_token"');
  state.isRevoked = true;
  const revoked = await ask("/v1/aliases", { authorization: `Bearer ${TOKEN}` });
  expect(revoked).toMatchObject({ status: 401, challenge: 'Bearer realm="ursa", error="invalid_token"' });
  expect(JSON.parse(revoked.text)).toMatchObject({ code: "key_revoked", type: "/docs#key_revoked" });
});

test("a browser is asked for a password on pages, sends it to read, and cannot be made to by another site", async () => {
  await using server = await startGuarded();
  const { ask } = server;
  expect((await ask("/status", PAGE)).challenge).toBe('Bearer realm="ursa", Basic realm="ursa", charset="UTF-8"');
  expect(await ask("/status", { ...PAGE, authorization: BASIC })).toMatchObject({ status: 200, text: "<p>home" });
  expect((await ask("/status", { ...PAGE, authorization: asBasic("anybody:") })).status).toBe(401);
  expect((await ask("/status", { ...PAGE, authorization: asBasic(TOKEN) })).status).toBe(401);
  // Sent raw: fetch sets these headers itself, as browsers do.
  const ofPage = "GET /status HTTP/1.1\r\nhost: ursa\r\nconnection: close\r\nsec-fetch-site: same-origin\r\n\r\n";
  expect(await sendRaw(server.url, ofPage)).toMatch(/^HTTP\/1.1 401 [\s\S]*^www-authenticate: Basic realm="ursa"/m);
  const fromElsewhere = (mode: string) =>
    `GET /status HTTP/1.1\r\nhost: ursa\r\nconnection: close\r\nauthorization: ${BASIC}\r\nsec-fetch-site: cross-site\r\nsec-fetch-mode: ${mode}\r\n\r\n`;
  // As an <img> of another site would be fetched, and as a link on it is followed.
  expect(await sendRaw(server.url, fromElsewhere("no-cors"))).toMatch(/^HTTP\/1.1 401 /);
  expect(await sendRaw(server.url, fromElsewhere("navigate"))).toMatch(/^HTTP\/1.1 200 /);
  const posted = await ask("/v1/classify", { authorization: BASIC, "content-type": "image/png" }, "POST");
  expect(posted).toMatchObject({ status: 401, challenge: 'Bearer realm="ursa"' });
});

test("what is public needs no key, and an address that there is not is no secret", async () => {
  await using server = await startGuarded();
  const statuses = ["/livez", "/readyz", "/metrics", "/docs", "/nothing"].map(
    async (path) => (await server.ask(path)).status,
  );
  expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200, 404]);
});

test("who has no key is refused before any of the body has come", async () => {
  await using server = await startGuarded();
  const head = "POST /v1/classify HTTP/1.1\r\nhost: ursa\r\ncontent-type: image/png\r\ncontent-length: 1000000\r\n\r\n";
  expect(await sendRaw(server.url, head, "key_missing")).toMatch(/^HTTP\/1.1 401 /);
});

test("HEAD needs what GET needs", async () => {
  await using server = await startGuarded();
  expect((await server.ask("/v1/aliases", {}, "HEAD")).status).toBe(401);
  expect((await server.ask("/v1/aliases", { authorization: `Bearer ${TOKEN}` }, "HEAD")).status).toBe(200);
});

test("a stream ends when its key is revoked", async () => {
  await using server = await startGuarded();
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${server.url}/v1/datasets/${DATASET_ID}/events`, { headers });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("begun")) text += (await reader?.read())?.value ?? "";
  server.state.isRevoked = true;
  while (!(await reader?.read())?.done);
  const again = await fetch(`${server.url}/v1/datasets/${DATASET_ID}/events`, { headers });
  expect(again.status).toBe(401);
  await again.body?.cancel();
});

test("the log says which key came, and never its secret", async () => {
  await using server = await startGuarded();
  const { ask, logs } = server;
  await ask(`/v1/aliases?${TOKEN}`, { authorization: `Bearer ${TOKEN}` });
  await ask("/status", { authorization: BASIC });
  await ask(`/${TOKEN}`);
  expect(logs.filter(({ msg }) => msg === "answered").map(({ keyId }) => keyId)).toEqual([KEY_ID, KEY_ID, undefined]);
  expect(JSON.stringify(logs)).not.toContain(SECRET);
});

test("without keys, no page of elsewhere reaches this machine by a name of its own", async () => {
  const handlers = { listAliases: async () => ({ items: [] }) };
  await using local = await startTestServer(handlers, { localNamesOnly: true });
  await using open = await startTestServer(handlers);
  const ask = async (url: string, host: string, path = "/v1/aliases") =>
    sendRaw(url, `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  for (const host of ["127.0.0.1:8080", "localhost", "LOCALHOST:80", "ursa.localhost:8080", "[::1]:8080"])
    expect(await ask(local.url, host), host).toContain("HTTP/1.1 200");
  for (const host of ["evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "evil"]) {
    const answer = await ask(local.url, host);
    expect(answer, host).toContain("HTTP/1.1 401");
    expect(answer, host).toContain(`and not as ${host}.`);
    expect(await ask(open.url, host), host).toContain("HTTP/1.1 200");
  }
  // Nothing of anybody's.
  expect(await ask(local.url, "evil.example", "/livez")).toContain("HTTP/1.1 200");
});
