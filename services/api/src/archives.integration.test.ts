// Archives as they are uploaded, and what is made from them until a downloader takes over.
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { keys } from "@ursa/store/keys";
import { type PackedFile, tarOf, zipOf } from "@ursa/testing/archives";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysUnder, refusalOf, startWorld, type World } from "./api-world.fixture.ts";
import { seedModel, sha256Of } from "./seed-records.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const put = (name: string, body: Uint8Array | ReadableStream<Uint8Array>) =>
  world.client.call("putUpload", { params: { name }, body });
const create = (upload: string, more: object = {}) =>
  world.client.call("createDataset", { body: { sources: [{ upload, ...more }] } });
const archives = () => keysUnder(world, "ns/default/archives/");

const bytes = (text: string) => Buffer.from(`${text}, which is no picture, but nobody has looked yet`);
const files = (...names: string[]): PackedFile[] => names.map((name) => ({ name, bytes: bytes(name) }));
const BEARS = files(
  "bears/black/1.jpg",
  "bears/black/2.jpg",
  "bears/teddy/1.jpg",
  "bears/teddy/2.jpg",
  "bears/.DS_Store",
);

async function planOf(made: { namespace: string; id: string }, kind: "dataset" | "prediction" = "dataset") {
  const { body } = await world.store.get(keys[kind].plan(made, 0));
  return body
    .toString()
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));
}

describe("an archive", () => {
  test.each([
    ["bears.zip", zipOf(BEARS)],
    ["bears.tar", tarOf(BEARS)],
    ["bears.tar.gz", gzipSync(tarOf(BEARS))],
    ["bears.tgz", gzipSync(tarOf(BEARS))],
  ])("%s becomes a dataset whose classes are its folders", async (name, archive) => {
    expect(await put(name, archive)).toEqual({ name, bytes: archive.length, sha256: sha256Of(archive) });
    const made = await create(name);
    expect(made).toMatchObject({ state: "queued", listed: 4, classes: ["black", "teddy"] });
    expect(made.archives).toMatchObject([{ upload: name, files: 4, leftOut: 1 }]);
    const rows = await planOf(made);
    expect(rows.map((row) => [row.url, row.class, row.line])).toEqual([
      [`upload:${name}!bears/black/1.jpg`, "black", 1],
      [`upload:${name}!bears/black/2.jpg`, "black", 2],
      [`upload:${name}!bears/teddy/1.jpg`, "teddy", 3],
      [`upload:${name}!bears/teddy/2.jpg`, "teddy", 4],
    ]);
  });

  test("has its sides of the split in folders; what the request says wins", async () => {
    const names = ["train", "VALIDATION", "test"].flatMap((side) => [`x/${side}/black/1.jpg`, `x/${side}/teddy/1.jpg`]);
    await put("sides.zip", zipOf(files(...names)));
    expect((await planOf(await create("sides.zip"))).map(({ split }) => split)).toEqual([
      "train",
      "train",
      "valid",
      "valid",
      "test",
      "test",
    ]);
    const url = ["https://a.example/1"];
    const made = await world.client.call("createDataset", {
      body: {
        sources: [
          { upload: "sides.zip", split: "train" },
          { class: "black", urls: url, split: "valid" },
          { class: "teddy", urls: [`${url}?2`], split: "valid" },
        ],
      },
    });
    expect((await planOf(made)).slice(0, 6).map(({ split }) => split)).toEqual(Array(6).fill("train"));
  });

  test("with train and test alone is checked with a part of its train pictures", async () => {
    const names = ["train", "test"].flatMap((side) =>
      ["black", "teddy"].flatMap((name) => [1, 2, 3].map((n) => `${side}/${name}/${n}.jpg`)),
    );
    await put("two-sides.zip", zipOf(files(...names)));
    const rows = await planOf(await create("two-sides.zip"));
    expect(rows.map(({ split }) => split ?? "")).toEqual([...Array(6).fill(""), ...Array(6).fill("test")]);
  });

  test("whose class is given needs no folders", async () => {
    await put("flat.zip", zipOf(files("1.jpg", "2.jpg")));
    const sources = [
      { upload: "flat.zip", class: "black" },
      { upload: "bears.zip", class: "teddy" },
    ];
    const made = await world.client.call("createDataset", { body: { sources } });
    expect(made).toMatchObject({ classes: ["black", "teddy"], listed: 6, archives: [{ files: 2 }, { files: 4 }] });
  });

  test("that takes the place of another leaves what was made of that one as it was", async () => {
    await put("same.zip", zipOf(BEARS));
    const [before] = await planOf(await create("same.zip"));
    await put("same.zip", zipOf(files("black/1.jpg", "black/2.jpg", "teddy/1.jpg", "teddy/2.jpg")));
    const [after] = await planOf(await create("same.zip"));
    const archiveOf = (row?: Record<string, unknown>) => String(Reflect.get(Object(row?.entry), "archive"));
    expect(archiveOf(before)).not.toBe(archiveOf(after));
    expect(await world.store.head(keys.archive("default", archiveOf(before)))).toBeDefined();
  });

  test("is answered file by file, under its paths", async () => {
    await seedModel(world).then(({ id }) => world.aliases.put("default", "bears@production", { model: id }));
    await put("some.zip", zipOf(files("a.jpg", "deep/er/b.jpg", ".hidden")));
    const made = await world.client.call("createPrediction", { body: { input: { upload: "some.zip" } } });
    expect(made).toMatchObject({ source: "urls", inputs: 2, archives: [{ files: 2, leftOut: 1 }] });
    const rows = await planOf(made, "prediction");
    expect(rows.map(({ url }) => url)).toEqual(["upload:some.zip!a.jpg", "upload:some.zip!deep/er/b.jpg"]);
  });
});

