// One exported model as a person hosts it: a folder, a process, and nothing else.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Classifier, loadClassifier } from "@ursa/classifier/predict";
import { classificationSchema } from "@ursa/contracts/prediction";
import { MAX_PIXELS } from "@ursa/imaging/max-pixels";
import { viewPicture } from "@ursa/imaging/view-picture";
import { htmlBytes, pixelBombPng, svgBytes, truncatedJpeg } from "@ursa/testing/hostile-pictures";
import { type ImageServer, ok, startImageServer } from "@ursa/testing/image-server";
import { drawBear } from "@ursa/testing/pictures";
import { createScratchFolder, type ScratchFolder } from "@ursa/testing/scratch-folder";
import { waitUntil } from "@ursa/testing/wait-until";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startServe, writeModel } from "./serve-process.fixture.ts";

let scratch: ScratchFolder;
let gallery: ImageServer;
let serve: ReturnType<typeof startServe>;
let classifier: Classifier;
let [folder, url, modelId] = ["", "", ""];
let bear: Buffer;
beforeAll(async () => {
  scratch = await createScratchFolder();
  folder = join(scratch.path, "model");
  modelId = (await writeModel(folder, { stage: "stage-2" })).modelId;
  bear = await drawBear("teddy", 4);
  gallery = await startImageServer({ "/bear.jpg": ok(bear) });
  serve = startServe(folder, { URSA_FETCH_ALLOW: gallery.address });
  const read = (name: string) => readFile(join(folder, name));
  classifier = await loadClassifier(
    { modelJson: await read("model.json"), modelOnnx: await read("model.onnx") },
    { threads: 1 },
  );
  url = await serve.url();
});
afterAll(async () => {
  await serve[Symbol.asyncDispose]();
  await classifier.close();
  await gallery.close();
  await scratch[Symbol.asyncDispose]();
});

