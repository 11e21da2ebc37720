// What a finished dataset and a finished model give out: items, the report, pictures, artifacts.
import { keys } from "@ursa/store/keys";
import { exifRotatedJpeg, jpegWithZip } from "@ursa/testing/hostile-pictures";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { ITEMS, seedDataset, seedModel, seedPrediction, sha256Of } from "./seed-records.fixture.ts";

let world: World;
let dataset: Awaited<ReturnType<typeof seedDataset>>;

beforeAll(async () => {
  world = await startWorld();
  dataset = await seedDataset(world);
});
afterAll(() => world?.[Symbol.asyncDispose]());

type Query = NonNullable<Parameters<typeof page>[0]>;
const page = (query: { class?: string; split?: "train" | "valid"; outcome?: "ok"; limit?: number; cursor?: string }) =>
  world.client.call("listItems", { params: { id: dataset.id }, query });

async function allPages(query: Query): Promise<{ keys: string[]; pages: number }> {
  const found: string[] = [];
  let next: string | undefined;
  let pages = 0;
  do {
    const answer = await page({ ...query, ...(next ? { cursor: next } : {}) });
    found.push(...answer.items.map(({ key }) => key));
    next = answer.next;
    pages += 1;
  } while (next);
  return { keys: found, pages };
}

describe("items", () => {
  test.each<{ query: Query; pages: number }>([
    { query: {}, pages: 4 },
    { query: { class: "teddy" }, pages: 2 },
    { query: { split: "valid" }, pages: 1 },
    { query: { outcome: "ok" }, pages: 4 },
    { query: { class: "black", split: "train", outcome: "ok" }, pages: 2 },
    { query: { class: "grizzly" }, pages: 1 },
  ])("page through $query without a loss or a repeat", async ({ query, pages }) => {
    const wanted = ITEMS.filter((item) =>
      (["class", "split", "outcome"] as const).every((name) => !query[name] || item[name] === query[name]),
    );
    const found = await allPages({ ...query, limit: 3 });
    expect(found).toEqual({ keys: wanted.map(({ key }) => key), pages });
  });

  test("a cursor that no page gave, a limit that is too large, an unknown filter", async () => {
    expect(await refusalOf(page({ cursor: "7" }))).toMatchObject({ code: "invalid_request" });
    expect(await refusalOf(page({ limit: 1001 }))).toMatchObject({ code: "invalid_request" });
    const response = await fetch(`${world.url}/v1/datasets/${dataset.id}/items?klass=black`);
    expect(await response.json()).toMatchObject({ code: "invalid_request", errors: [{ path: "klass" }] });
  });

  test("of a dataset that is not there yet", async () => {
    const { id } = await seedDataset(world, { state: "running" });
    expect(await refusalOf(world.client.call("listItems", { params: { id } }))).toMatchObject({
      code: "dataset_not_ready",
      message: expect.stringContaining("running"),
    });
  });
});

test("the report has a row per listed URL, and nothing a spreadsheet would run", async () => {
  const response = await world.client.call("getReport", { params: { id: dataset.id } });
  expect(response.headers.get("content-disposition")).toBe(`attachment; filename="${dataset.id}.csv"`);
  const [head, ...rows] = (await response.text()).trim().split(/\r?\n/);
  expect(head).toContain("index,class,url,outcome,reason");
  expect(rows).toHaveLength(ITEMS.length);
  expect(rows[11]).toContain('"no URL: ""=1+1"", says the list"');
});

test("results as JSON lines and as CSV, in input order", async () => {
  const { id } = await seedPrediction(world);
  const lines = await (await world.client.call("getResults", { params: { id } })).text();
  expect(
    lines
      .trim()
      .split("\n")
      .map((row) => JSON.parse(row).outcome),
  ).toEqual(["ok", "bad_scheme"]);
  const response = await world.client.call("getResults", { params: { id }, query: { format: "csv" } });
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const csv = (await response.text()).split(/\r?\n/);
  expect(csv[0]).toBe("index,input,outcome,reason,class,probability,black,teddy");
  expect(csv[1]).toBe("0,https://pictures.example/0.jpg,ok,,teddy,0.75,0.25,0.75");
  expect(csv[2]).not.toMatch(/(^|,)=/);
});

