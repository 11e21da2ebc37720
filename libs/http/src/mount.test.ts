// A page that brings its own routes is behind the same gate as ours, and cannot take a route that changes anything.
import { Problem } from "@ursa/contracts/problem";
import { expect, test } from "vitest";
import type { Mount } from "./mount.ts";
import { startTestServer } from "./start-test-server.fixture.ts";

const PAGE: Mount = {
  path: "/guest",
  scope: "operate",
  contentSecurity: { "base-uri": "'self'" },
  plugin(guest, _options, done) {
    guest.get("/", async (_request, reply) => reply.type("text/html").send("<p>guest"));
    guest.get("/of/:name", async (request) => request.params);
    guest.get("/files/*", { config: { scope: "public" } }, async () => ({}));
    guest.get("/broken", () => Promise.reject(new Error("a secret of the inside")));
    done();
  },
};

async function startGuarded() {
  const authenticate = async (token: string) => {
    if (token !== "good" && token !== "reader") throw new Problem("key_unknown");
    const scopes = token === "good" ? (["operate"] as const) : (["read"] as const);
    return { namespace: "team", scopes, isInstallation: false };
  };
  const server = await startTestServer({}, { authenticate, mounts: [PAGE] });
  const ask = (path: string, token?: string, method = "GET") => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    return fetch(server.url + path, { method, headers });
  };
  return { ...server, ask };
}

test("each of its addresses asks for the mount's scope, whatever the page says", async () => {
  await using server = await startGuarded();
  for (const path of ["/guest", "/guest/", "/guest/of/me", "/guest/files/any.js", "/guest/files/"]) {
    expect((await server.ask(path)).status, path).toBe(401);
    expect((await server.ask(path, "bad")).status, path).toBe(401);
    expect((await server.ask(path, "reader")).status, path).toBe(403);
    expect((await server.ask(path, "good")).status, path).toBe(200);
    expect((await server.ask(path, "good", "HEAD")).status, path).toBe(200);
    expect((await server.ask(path, "good", "POST")).status, path).toBeOneOf([404, 405]);
  }
  const policy = (await server.ask("/guest", "good")).headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("base-uri 'self'");
  expect((await server.ask("/livez")).headers.get("content-security-policy")).toContain("base-uri 'none'");
});

test("its addresses are told and measured by their templates, its errors answered as ours", async () => {
  await using server = await startGuarded();
  const templates = server.addresses.map(({ template }) => template);
  expect(templates).toEqual(expect.arrayContaining(["/livez", "/guest", "/guest/of/{name}"]));
  await server.ask("/guest/of/me", "good");
  await expect.poll(() => server.metrics.render()).toContain('route="/guest/of/{name}"');
  const refused = await server.ask("/guest/of/me", "good", "DELETE");
  expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const broken = await server.ask("/guest/broken", "good");
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain("secret");
});

test.each(["POST", "PUT", "PATCH", "DELETE"])("a page with a %s keeps the server from starting", async (method) => {
  const plugin: Mount["plugin"] = (guest, _options, done) => {
    guest.route({ method: ["GET", method], url: "/jobs", handler: async () => ({}) });
    done();
  };
  await expect(startTestServer({}, { mounts: [{ ...PAGE, plugin }] })).rejects.toThrow(`${method} /guest/jobs`);
});