async function ask(path: string, body?: Uint8Array | FormData, base = url) {
  const request = body ? { method: "POST", body: body instanceof FormData ? body : Uint8Array.from(body) } : {};
  const response = await fetch(`${base}${path}`, request);
  // A problem or an answer: each story says which members it expects.
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const byUrl = (address: string) => `/classify-url?${new URLSearchParams({ url: address })}`;

test("a file is answered as the API answers it, with what the model itself says of the picture", async () => {
  const { status, body } = await ask("/v1/classify", bear);
  expect(status).toBe(200);
  const answer = classificationSchema.strict().parse(body);
  const [probabilities = new Float32Array()] = await classifier.predict([
    await viewPicture(bear, classifier.size, MAX_PIXELS),
  ]);
  const expected = classifier.classes.map((name, index) => [name, probabilities[index]] as const);
  expect(answer).toMatchObject({
    model: modelId,
    class: answer.predictions[0]?.[0],
    index: classifier.classes.indexOf(answer.class),
    predictions: expected.toSorted(([, a = 0], [, b = 0]) => b - a),
  });
});

test("a form, JSON with an address and /classify-url say the same, and the model may be named", async () => {
  const { predictions } = (await ask("/v1/classify", bear)).body;
  const form = new FormData();
  form.set("file", new Blob([Uint8Array.from(bear)]), "bear.jpg");
  expect((await ask(`/v1/classify?model=${modelId}`, form)).body.predictions).toEqual(predictions);
  const fetched = await ask(byUrl(`${gallery.origin}/bear.jpg`));
  expect(fetched.body).toMatchObject({ predictions, milliseconds: { fetch: expect.any(Number) } });
  const response = await fetch(`${url}/v1/classify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: `${gallery.origin}/bear.jpg` }),
  });
  expect(await response.json()).toMatchObject({ predictions });
  const other = await ask("/v1/classify?model=mdl_01J00000000000000000000009", bear);
  expect(other).toMatchObject({ status: 404, body: { code: "unknown_model" } });
});

test("what cannot or must not be fetched says why, the cloud's metadata and the process itself among it", async () => {
  expect(await ask(byUrl(`${gallery.origin}/gone.jpg`))).toMatchObject({
    status: 422,
    body: { code: "fetch_failed", outcome: "http_4xx" },
  });
  const blocked = { status: 422, body: { code: "fetch_failed", outcome: "blocked_address" } };
  expect(await ask(byUrl("http://169.254.169.254/latest/meta-data/"))).toMatchObject(blocked);
  expect(await ask(byUrl(`${url}/metrics`))).toMatchObject(blocked);
  expect(await ask(`/picture?${new URLSearchParams({ url: "http://169.254.169.254/" })}`)).toMatchObject(blocked);
  expect(await ask("/classify-url")).toMatchObject({ status: 422, body: { code: "invalid_request" } });
});

test("each hostile picture costs its own request, and the next one is answered", async () => {
  const hostile = [htmlBytes(), svgBytes(), pixelBombPng(), await truncatedJpeg()];
  const outcomes = [];
  for (const bytes of hostile) {
    const { status, body } = await ask("/v1/classify", bytes);
    outcomes.push([status, body.code, body.outcome]);
  }
  expect(outcomes).toEqual([
    [422, "bad_image", "not_an_image"],
    [422, "bad_image", "unsupported_format"],
    [422, "bad_image", "too_many_pixels"],
    [422, "bad_image", "corrupt_image"],
  ]);
  expect((await ask("/v1/classify", bear)).status).toBe(200);
});

test("more at once than can be answered soon are told when to come back", async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const late = ok(htmlBytes());
  gallery.set("/late.jpg", async (...request) => {
    await opened;
    await late(...request);
  });
  const waiting = Array.from({ length: 256 }, () => ask(byUrl(`${gallery.origin}/late.jpg`)));
  const inFlight = async () =>
    /^ursa_http_requests_in_flight\S* 257$/m.test(await (await fetch(`${url}/metrics`)).text());
  await waitUntil(inFlight, { what: "256 requests and the one that asks" });
  const turnedAway = await ask("/v1/classify", bear);
  expect(turnedAway).toMatchObject({ status: 503, body: { code: "too_busy" } });
  expect(turnedAway.headers.get("retry-after")).toBe("5");
  open();
  const codes = new Set((await Promise.all(waiting)).map(({ body }) => body.code));
  expect([...codes]).toEqual(["bad_image"]);
  expect((await ask("/v1/classify", bear)).status).toBe(200);
});

test("people get a page that runs its own script only, probes get health, Prometheus gets numbers", async () => {
  const page = await fetch(url);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  const text = await page.text();
  expect(text).toContain(`<code>${modelId}</code>`);
  expect([...text.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes)).toEqual([
    ' src="/drop-page.js" type="module"',
  ]);
  expect(text).not.toMatch(/ on\w+=/);
  expect((await fetch(`${url}/drop-page.js`)).headers.get("content-type")).toMatch("text/javascript");
  const shown = await fetch(`${url}/picture?${new URLSearchParams({ url: `${gallery.origin}/bear.jpg` })}`);
  expect(shown.headers.get("content-type")).toBe("image/jpeg");
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect(await ask("/readyz")).toMatchObject({ status: 200, body: { status: "ok" } });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^ursa_models_loaded\{service="serve"\} 1$/m);
  expect(metrics).toMatch(/^ursa_http_request_duration_seconds_count\{.*route="\/v1\/classify".*\} [1-9]/m);
  const { paths } = (await ask("/openapi.json")).body;
  expect(paths).toHaveProperty("/v1/classify");
  expect(paths).not.toHaveProperty("/v1/datasets");
});

test("SIGTERM lets the request in flight finish, and ends with 0", async () => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const late = ok(bear);
  gallery.set("/slow.jpg", async (...request) => {
    await opened;
    await late(...request);
  });
  await using stopping = startServe(folder, { URSA_FETCH_ALLOW: gallery.address });
  const answer = ask(byUrl(`${gallery.origin}/slow.jpg`), undefined, await stopping.url());
  await waitUntil(() => gallery.hits.includes("/slow.jpg"), { what: "the picture to be asked for" });
  stopping.terminate();
  await waitUntil(() => stopping.lines.some(({ msg }) => msg === "stopping"), { what: "it to stop" });
  open();
  expect(await answer).toMatchObject({ status: 200, body: { model: modelId } });
  expect(await stopping.exitCode()).toBe(0);
});

test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
  ["no folder", async () => {}, /There is no folder .*: name the folder that `ursa model export` wrote\.$/],
  ["a file", (path) => writeFile(path, "PK"), /is a file: unpack it if it is a zip, and name the folder/],
  [
    "no model.onnx",
    async (path) => {
      await writeModel(path);
      await rm(join(path, "model.onnx"));
    },
    /has no model\.onnx: name the folder/,
  ],
  [
    "a damaged model.onnx",
    async (path) => {
      await writeModel(path);
      const bytes = await readFile(join(path, "model.onnx"));
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      await writeFile(join(path, "model.onnx"), bytes);
    },
    /model\.onnx has sha256 .*, model\.json says .*\. Export or copy it again\.$/,
  ],
  [
    "a model.json of something else",
    async (path) => {
      await writeModel(path);
      await writeFile(join(path, "model.json"), "{}");
    },
    /model\.json is not a model description .* Export or copy it again\.$/,
  ],
  [
    "stage 1 of a model with a stage 2",
    (path) => writeModel(path, { phases: ["stage-1", "lr-find", "stage-2"] }),
    /has stage 1 of mdl_\w+, which went on to stage 2: export that with `ursa model export mdl_\w+`\.$/,
  ],
])("%s is one sentence with the remedy", async (name, prepare, sentence) => {
  const path = join(scratch.path, name.replaceAll(" ", "-"));
  await prepare(path);
  await using failing = startServe(path);
  expect(await failing.exitCode()).toBe(1);
  expect(failing.lines.map(({ level }) => level)).toContain("fatal");
  const { msg } = failing.lines.find(({ level }) => level === "fatal") ?? { msg: "" };
  expect(msg).toMatch(/^cannot start: /);
  expect(msg).toMatch(sentence);
});

test("a heat map is made where one is asked for, and a folder without explain.onnx says what to do", async () => {
  const { body } = await ask("/v1/classify?heatMap=true", bear);
  const { class: name, heatMap } = classificationSchema.strict().parse(body);
  // Of 64 pixels the last feature map has a 32nd.
  expect(heatMap).toMatchObject({ class: name, rows: 2, columns: 2 });
  const older = join(scratch.path, "older");
  await writeModel(older, { stage: "stage-2" });
  await rm(join(older, "explain.onnx"));
  await using other = startServe(older);
  const base = await other.url();
  expect((await ask("/v1/classify", bear, base)).status).toBe(200);
  expect(await ask("/v1/classify?heatMap=true", bear, base)).toMatchObject({
    status: 409,
    body: { code: "no_heat_maps", detail: expect.stringContaining("ursa model import") },
  });
});