test.each([
  { state: "running", code: "still_running" },
  { state: "cancelled", code: "not_found" },
] as const)("a prediction that is $state has no results: $code", async ({ state, code }) => {
  const { id } = await seedPrediction(world, { state });
  const refusal = await refusalOf(world.client.call("getResults", { params: { id } }));
  expect(refusal).toMatchObject({ code, message: expect.stringContaining(state) });
});

describe("an item's picture", () => {
  const store = (key: number, bytes: Uint8Array | string) =>
    world.store.put(keys.image("default", ITEMS[key]?.sha256 ?? ""), bytes);
  const show = (key: string, size?: number) =>
    world.client.call("getItemImage", { params: { id: dataset.id, key }, query: size ? { size } : {} });

  test("is a JPEG made anew: turned as EXIF says, without EXIF, and no larger than asked", async () => {
    const original = await exifRotatedJpeg();
    expect(original.includes("Exif")).toBe(true);
    await store(0, original);
    const response = await show("0", 100);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-type")).toBe("image/jpeg");
    expect(response.headers.get("cache-control")).toContain("private");
    expect(bytes.includes("Exif")).toBe(false);
    const seen = await world.decoders().inspect(bytes, {});
    expect(seen).toMatchObject({ ok: true, format: "jpeg", height: 100 });
    expect(seen.ok && seen.width < seen.height).toBe(true);
  });

  test("carries nothing that hung on the original", async () => {
    const original = await jpegWithZip();
    await store(1, original);
    const bytes = Buffer.from(await (await show("1")).arrayBuffer());
    expect(original.includes("payload.js")).toBe(true);
    expect(bytes.includes("payload.js")).toBe(false);
  });

  test.each([
    ["an item that came to nothing", "10"],
    ["an item that is not there", "99"],
    ["an item whose picture is lost", "5"],
  ])("%s has none", async (_, key) => {
    expect(await refusalOf(show(key))).toMatchObject({ code: "not_found", message: expect.stringContaining(key) });
  });

  test.each(["x", "../0", "1e1", "-1"])("%s is no item key", async (key) => {
    expect(await refusalOf(show(key))).toMatchObject({ code: "invalid_request" });
  });
});

describe("artifacts", () => {
  const of = (id: string, stage: string, name: string) =>
    world.client.call("getArtifact", { params: { id, stage, name } });

  test("come with their length and their sha256 as etag, also for HEAD", async () => {
    const { id } = await seedModel(world);
    const response = await of(id, "stage-1", "model.onnx");
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    expect(response.headers.get("etag")).toBe(`"${sha256Of(bytes)}"`);
    expect(response.headers.get("content-disposition")).toBe('attachment; filename="model.onnx"');
    const url = `${world.url}/v1/models/${id}/artifacts/stage-1/model.onnx`;
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(bytes.length));
  });

  test("the list says stage, name, size and sha256", async () => {
    const { id } = await seedModel(world);
    const { items } = await world.client.call("listArtifacts", { params: { id } });
    expect(items.map(({ stage, name }) => `${stage}/${name}`)).toEqual(["stage-1/model.onnx", "stage-1/model.json"]);
  });

  test.each([
    ["stage-1", "weights.safetensors"],
    ["stage-9", "model.onnx"],
    ["..", "..%2f..%2frecords"],
  ])("%s/%s is not one of them", async (stage, name) => {
    const { id } = await seedModel(world);
    expect(await refusalOf(of(id, stage, name))).toMatchObject({ code: "not_found" });
  });
});
