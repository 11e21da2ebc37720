// A pinned wheel comes by pip where there is one, else straight from the index that PIP_INDEX_URL names.
import { createHash } from "node:crypto";
import { chmod, mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchWheel } from "./fetch-wheel.ts";
import { startFileServer } from "./file-server.fixture.ts";
import type { Wheel } from "./wheels.ts";

const bytes = Buffer.from("the wheel");
const wheel: Wheel = {
  project: "ursa-test",
  version: "1.0",
  file: "ursa_test-1.0-cp311.whl",
  sha256: createHash("sha256").update(bytes).digest("hex"),
  bytes: bytes.length,
  place: () => undefined,
};
const signal = new AbortController().signal;
const onBytes = () => {};
const newFolder = () => mkdtempDisposable(join(tmpdir(), "ursa-wheel-"));

const json = (files: { filename: string; url: string }[]) => ({
  "/simple/ursa-test/": (_request: unknown, response: import("node:http").ServerResponse) =>
    response.writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" }).end(JSON.stringify({ files })),
});
const html = (page: string) => ({
  "/simple/ursa-test/": (_request: unknown, response: import("node:http").ServerResponse) =>
    response.writeHead(200, { "content-type": "text/html" }).end(page),
});
const file = {
  [`/files/${wheel.file}`]: (_request: unknown, response: import("node:http").ServerResponse) => response.end(bytes),
};

test.each([
  [
    "JSON",
    json([
      { filename: "other.whl", url: "x" },
      { filename: wheel.file, url: `../../files/${wheel.file}` },
    ]),
  ],
  ["HTML", html(`<a href="x.whl">x</a> <a data-a="1" href="/files/${wheel.file}#sha256=00">w</a>`)],
])(
  "without pip an index in %s is read, a mirror's password is used, and a second run asks nothing",
  async (_, index) => {
    await using server = await startFileServer({ ...index, ...file });
    await using folder = await newFolder();
    const env = { PATH: "", PIP_INDEX_URL: `http://me:p%40ss@${server.host}/simple` };
    const path = await fetchWheel(wheel, { folder: folder.path, env, signal, onBytes });
    expect(await readFile(path)).toEqual(bytes);
    const password = `Basic ${Buffer.from("me:p@ss").toString("base64")}`;
    expect(server.asked.map(({ authorization }) => authorization)).toEqual([password, password]);
    await fetchWheel(wheel, { folder: folder.path, env, signal, onBytes });
    expect(server.asked).toHaveLength(2);
  },
);

test("an index without the wheel, and one that is not there, name PIP_INDEX_URL and no password", async () => {
  await using server = await startFileServer(json([]));
  await using folder = await newFolder();
  const fetchFrom = (host: string) =>
    fetchWheel(wheel, {
      folder: folder.path,
      env: { PATH: "", PIP_INDEX_URL: `http://me:secret@${host}/simple` },
      signal,
      onBytes,
    }).catch((error: Error) => error.message);
  expect(await fetchFrom(server.host)).toBe(
    `The Python index at ${server.host} has no ${wheel.file}; PIP_INDEX_URL names another.`,
  );
  expect(await fetchFrom("127.0.0.1:1")).toBe(
    "The Python index at 127.0.0.1:1 cannot be reached; PIP_INDEX_URL names another.",
  );
});

/** A python3 whose pip does what `script` says; it is run where wheel.txt lies. */
async function standInForPip(folder: string, script: string) {
  await writeFile(join(folder, "python3"), `#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\n${script}\n`);
  await chmod(join(folder, "python3"), 0o755);
  return { PATH: `${folder}:/usr/bin:/bin` };
}

test("pip is given the pinned hash, and what it brings is hashed again", async () => {
  await using bin = await newFolder();
  await using folder = await newFolder();
  const good = `grep -q 'ursa-test==1.0 --hash=sha256:${wheel.sha256}' wheel.txt && mkdir wheels && printf 'the wheel' > wheels/${wheel.file}`;
  const options = { folder: folder.path, signal, onBytes };
  const bad = await standInForPip(bin.path, `mkdir wheels; echo changed > wheels/${wheel.file}`);
  await expect(fetchWheel(wheel, { ...options, env: bad })).rejects.toThrow(`Expected sha256 ${wheel.sha256}`);
  expect(await readdir(folder.path)).toEqual([]);
  await fetchWheel(wheel, { ...options, env: await standInForPip(bin.path, good) });
  expect(await readdir(folder.path)).toEqual([wheel.file]);
});

test("pip's own words are shown when it fails", async () => {
  await using bin = await newFolder();
  await using folder = await newFolder();
  const env = await standInForPip(bin.path, "echo 'ERROR: no route to the mirror' >&2; exit 1");
  const attempt = fetchWheel(wheel, { folder: folder.path, env, signal, onBytes });
  await expect(attempt).rejects.toThrow("ERROR: no route to the mirror");
});
