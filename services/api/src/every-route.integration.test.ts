// Every route of the table against every kind of caller who must not come in. Generated from the table: a new route is walked by
// itself, and without a case below (what another namespace is answered) this file does not compile.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@ursa/contracts/client";
import { PROBLEMS, Problem, type ProblemCode, problemSchema } from "@ursa/contracts/problem";
import type { Route } from "@ursa/contracts/route";
import { ROUTES, type RouteId } from "@ursa/contracts/routes";
import { allows, SCOPES, type Scope } from "@ursa/contracts/scopes";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorld, toArray, type World } from "./api-world.fixture.ts";
import { type ForeignCase, OURS, openAlias, THEIRS } from "./foreign-case.fixture.ts";
import { CASES } from "./foreign-cases.fixture.ts";

const PUBLIC = "open@walked";
const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";

let world: World;
let webFolder: Awaited<ReturnType<typeof createScratchFolder>>;
let tokens: Record<"unknown" | "forged" | "expired" | "revoked" | "replaced" | "ours" | "theirs", string>;
let byScope: Record<Scope, string>;

beforeAll(async () => {
  webFolder = await createScratchFolder();
  await mkdir(join(webFolder.path, "assets"));
  for (const file of ["index.html", "assets/index-1.js"]) await writeFile(join(webFolder.path, file), "built");
  world = await startWorld({ adminKey: ADMIN_KEY, webFolder: webFolder.path });
  const make = async (more: { namespace?: string; scopes?: Scope[]; expiresInDays?: number } = {}) =>
    world.client.call("createKey", { body: { name: "test", namespace: OURS, scopes: ["admin", "operate"], ...more } });
  const [a, b, expired, revoked, replaced] = [
    await make(),
    await make({ namespace: THEIRS }),
    await make({ expiresInDays: 1e-9 }),
    await make(),
    await make(),
  ];
  await world.client.call("revokeKey", { params: { id: revoked.id } });
  await world.client.call("rotateKey", { params: { id: replaced.id }, body: { graceHours: 0 } });
  tokens = {
    unknown: `ursa_key_01J00000000000000000000000_${"x".repeat(43)}`,
    // The id of one key with the secret of another.
    forged: `${a.token.slice(0, -43)}${b.token.slice(-43)}`,
    expired: expired.token,
    revoked: revoked.token,
    replaced: replaced.token,
    ours: a.token,
    theirs: b.token,
  };
  const one = async (scope: Scope) => [scope, (await make({ scopes: [scope] })).token] as const;
  byScope = Object.fromEntries(await Promise.all(SCOPES.map(one))) as typeof byScope; // One for each of SCOPES.
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await webFolder?.[Symbol.asyncDispose]();
});

type Address = Pick<Route, "method" | "path">;
const routes = Object.entries<Route>(ROUTES);
const guarded = routes.filter(([, { scope }]) => scope !== "public");

/** Asked with an address that has every part it needs, and with no body: whoever is refused is refused before that. */
async function ask({ method, path }: Address, authorization?: string) {
  const prefixes: Record<string, string> = {
    datasets: "ds",
    models: "mdl",
    predictions: "prd",
    evaluations: "evl",
    inspections: "ins",
    regressions: "reg",
    sweeps: "swp",
    keys: "key",
    webhooks: "whk",
  };
  const id = `${prefixes[path.split("/")[2] ?? ""]}_01J00000000000000000000000`;
  const parts: Record<string, string> = {
    id,
    key: "0",
    name: PUBLIC,
    namespace: OURS,
    stage: "stage-1",
    link: "made.up",
  };
  const url = world.url + path.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(10_000) });
  const isProblem = response.headers.get("content-type")?.startsWith("application/problem+json");
  const { code } = isProblem ? problemSchema.parse(await response.json()) : {};
  await response.body?.cancel().catch(() => {});
  return { status: response.status, code, challenge: response.headers.get("www-authenticate") };
}

const refusal = (status: number, code: ProblemCode) => ({ status, code, challenge: expect.stringContaining("Bearer") });

test.each(routes)("%s has a handler", (_id, { method, path }) => {
  expect(world.addresses).toContainEqual({ method, template: path });
});

test.each(guarded)("%s lets nobody in without a good key", async (_id, route) => {
  await refusesBadKeys(route);
});

async function refusesBadKeys(route: Address): Promise<void> {
  expect(await ask(route)).toEqual(refusal(401, "key_missing"));
  expect(await ask(route, "Bearer garbage")).toEqual(refusal(401, "key_unknown"));
  expect(await ask(route, `Bearer ${tokens.unknown}`)).toEqual(refusal(401, "key_unknown"));
  expect(await ask(route, `Bearer ${tokens.forged}`)).toEqual(refusal(401, "key_unknown"));
  expect(await ask(route, `Bearer ${tokens.expired}`)).toEqual(refusal(401, "key_expired"));
  expect(await ask(route, `Bearer ${tokens.revoked}`)).toEqual(refusal(401, "key_revoked"));
  expect(await ask(route, `Bearer ${tokens.replaced}`)).toEqual(refusal(401, "key_expired"));
  const basic = await ask(route, `Basic ${Buffer.from(`me:${byScope.admin}`).toString("base64")}`);
  if (route.method === "GET") expect(basic.status).not.toBe(401);
  else expect(basic).toEqual(refusal(401, "key_missing"));
}

