// URL lists on this machine: which file is which class, and that no upload ever takes another's place.
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client } from "@ursa/contracts/client";
import { uploadNameSchema } from "@ursa/contracts/ids";
import { Problem } from "@ursa/contracts/problem";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import type { Session } from "./connect.ts";
import { namingPaths, openLists, uploadLists } from "./lists.ts";
import { uploadName } from "./upload-name.ts";

const URL = "https://a.example/1.jpg\n";
const LABELLED = "url,label\nhttps://a.example/1.jpg,black\n";

/** A folder of lists, and a service that keeps uploads by name as the real one does. */
async function startWorld(files: Record<string, string>) {
  const folder = await createScratchFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  const kept = new Map<string, string>();
  const call = async (_id: string, { params, body }: { params: { name: string }; body: Blob | ReadableStream }) => {
    const text = await new Response(body).text();
    if (text.startsWith("<")) throw new Problem("list_is_html", `${params.name} is a web page, not a list`);
    kept.set(uploadNameSchema.parse(params.name), text);
    return { name: params.name, bytes: text.length, sha256: createHash("sha256").update(text).digest("hex") };
  };
  const session: Session = {
    client: { call: call as unknown as Client["call"] },
    print: { isJson: true, answer() {}, note() {} },
    signal: new AbortController().signal,
  };
  const at = (path: string) => join(folder.path, path);
  const upload = async (...given: string[]) =>
    (await uploadLists(session, await openLists(given))).map(({ source }) => source);
  return { at, kept, upload, folder: folder.path, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("lists of one name in two folders are two uploads, each with its own rows", async () => {
  await using world = await startWorld({ "a/urls.txt": URL, "b/urls.txt": URL.replace("1", "2") });
  const sources = await world.upload(`black=${world.at("a/urls.txt")}`, `grizzly=${world.at("b/urls.txt")}`);
  expect(sources.map((source) => source.class)).toEqual(["black", "grizzly"]);
  expect(sources.map(({ upload }) => world.kept.get(upload))).toEqual([URL, URL.replace("1", "2")]);
});

test("an upload's name tells the file and holds its hash, so two people at once cannot collide", async () => {
  await using world = await startWorld({ "urls_black.txt": URL });
  const [source] = await world.upload(world.at("urls_black.txt"));
  const sha256 = createHash("sha256").update(URL).digest("hex");
  expect(source).toEqual({ upload: `urls_black-${sha256.slice(0, 32)}.txt`, class: "black" });
});

test("class names keep their spaces and their letters", async () => {
  const names = ["teddy bär", "黑熊", "棕熊", "a.b"];
  await using world = await startWorld(
    Object.fromEntries(names.map((name, n) => [`urls_${name}.txt`, URL.replace("1", String(n))])),
  );
  const sources = await world.upload(world.folder);
  expect(sources.map((source) => source.class).toSorted()).toEqual(names.toSorted());
  expect(world.kept.size).toBe(names.length);
});

test("a list with labels names its own classes, unless a class is given", async () => {
  await using world = await startWorld({
    "bears.csv": LABELLED,
    "commented.txt": `# my bears\n\n${LABELLED}`,
    "bare.csv": "https://a.example/1.jpg,black\n",
    "urls_plain.csv": "url,width\nhttps://a.example/1.jpg,10\n",
  });
  const classOf = async (given: string) => (await world.upload(given))[0]?.class;
  expect(await classOf(world.at("bears.csv"))).toBeUndefined();
  expect(await classOf(world.at("commented.txt"))).toBeUndefined();
  expect(await classOf(world.at("bare.csv"))).toBeUndefined();
  expect(await classOf(world.at("urls_plain.csv"))).toBe("plain");
  expect(await classOf(`grizzly=${world.at("bears.csv")}`)).toBe("grizzly");
});

test("folders named train and valid keep their lists to that side, and CLASS=FOLDER names all of a folder", async () => {
  await using world = await startWorld({ "train/urls_black.txt": URL, "valid/urls_black.txt": `${URL}${URL}` });
  expect(await world.upload(world.folder)).toMatchObject([
    { class: "black", split: "train" },
    { class: "black", split: "valid" },
  ]);
  expect(await world.upload(`teddy=${world.folder}`)).toMatchObject([{ class: "teddy" }, { class: "teddy" }]);
});

test("a file whose name has an equals sign is that file", async () => {
  await using world = await startWorld({ "a=b.txt": URL });
  process.chdir(world.folder);
  expect(await world.upload("a=b.txt")).toMatchObject([{ class: "a=b" }]);
  process.chdir(import.meta.dirname);
});

test("what is not there, empty, or without lists is named, as wrong usage", async () => {
  await using world = await startWorld({ "empty.txt": "", "notes/1.md": "x" });
  const refusal = (path: string) => world.upload(world.at(path)).catch((error) => error);
  expect(await refusal("nowhere.txt")).toMatchObject({ exitCode: 2, message: expect.stringMatching(/nowhere\.txt/) });
  expect(await refusal("empty.txt")).toMatchObject({ exitCode: 2, message: expect.stringMatching(/one URL per line/) });
  expect(await refusal("notes")).toMatchObject({ exitCode: 2, message: expect.stringMatching(/\.txt or \.csv/) });
});

test("an archive keeps its ending, and a folder of pictures is packed as a tar", async () => {
  await using world = await startWorld({
    "bears.tar.gz": "x",
    "photos/black/1.jpg": "a picture",
    "photos/teddy/2.png": "y",
    "photos/README.txt": "what these are",
    "photos/black/labels.csv": "1.jpg,black",
  });
  const [archive] = await world.upload(world.at("bears.tar.gz"));
  expect(archive).toEqual({ upload: expect.stringMatching(/^bears-[0-9a-f]{32}\.tar\.gz$/) });
  const [folder] = await world.upload(world.at("photos"));
  expect(folder).toEqual({ upload: expect.stringMatching(/^photos-[0-9a-f]{32}\.tar$/) });
  const tar = world.kept.get(folder?.upload ?? "") ?? "";
  for (const part of ["black/1.jpg", "a picture", "teddy/2.png", "ustar"]) expect(tar).toContain(part);
  for (const text of ["README", "labels"]) expect(tar).not.toContain(text);
});

test("problems name a list as the person did, not by its upload", async () => {
  await using world = await startWorld({ "page.txt": "<html>" });
  const path = world.at("page.txt");
  await expect(world.upload(path)).rejects.toMatchObject({
    code: "list_is_html",
    message: `${path} is a web page, not a list`,
  });
  const lists = [{ path: "my list.txt", source: { upload: "my_list-1.txt" } }];
  const call = async () => {
    throw new Problem("invalid_request", "my_list-1.txt line 3: expected split train, valid or test");
  };
  await expect(namingPaths(lists, call)).rejects.toThrow("my list.txt line 3: expected split");
});

test("an upload's name is one the service takes, whatever the file is called", () => {
  const hash = "0123456789abcdef".repeat(4);
  const names = [
    "urls_黑熊.txt",
    "黑熊.csv",
    "urls_teddy bär.TSV",
    `${"x".repeat(200)}.txt`,
    ".list",
    "--",
    "a.b.jpeg",
  ];
  for (const name of names) expect(() => uploadNameSchema.parse(uploadName(name, hash)), name).not.toThrow();
  expect(uploadName("lists/黑熊.csv", hash)).toBe(`list-${hash.slice(0, 32)}.csv`);
});
