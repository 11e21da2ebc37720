import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedModel } from "./seed-records.fixture.ts";
import { answerJson, CLASSIFIED } from "./stand-in.fixture.ts";

let world: World;
let model: Awaited<ReturnType<typeof seedModel>>;

beforeAll(async () => {
  world = await startWorld();
  model = await seedModel(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());
beforeEach(() => {
  world.standIn.asked.length = 0;
  world.standIn.answers.classify = answerJson(200, CLASSIFIED);
  world.standIn.answers.fetch = (response) => response.end("a fetched picture");
});

const picture = Buffer.from("the bytes of a picture");
const url = "https://pictures.example/teddy.jpg";
const classify = (body: Buffer | { url: string } = picture, reference?: string) =>
  world.client.call("classify", { query: { model: reference ?? model.id }, body });
const classifyUrl = () => world.client.call("classifyUrl", { query: { model: model.id, url } });
const problem = (code: string, more: object) => ({ type: `/docs#${code}`, title: "?", status: 422, code, ...more });

test("before any alias, a model has to be named", async () => {
  const refusal = await refusalOf(world.client.call("classify", { body: picture }));
  expect(refusal).toMatchObject({ code: "no_default_model", status: 404, message: expect.stringContaining("alias") });
  expect(world.standIn.asked).toEqual([]);
});

describe("a picture", () => {
  test("as raw bytes", async () => {
    const answer = await classify();
    expect(answer).toMatchObject({ predictions: CLASSIFIED.predictions, class: "teddy", index: 1, model: model.id });
    expect(answer.milliseconds).toMatchObject({ decode: 1, model: 2, total: expect.any(Number) });
    expect(answer).not.toHaveProperty("alias");
    expect(world.standIn.asked).toMatchObject([{ path: "/classify", body: picture }]);
    expect(Object.fromEntries(world.standIn.asked[0]?.query ?? [])).toEqual({ namespace: "default", model: model.id });
  });

  test("with test-time augmentation, which the inferer is told of", async () => {
    await world.client.call("classify", { query: { model: model.id, tta: "true" }, body: picture });
    await world.client.call("classifyUrl", { query: { model: model.id, url, tta: "true" } });
    const told = world.standIn.asked.flatMap(({ path, query }) => (path === "/classify" ? query.get("tta") : []));
    expect(told).toEqual(["true", "true"]);
  });

  test("as the file of a form", async () => {
    const body = new FormData();
    body.set("file", new Blob([picture], { type: "image/jpeg" }), "teddy.jpg");
    const response = await fetch(`${world.url}/v1/classify?model=${model.id}`, { method: "POST", body });
    expect(await response.json()).toMatchObject({ class: "teddy" });
    expect(world.standIn.asked[0]?.body).toEqual(picture);
  });

  test("as JSON that names its URL, which the downloader fetches", async () => {
    const answer = await classify({ url });
    expect(answer.milliseconds.fetch).toBeGreaterThanOrEqual(0);
    expect(world.standIn.asked.map(({ path, body }) => [path, body.toString()])).toEqual([
      ["/fetch", JSON.stringify({ url })],
      ["/classify", "a fetched picture"],
    ]);
  });

  test("as the URL of the lesson's own route", async () => {
    expect(await classifyUrl()).toMatchObject({ class: "teddy", model: model.id });
  });

  test.each([
    ["nothing", "image/jpeg", ""],
    ["a form without a file", "multipart/form-data; boundary=x", "--x--\r\n"],
    ["JSON without a URL", "application/json", "{}"],
    ["text", "text/plain", "teddy"],
  ])("is not %s", async (_, contentType, body) => {
    const init = { method: "POST", headers: { "content-type": contentType }, body };
    const response = await fetch(`${world.url}/v1/classify?model=${model.id}`, init);
    expect([400, 415, 422]).toContain(response.status);
    expect(world.standIn.asked).toEqual([]);
  });

  test("one request id goes through every service", async () => {
    await world.client.call("classify", {
      query: { model: model.id },
      body: { url },
      headers: { "x-request-id": "story-1" },
    });
    expect(world.standIn.asked.map(({ headers }) => headers["x-request-id"])).toEqual(["story-1", "story-1"]);
  });
});

describe("the model", () => {
  test("is the default alias's where none is named, and the answer says so", async () => {
    const other = await seedModel(world);
    await world.client.call("putAlias", { params: { name: "bears@production" }, body: { model: other.id } });
    const answer = await world.client.call("classify", { body: picture });
    expect(answer).toMatchObject({ model: other.id, alias: "bears@production" });
    expect(await classify(picture, "bears@production")).toMatchObject({ model: other.id, alias: "bears@production" });
    await world.client.call("putAlias", { params: { name: "bears@production" }, body: { model: model.id } });
    expect(await world.client.call("classify", { body: picture })).toMatchObject({ model: model.id });
  });

  test("is unknown, or not trained, before any picture is fetched", async () => {
    const training = await seedModel(world, { state: "running" });
    expect(await refusalOf(classify({ url }, "cats@production"))).toMatchObject({ code: "unknown_model" });
    expect(await refusalOf(classify({ url }, "mdl_01J00000000000000000000000"))).toMatchObject({
      code: "unknown_model",
      status: 404,
    });
    expect(await refusalOf(classify({ url }, training.id))).toMatchObject({ code: "model_not_ready" });
    expect(world.standIn.asked).toEqual([]);
  });

  test("is looked for where the refusal points", async () => {
    const none = "mdl_01J00000000000000000000000";
    const sentences = await Promise.all([
      refusalOf(classify(picture, "cats@production")),
      refusalOf(classify(picture, none)),
      refusalOf(world.client.call("getModel", { params: { id: none } })),
      refusalOf(world.client.call("cancelModel", { params: { id: none } })),
      refusalOf(world.client.call("getAlias", { params: { name: "cats@production" } })),
      refusalOf(world.client.call("putAlias", { params: { name: "cats@production" }, body: { model: none } })),
    ]);
    expect(sentences.map(({ message }) => message)).toEqual([
      "There is no alias cats@production. GET /v1/aliases lists what there is.",
      ...Array(3).fill(`There is no model ${none}. GET /v1/models lists what there is.`),
      "There is no alias cats@production. GET /v1/aliases lists what there is.",
      `There is no model ${none}. GET /v1/models lists what there is.`,
    ]);
  });
});

describe("what goes wrong behind the API", () => {
  test("the problems of an inferer and a downloader pass through with their outcome", async () => {
    const detail = "No decoder knows this picture.";
    world.standIn.answers.classify = answerJson(422, problem("bad_image", { detail, outcome: "corrupt_image" }));
    const bad = await refusalOf(classify());
    expect(bad).toMatchObject({ code: "bad_image", message: detail, extra: { outcome: "corrupt_image" } });
    const blocked = { detail: "Not on the public internet.", outcome: "blocked_address", requestId: "theirs" };
    world.standIn.answers.fetch = answerJson(422, problem("fetch_failed", blocked));
    const refused = await refusalOf(classifyUrl());
    expect(refused).toMatchObject({ code: "fetch_failed", extra: { outcome: "blocked_address" } });
    expect(refused.extra.requestId).not.toBe("theirs");
  });

  test("a model that was deleted while the API remembered it is unknown, and one without a stage not ready", async () => {
    const gone = problem("unknown_model", { status: 404, detail: `There is no model ${model.id}.` });
    world.standIn.answers.classify = answerJson(404, gone);
    const message = `There is no model ${model.id}. GET /v1/models lists what there is.`;
    expect(await refusalOf(classify())).toMatchObject({ code: "unknown_model", status: 404, message });
    world.standIn.answers.classify = answerJson(409, problem("model_not_ready", { status: 409 }));
    expect(await refusalOf(classify())).toMatchObject({ code: "model_not_ready", status: 409 });
  });

  test.each([
    ["its own failure", answerJson(500, problem("internal", { detail: "stack" }))],
    ["an address it does not have", answerJson(404, problem("not_found", {}))],
    ["no problem at all", answerJson(502, "<html>bad gateway</html>")],
    ["something else than a classification", answerJson(200, { hello: "world" })],
    ["a broken connection", (response) => response.destroy()],
    [
      "half an answer",
      (response) => response.writeHead(200, { "content-length": "500" }).write("{", () => response.destroy()),
    ],
  ] satisfies [string, World["standIn"]["answers"]["classify"]][])(
    "an inferer that answers %s is away",
    async (_, answer) => {
      world.standIn.answers.classify = answer;
      expect(await refusalOf(classify())).toMatchObject({ code: "inferer_unavailable", status: 503 });
    },
  );

  test("a downloader that breaks off in the middle is away, and no inferer is asked", async () => {
    world.standIn.answers.fetch = (response) =>
      response.writeHead(200, { "content-length": "500" }).write("half", () => response.destroy());
    expect(await refusalOf(classifyUrl())).toMatchObject({ code: "downloader_unavailable" });
    expect(world.standIn.asked.map(({ path }) => path)).toEqual(["/fetch"]);
  });

  test("pictures that are fetched take memory only as far as there is some", async () => {
    const isLarge = Promise.withResolvers<void>();
    world.standIn.answers.fetch = (response) => {
      response.writeHead(200, { "content-length": String(200 * 2 ** 20) }).write("x", () => isLarge.resolve());
    };
    const leaving = new AbortController();
    const large = world.client.call("classify", {
      ...{ query: { model: model.id }, body: { url }, signal: leaving.signal },
    });
    await isLarge.promise;
    const isRefused = async () => (await refusalOf(classifyUrl())).code;
    world.standIn.answers.fetch = (response) =>
      response.writeHead(200, { "content-length": String(2 ** 28) }).flushHeaders();
    expect(await isRefused()).toBe("too_busy");
    leaving.abort();
    await expect(large).rejects.toThrow("aborted");
    world.standIn.answers.fetch = (response) => response.end("a fetched picture");
    await waitUntil(async () => (await classifyUrl()).class === "teddy", { what: "its memory to be given back" });
  });

  test("a client that goes away takes its question along", async () => {
    const dropped = Promise.withResolvers<void>();
    world.standIn.answers.classify = (response) => void response.on("close", () => dropped.resolve());
    const leaving = new AbortController();
    const call = world.client.call("classify", { query: { model: model.id }, body: picture, signal: leaving.signal });
    await waitUntil(() => world.standIn.asked.length === 1, { what: "the inferer to be asked" });
    leaving.abort();
    await expect(call).rejects.toThrow("aborted");
    await dropped.promise;
    const isLogged = () => world.logs.some(({ msg }) => msg === "given up by the client");
    await waitUntil(isLogged, { what: "the API to let go" });
    expect(world.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("an inferer that is not there is reported at once, with the time to come back", async () => {
    await world.standIn.close();
    const asked = performance.now();
    const init = { method: "POST", body: picture, headers: { "content-type": "image/jpeg" } };
    const response = await fetch(`${world.url}/v1/classify?model=${model.id}`, init);
    expect(performance.now() - asked).toBeLessThan(1000);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await response.json()).toMatchObject({ code: "inferer_unavailable" });
    expect(await refusalOf(classifyUrl())).toMatchObject({ code: "downloader_unavailable" });
  });
});