test.each(guarded)("%s lets in the scopes that have its own in them, and no others", async (_id, route) => {
  await asksForItsScope(route);
});

async function asksForItsScope(route: Address & Pick<Route, "scope">): Promise<void> {
  for (const scope of SCOPES) {
    const answer = await ask(route, `Bearer ${byScope[scope]}`);
    // The filter of `guarded` took out what is public.
    if (allows([scope], route.scope as Scope)) expect([401, 403], scope).not.toContain(answer.status);
    else expect(answer, scope).toEqual(refusal(403, "scope_missing"));
  }
}

test("what the server answers beside the table and the web page is the queue page, and each address of it asks for `operate`", async () => {
  const known = new Set([...routes.map(([, { path }]) => path), ...world.web.routes.map(({ path }) => path)]);
  const beside = world.addresses.filter(({ template }) => !known.has(template)).map(({ template }) => template);
  // The page, its files, and what it asks.
  for (const suffix of ["", "/static/*", "/api/queues", "/queue/{queueName}/{jobId}"])
    expect(beside).toContain(`/operations/queues${suffix}`);
  expect(beside.filter((path) => !/^\/operations\/queues(\/|$)/.test(path))).toEqual([]);
  for (const path of beside) {
    await refusesBadKeys({ method: "GET", path });
    await asksForItsScope({ method: "GET", path, scope: "operate" });
  }
});

test("the files of the web page are for everybody", async () => {
  expect(world.web.routes.length).toBeGreaterThan(0);
  for (const { method, path, scope } of world.web.routes) {
    expect([method, scope]).toEqual(["GET", "public"]);
    expect(path).toMatch(/^\/assets\/[\w.-]+$/);
    for (const key of [undefined, "Bearer garbage", `Bearer ${tokens.revoked}`])
      expect((await fetch(world.url + path, { headers: key ? { authorization: key } : {} })).status, path).toBe(200);
  }
});

/** What is open on purpose. A route that is made public by oversight is none of these. */
const OPEN: Partial<Record<RouteId, number>> = {
  ...{ home: 200, docs: 200, openapi: 200, livez: 200, readyz: 200, metrics: 200 },
  // Of an alias that was made public; a question without a picture is told so.
  ...{ publicPage: 200, publicScript: 200, publicPreflight: 204, publicClassify: 422 },
  // For whoever has a good one, which this is not.
  openLink: 403,
};

test("what is for everybody is so on purpose", () => {
  const open = routes.filter(([, { scope }]) => scope === "public").map(([id]) => id);
  expect(open.sort()).toEqual(Object.keys(OPEN).sort());
});

test.each(Object.entries(OPEN))("%s is for everybody", async (id, status) => {
  // Those who walked before may have deleted it.
  await openAlias(world, PUBLIC);
  // The keys of OPEN are ids.
  expect((await ask(ROUTES[id as RouteId])).status).toBe(status);
});

const routeIds = Object.keys(ROUTES) as RouteId[]; // The keys of ROUTES are what RouteId names.

test.each(routeIds)("%s tells another namespace nothing", async (id) => {
  const ourClient = createClient({ baseUrl: world.url, key: tokens.ours });
  const cases: ForeignCase[] = await CASES[id]({ ...world, ourClient });
  for (const { args, ownArgs = args, expected, telling = [], isRefusedAnyway } of cases) {
    const before = await belongings();
    const foreign = await call(id, args, tokens.theirs);
    if (expected === "nothing") expect(foreign.status, foreign.text).toBeLessThan(300);
    else expect(foreign).toMatchObject({ status: PROBLEMS[expected].status, code: expected });
    for (const text of telling) expect(foreign.text).not.toContain(text);
    expect(await belongings(), "what we have").toEqual(before);
    // Else the call above would have been refused for another reason, or the answer would have held nothing anyway.
    const own = await call(id, ownArgs, tokens.ours);
    if (!isRefusedAnyway) expect(own.status, own.text).toBeLessThan(300);
    for (const text of telling) expect(own.text).toContain(text);
  }
});

/** Every object of ours with its content's identity. */
async function belongings(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of world.store.list(`ns/${OURS}/`))
    found.push(`${key} ${(await world.store.head(key))?.etag}`);
  return found;
}

async function call(id: RouteId, args: ForeignCase["args"], key: string) {
  let status = 0;
  const spy: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    status = response.status;
    return response;
  };
  const client = createClient({ baseUrl: world.url, key, fetch: spy });
  // The case was made for this route, which a union of all routes' arguments does not say.
  const answer: unknown = await client.call(id, args as never).catch((error: unknown) => error);
  const code = answer instanceof Problem ? answer.code : undefined;
  return { status, code, text: await textOf(answer) };
}

async function textOf(answer: unknown): Promise<string> {
  if (answer instanceof Response) return answer.text();
  if (answer instanceof Error) return answer.message;
  const isStream = typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
  // What has this symbol is a stream of events.
  return JSON.stringify(isStream ? await toArray(answer as AsyncIterable<unknown>) : answer) ?? "";
}
