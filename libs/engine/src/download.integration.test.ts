// A download that goes wrong leaves nothing behind, says what happened, and works when it is run again.
import { createHash } from "node:crypto";
import { mkdtempDisposable, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { download } from "./download.ts";
import { startFileServer } from "./file-server.fixture.ts";

const bytes = Buffer.alloc(300_000, "ursa");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const signal = new AbortController().signal;
const newFolder = () => mkdtempDisposable(join(tmpdir(), "ursa-download-"));

test("what arrives whole lies under its name, and the progress reaches its size", async () => {
  await using server = await startFileServer({ "/w.whl": (_request, response) => response.end(bytes) });
  await using folder = await newFolder();
  const seen: number[] = [];
  const path = join(folder.path, "new/w.whl");
  await download(server.url("/w.whl"), { path, sha256 }, { signal, onBytes: (done) => seen.push(done) });
  expect(await readFile(path)).toEqual(bytes);
  expect(seen.at(-1)).toBe(bytes.length);
});

test("other bytes than those pinned are refused with both hashes and removed", async () => {
  await using server = await startFileServer({ "/w.whl": (_request, response) => response.end("changed") });
  await using folder = await newFolder();
  const attempt = download(server.url("/w.whl"), { path: join(folder.path, "w.whl"), sha256 }, { signal });
  await expect(attempt).rejects.toThrow(new RegExp(`Expected sha256 ${sha256} .*${server.host}, got [0-9a-f]{64}`));
  expect(await readdir(folder.path)).toEqual([]);
});

test("a connection that breaks off is told with how far it came; the next run succeeds", async () => {
  let requests = 0;
  await using server = await startFileServer({
    "/w.whl": (_request, response) => {
      requests += 1;
      if (requests > 1) return response.end(bytes);
      response.writeHead(200, { "content-length": bytes.length });
      response.write(bytes.subarray(0, 200_000), () => setImmediate(() => response.destroy()));
    },
  });
  await using folder = await newFolder();
  const expected = { path: join(folder.path, "w.whl"), sha256 };
  await expect(download(server.url("/w.whl"), expected, { signal })).rejects.toThrow(
    /broke off after 0\.[12] MB .*Run the same command again/,
  );
  expect(await readdir(folder.path)).toEqual([]);
  await download(server.url("/w.whl"), expected, { signal });
  expect(await readdir(folder.path)).toEqual(["w.whl"]);
});

test("Ctrl+C in the middle leaves nothing", async () => {
  const stop = new AbortController();
  await using server = await startFileServer({
    "/w.whl": (_request, response) => void response.writeHead(200).write(bytes.subarray(0, 100_000)),
  });
  await using folder = await newFolder();
  const expected = { path: join(folder.path, "w.whl"), sha256 };
  const attempt = download(server.url("/w.whl"), expected, { signal: stop.signal, onBytes: () => stop.abort() });
  await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
  expect(await readdir(folder.path)).toEqual([]);
});

test("an answer that is no file says its status", async () => {
  await using server = await startFileServer({});
  await using folder = await newFolder();
  const attempt = download(server.url("/gone.whl"), { path: join(folder.path, "w.whl"), sha256 }, { signal });
  await expect(attempt).rejects.toThrow("it answered 404");
});