describe("is refused, and stores nothing:", () => {
  const cut = gzipSync(tarOf(BEARS));
  test.each([
    ["a zip by name only", "a.zip", Buffer.from("<html>nothing here"), "is no zip"],
    ["a tar that is compressed", "a.tar", gzipSync(tarOf(BEARS)), "is no tar"],
    ["a compressed tar that is not", "a.tar.gz", tarOf(BEARS), "is no gzip"],
    ["one that is cut short", "a.tgz", cut.subarray(0, cut.length - 20), "cannot be unpacked"],
    ["one that is empty", "a.zip", Buffer.alloc(0), "is empty"],
    ["a bomb", "a.tar.gz", gzipSync(Buffer.alloc(300_000_000)), "100 times its size"],
  ])("%s", async (_, name, body, told) => {
    const before = await archives();
    const refusal = await refusalOf(put(name, body));
    expect(refusal).toMatchObject({ code: "bad_archive", status: 422, message: expect.stringContaining(told) });
    expect(await archives()).toEqual(before);
    expect(await world.store.head(keys.upload("default", name))).toBeUndefined();
  });

  test("a list of the size of an archive", async () => {
    const line = Buffer.alloc(2 ** 20, "https://a.example/1\n");
    const many = Readable.toWeb(Readable.from(Array.from({ length: 257 }, () => line)));
    const refusal = await refusalOf(put("large.txt", many as ReadableStream<Uint8Array>)); // Node's own are the same.
    expect(refusal).toMatchObject({ code: "payload_too_large", message: expect.stringContaining("256 MiB") });
  });
});

describe("makes no dataset:", () => {
  test.each([
    ["a file in no folder", files("1.jpg"), "in no folder that names its class"],
    ["a picture right below train", files("train/1.jpg"), "in no folder that names its class"],
    ["a folder that can name no class", files("__proto__/1.jpg"), "cannot name a class"],
    ["nothing but hidden files", files(".a", "__MACOSX/b"), "has no files"],
    ["a file that would leave its folder", files("../black/1.jpg"), "../black/1.jpg"],
  ])("%s", async (_, given, told) => {
    await put("bad.zip", zipOf(given));
    const refusal = await refusalOf(create("bad.zip"));
    expect(refusal).toMatchObject({ code: "bad_archive", message: expect.stringContaining(told) });
    expect(refusal.message).toContain("bad.zip");
  });

  test("one that is named twice", async () => {
    await put("twice.zip", zipOf(BEARS));
    const sources = ["black", "teddy"].map((name) => ({ upload: "twice.zip", class: name }));
    const message = expect.stringContaining("twice.zip is named twice");
    const expected = { code: "invalid_request", status: 422, message };
    expect(await refusalOf(world.client.call("createDataset", { body: { sources } }))).toMatchObject(expected);
  });

  test("one that is not there, or whose bytes were deleted", async () => {
    expect(await refusalOf(create("none.zip"))).toMatchObject({ code: "upload_not_found" });
    await put("gone.zip", zipOf(BEARS));
    for (const key of await archives()) await world.store.delete(key);
    expect(await refusalOf(create("gone.zip"))).toMatchObject({ code: "upload_not_found" });
  });

  test("a list that names a file of an archive: that is no URL", async () => {
    const sources = ["black", "teddy"].map((name) => ({ class: name, urls: [`upload:bears.zip!${name}/1.jpg`] }));
    expect(await refusalOf(world.client.call("createDataset", { body: { sources } }))).toMatchObject({
      code: "too_few_pictures",
    });
  });
});
