// An alias that was made public, as a stranger meets it: no key, an address of their own, perhaps a page of another site.
import { createClient } from "@ursa/contracts/client";
import { problemSchema } from "@ursa/contracts/problem";
import { publicAnswerSchema } from "@ursa/contracts/routes/public-aliases";
import { drawBear } from "@ursa/testing/pictures";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedModel } from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

const ADMIN_KEY = "the-admin-key-of-this-test-0123456789";
const NAME = "bears@school";
const FRIEND = "https://friend.example";

let world: World;
let model: Awaited<ReturnType<typeof seedModel>>;

beforeAll(async () => {
  world = await startWorld({ adminKey: ADMIN_KEY });
  model = await seedModel(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(async () => {
  world.standIn.asked.length = 0;
  world.standIn.answers.classify = answerJson(200, CLASSIFIED);
  await world.connection.redis.del(`ursa:rate:default/${NAME}`);
  await publish({ origins: [FRIEND], ratePerMinute: 3 });
});

const publish = (access: { origins?: string[]; ratePerMinute?: number } | null) =>
  world.client.call("putAlias", { params: { name: NAME }, body: { model: model.id, public: access } });
const page = () => `${world.url}/p/default/${NAME}`;
type Asking = { from?: string; origin?: string; type?: string; body?: Uint8Array<ArrayBuffer> | string };

/** As a browser that is asked by a page of `origin`, from behind the proxy of this world. */
const classify = ({ from = "203.0.113.7", origin, type = "image/png", body = PICTURE }: Asking = {}) =>
  fetch(`${page()}/classify`, {
    method: "POST",
    headers: { "content-type": type, "x-forwarded-for": from, ...(origin ? { origin } : {}) },
    body,
  });
const PICTURE = new Uint8Array(await drawBear("black", 1));
const problemOf = async (answer: Response | undefined) => problemSchema.parse(await answer?.json());

describe("a stranger", () => {
  test("finds a page that says what it tells apart, and nothing of the operator's", async () => {
    const response = await fetch(page());
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(text).toContain(model.classes.at(-1));
    for (const secret of [model.id, model.dataset.id, "/docs", "/metrics", "href="])
      expect(text.replace('href="data:,"', ""), secret).not.toContain(secret);
    const [, script = ""] = /<script src="([^"]+)"/.exec(text) ?? [];
    const loaded = await fetch(new URL(script, page()));
    expect([loaded.status, loaded.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    const [, action = ""] = /action="([^"]+)"/.exec(text) ?? [];
    expect(new URL(action, page()).href).toBe(`${page()}/classify`);
    // A picture is sent, and no URL is fetched for strangers.
    expect(text).not.toContain('type="url"');
  });

  test("is answered without a key, and not told which model it was", async () => {
    const response = await classify();
    const { milliseconds, ...answer } = publicAnswerSchema.strict().parse(await response.json());
    expect(response.status).toBe(200);
    expect(answer).toEqual({ predictions: CLASSIFIED.predictions, class: "teddy", index: 1 });
    expect(milliseconds).toMatchObject({ total: expect.any(Number) });
    expect(world.standIn.asked[0]?.body).toEqual(Buffer.from(PICTURE));
    expect(Object.fromEntries(world.standIn.asked[0]?.query ?? [])).toEqual({ namespace: "default", model: model.id });
  });

  test("may do nothing else", async () => {
    const body = PICTURE;
    const open = { method: "POST", headers: { "content-type": "image/png", origin: FRIEND }, body };
    const answers = await Promise.all([
      fetch(`${world.url}/v1/classify?model=${NAME}`, open),
      fetch(`${world.url}/v1/aliases/${NAME}`, { headers: { origin: FRIEND } }),
      fetch(`${world.url}/v1/models/${model.id}`, { headers: { origin: FRIEND } }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
    const url = await classify({ type: "application/json", body: JSON.stringify({ url: "https://a.example/b.jpg" }) });
    expect(url.status).toBe(415);
    expect(world.standIn.asked).toEqual([]);
  });
});

describe("too many requests", () => {
  test("of one address are refused until the minute is over, before their pictures are read; others go on", async () => {
    for (let turn = 0; turn < 3; turn += 1) expect((await classify()).status).toBe(200);
    const refused = await classify({ origin: FRIEND });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await problemOf(refused)).toMatchObject({
      code: "rate_limited",
      detail: expect.stringMatching(/^At most 3 a minute .* in \d+ s\.$/),
    });
    // A page of a friend can read when to come back.
    expect(refused.headers.get("access-control-allow-origin")).toBe(FRIEND);
    expect(refused.headers.get("access-control-expose-headers")).toBe("retry-after, ratelimit, ratelimit-policy");
    expect((await fetch(page(), { headers: { "x-forwarded-for": "203.0.113.7" } })).status).toBe(429);
    expect((await classify({ from: "203.0.113.8" })).status).toBe(200);
    expect(world.standIn.asked).toHaveLength(4);
  });

  test("of one network of IPv6 are counted together", async () => {
    const from = ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:3", "2001:db8::4"];
    const statuses: number[] = [];
    for (const address of from) statuses.push((await classify({ from: address })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe("a page of another site", () => {
  const preflight = (origin: string) =>
    fetch(`${page()}/classify`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });

  test("may ask and read the answer where the alias names it", async () => {
    const asked = await preflight(FRIEND);
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(FRIEND);
    expect(asked.headers.get("access-control-allow-headers")).toBe("content-type");
    expect(asked.headers.get("access-control-allow-credentials")).toBeNull();
    const answer = await classify({ origin: FRIEND });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, FRIEND]);
    expect(answer.headers.get("vary")).toBe("origin");
  });

  test.each(["https://stranger.example", "null", `${FRIEND}.evil.example`, "http://friend.example"])(
    "may not where it is %s",
    async (origin) => {
      expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull();
      expect((await classify({ origin })).headers.get("access-control-allow-origin")).toBeNull();
    },
  );

  test.each(["*", "friend.example", "https://friend.example/", "https://friend.example/path", "ftp://friend.example"])(
    "is not named as %s",
    async (origin) => {
      expect(await refusalOf(publish({ origins: [origin] }))).toMatchObject({ code: "invalid_request" });
    },
  );
});

describe("what is private", () => {
  test("is so at once, and looks like what does not exist", async () => {
    expect((await classify()).status).toBe(200);
    const hidden = await publish(null);
    expect(hidden).not.toHaveProperty("public");
    const answers = [await classify(), await fetch(page()), await fetch(`${page()}/classify`, { method: "OPTIONS" })];
    const absent = await fetch(`${world.url}/p/default/none@school`);
    for (const answer of answers) expect(answer.status).toBe(404);
    expect((await problemOf(answers[1])).detail?.replace(NAME, "none@school")).toBe((await problemOf(absent)).detail);
    expect((await fetch(`${world.url}/p/other-team/${NAME}`)).status).toBe(404);
    expect(world.standIn.asked).toHaveLength(1);
  });

  test("is made public by keys that may write, and by no others", async () => {
    const { token } = await world.client.call("createKey", { body: { name: "reader", scopes: ["read"] } });
    const reader = createClient({ baseUrl: world.url, key: token });
    const body = { public: {} };
    const refused = await refusalOf(reader.call("putAlias", { params: { name: NAME }, body }));
    expect(refused).toMatchObject({ code: "scope_missing" });
  });
});

test("an alias keeps its page when it moves, and its model when only its page is spoken of", async () => {
  const other = await seedModel(world);
  const moved = await world.client.call("putAlias", { params: { name: NAME }, body: { model: other.id } });
  expect(moved).toMatchObject({ model: other.id, public: { origins: [FRIEND], ratePerMinute: 3 } });
  const changed = await world.client.call("putAlias", { params: { name: NAME }, body: { public: {} } });
  expect(changed).toMatchObject({ model: other.id, public: { origins: [], ratePerMinute: 60 } });
  await classify();
  expect(world.standIn.asked[0]?.query.get("model")).toBe(other.id);
  const unborn = world.client.call("putAlias", { params: { name: "new@school" }, body: { public: {} } });
  expect(await refusalOf(unborn)).toMatchObject({ code: "not_found" });
});

test("while Redis is away nothing is counted, so nobody is let in", async () => {
  await using lost = await startWorld();
  const { id } = await seedModel(lost);
  await lost.client.call("putAlias", { params: { name: NAME }, body: { model: id, public: {} } });
  await lost.redis.stop();
  const answer = await fetch(`${lost.url}/p/default/${NAME}/classify`, {
    method: "POST",
    headers: { "content-type": "image/png" },
    body: PICTURE,
  });
  expect([answer.status, (await problemOf(answer)).code]).toEqual([503, "queue_unavailable"]);
});
