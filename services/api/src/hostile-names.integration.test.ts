// Class names and URLs as hostile as anybody may send them, through every way out of the API: what could be obeyed is refused at the
// door, and the rest is text wherever it comes out. The page is tried in a browser (tests/system/web.test.ts and
// web-hostile.test.ts), the terminal in cli/src/visible.test.ts.
import type { Item } from "@ursa/contracts/dataset";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedDataset, seedModel, seedPrediction, sha256Of } from "./seed-records.fixture.ts";

/** Taken as they are: every one is only text. */
const TAKEN = [
  "=HYPERLINK(1)",
  "<img src=x onerror=1>",
  "+1+cmd|' /C calc'!A0",
  "-2",
  "@SUM(A1)",
  "＝1+1",
  "../../etc",
  "$(touch x)",
  "`touch x`; rm -rf /",
  'a","b',
  "a\\",
  "{{7*7}}",
  "constructor",
  'data: {"type":"state"}',
  "🐻".repeat(128),
];
/** Could be obeyed, or not be seen. */
const REFUSED = [
  "a\nb",
  "a\r\nevent: x",
  "a\u0000",
  "a\u001b[2J",
  "a\u202eb",
  "a\u2028b",
  "a\u200bb",
  "__proto__",
  " ",
  "🐻".repeat(129),
];
const URL_OF = 'https://pictures.example/"><script>\u202e/$(id).jpg';

let world: World;
let datasetId: string;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const text = async (path: string) => (await fetch(world.url + path)).text();
/** Two classes that name one URL would contradict each other. */
const asUrls = (name: string, at: number) => ({ class: name, urls: [1, 2, 3].map((n) => `${URL_OF}?${at}-${n}`) });

test.each(REFUSED)("the class %j is refused, with the place where it stands", async (name) => {
  const body = { sources: [asUrls("bear", 0), asUrls(name, 1)] };
  const { code, extra } = await refusalOf(world.client.call("createDataset", { body }));
  expect(code).toBe("invalid_request");
  expect(extra.errors).toMatchObject([{ in: "body", path: "sources[1].class" }]);
});

test("the others come back as they were sent, and are in no key of the store", async () => {
  const { id } = await world.client.call("createDataset", { body: { sources: TAKEN.map(asUrls) } });
  datasetId = id;
  expect((await world.client.call("getDataset", { params: { id } })).classes.toSorted()).toEqual(TAKEN.toSorted());
  const keys = await keysUnder(world, "");
  expect(keys.length).toBeGreaterThan(2);
  for (const key of keys) expect(key).toMatch(/^[\w./@-]+$/);
});

test("as events they stay in the line that they came in", async () => {
  const owner = { namespace: "default", id: datasetId };
  const classes = TAKEN.map((name) => ({ class: name, outcomes: { ok: 1 } }));
  await world.events.reportProgress(owner, "fetch", "0", 1, 2, { classes });
  await world.events.publish(owner, { type: "log", message: "a\n\nevent: end\ndata: {}\u2028" });
  await world.client.call("cancelDataset", { params: { id: datasetId } });
  const stream = await text(`/v1/datasets/${datasetId}/events`);
  for (const line of stream.split("\n").filter(Boolean)) expect(line).toMatch(/^(?:id: |event: |data: \{|:|retry: )/);
  expect(stream).toContain('"message":"a\\n\\nevent: end\\ndata: {}');
});

test("in a report and in results no cell is a formula", async () => {
  const items = TAKEN.map((name, index): Item => {
    const source = { source: "urls.txt", line: index + 1, class: name, index, key: String(index) };
    return { ...source, url: index === 0 ? "=cmd()" : URL_OF, outcome: "ok", sha256: sha256Of(name), split: "train" };
  });
  const { id } = await seedDataset(world, { classes: TAKEN, items });
  const prediction = await seedPrediction(world, { classes: TAKEN });
  const report = await text(`/v1/datasets/${id}/report.csv`);
  const results = await text(`/v1/predictions/${prediction.id}/results?format=csv`);
  expect(report).toContain("\n0,'=HYPERLINK(1),'=cmd(),ok,");
  expect(report).toContain(`"a"",""b"`);
  expect(results).toContain(",'=HYPERLINK(1),");
  for (const csv of [report, results]) expect(csv).not.toMatch(/(?:^|[\n,])"?[=+@\t\r＝]/);
  const listed = await world.client.call("listItems", { params: { id }, query: { class: "../../etc" } });
  expect(listed.items.map((item) => item.class)).toEqual(["../../etc"]);
});

test("no file is named by them, whatever is asked for", async () => {
  const { id } = await seedModel(world, { classes: TAKEN });
  for (const name of ["..%2f..%2fetc%2fpasswd", "%3cimg%3e", "a%0d%0aset-cookie:x=1"]) {
    const response = await fetch(`${world.url}/v1/models/${id}/artifacts/stage-1/${name}`);
    expect(response.status, name).toBeOneOf([400, 404]);
    expect(response.headers.has("set-cookie")).toBe(false);
  }
  const artifact = await fetch(`${world.url}/v1/models/${id}/artifacts/stage-1/model.onnx`);
  expect(artifact.headers.get("content-disposition")).toBe('attachment; filename="model.onnx"');
});

test("metrics have none of them, and the status page has them as text", async () => {
  const metrics = await text("/metrics");
  const page = await text("/status");
  expect(metrics).toContain("ursa_");
  for (const name of TAKEN.filter((each) => each.length > 2)) expect(metrics, name).not.toContain(name);
  expect(page).not.toContain("<img src=x");
  expect(page).toContain("&lt;img src=x");
});

test("whatever was asked and refused, a line of the log is one line of JSON", () => {
  expect(world.logLines.length).toBeGreaterThan(10);
  for (const line of world.logLines) {
    expect(line.trimEnd()).not.toMatch(/\p{Cc}/u);
    expect(line.endsWith("\n")).toBe(true);
  }
});
