// What is particular to the folder driver; what every store does is in the conformance suite, run here as well.
import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { describe, expect, test } from "vitest";
import { type FolderStoreOptions, openFolderStore } from "./folder-store.ts";
import { describeObjectStore } from "./object-store.conformance.ts";
import { InvalidKey, StoreUnavailable } from "./object-store.ts";
import { openStore } from "./open-store.ts";

async function openScratch(options: Partial<FolderStoreOptions> = {}) {
  const folder = await createScratchFolder();
  const store = await openFolderStore({ root: folder.path, ...options });
  return {
    store,
    root: folder.path,
    async [Symbol.asyncDispose]() {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name !== "~locks").sort();
}

describeObjectStore("a folder", () => openScratch());
describeObjectStore("a folder that ignores case", () => openScratch({ ignoresCase: true }));

describe("an object in a folder", () => {
  test("is a plain file under its key, beside nothing else", async () => {
    await using opened = await openScratch();
    await opened.store.put("images/abc.jpg", "bytes");
    expect(await readFile(join(opened.root, "images/abc.jpg"), "utf8")).toBe("bytes");
    expect(await namesIn(join(opened.root, "images"))).toEqual(["abc.jpg"]);
  });

  test("takes its empty folders with it when it is deleted", async () => {
    await using opened = await openScratch();
    await opened.store.put("a/b/c/d", "x");
    await opened.store.put("a/e", "x");
    await opened.store.delete("a/b/c/d");
    expect(await namesIn(join(opened.root, "a"))).toEqual(["e"]);
  });

  test("cannot have a key that is a folder of another key", async () => {
    await using opened = await openScratch();
    await opened.store.put("a/b", "x");
    await expect(opened.store.put("a", "y")).rejects.toThrow(InvalidKey);
    await expect(opened.store.put("a", "y", { ifNoneMatch: "*" })).rejects.toThrow();
    await expect(opened.store.put("a/b/c", "y")).rejects.toThrow(InvalidKey);
    expect(await opened.store.head("a")).toBeUndefined();
    expect(await opened.store.head("a/b/c")).toBeUndefined();
    await opened.store.delete("a");
    expect((await opened.store.get("a/b")).body.toString()).toBe("x");
  });

  test("differs from one whose key differs only in case, also where file names ignore case", async () => {
    await using opened = await openScratch({ ignoresCase: true });
    await opened.store.put("Ns/KEY", "capitals");
    await opened.store.put("ns/key", "small");
    expect((await opened.store.get("Ns/KEY")).body.toString()).toBe("capitals");
    const names = await Promise.all([...(await namesIn(opened.root))].map((name) => namesIn(join(opened.root, name))));
    expect(names.flat().every((name) => name === name.toLowerCase())).toBe(true);
  });
});

describe("a folder store", () => {
  test("has writers that do not stumble over folders which others remove as empty", async () => {
    await using opened = await openScratch();
    const { store } = opened;
    const writeAndDelete = async (key: string) => {
      for (let round = 0; round < 20; round++) {
        await store.put(key, `${round}`, { ifNoneMatch: "*" });
        await store.delete(key);
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, writer) => writeAndDelete(`deep/er/${writer}`)));
    expect(await namesIn(opened.root)).toEqual([]);
  });

  test("is named by a URL, absolute or from the working directory", async () => {
    await using opened = await openScratch();
    await opened.store.put("a", "x");
    for (const url of [pathToFileURL(opened.root).href, `folder:${relative(process.cwd(), opened.root)}`]) {
      const same = await openStore(url);
      expect((await same.get("a")).body.toString()).toBe("x");
      await same.close();
    }
  });

  test("lists objects only: no temporary, hidden or foreign files", async () => {
    await using opened = await openScratch();
    await opened.store.put("a/real", "x");
    for (const name of ["~tmp-1", ".DS_Store", "with space", "ü"]) await writeFile(join(opened.root, "a", name), "x");
    const listed = await all(opened.store.list(""));
    expect(listed.map(({ key }) => key)).toEqual(["a/real"]);
  });

  test("sweeps the temporary files of dead writers, not those of live ones", async () => {
    await using opened = await openScratch();
    await opened.store.put("a/real", "x");
    const twoHoursAgo = new Date(Date.now() - 2 * 3_600_000);
    await writeFile(join(opened.root, "a/~tmp-old"), "x");
    await utimes(join(opened.root, "a/~tmp-old"), twoHoursAgo, twoHoursAgo);
    await writeFile(join(opened.root, "a/~tmp-new"), "x");
    await all(opened.store.list(""));
    expect(await namesIn(join(opened.root, "a"))).toEqual(["real", "~tmp-new"]);
  });

  test("keeps no temporary file of a write that failed", async () => {
    await using opened = await openScratch();
    const source = Readable.from(
      (async function* () {
        yield Buffer.from("some");
        throw new Error("the source broke");
      })(),
    );
    await expect(opened.store.put("a/half", source)).rejects.toThrow("the source broke");
    await expect(opened.store.put("a/half", "x", { sha256: "0".repeat(64) })).rejects.toThrow();
    expect(await readdir(join(opened.root, "a"))).toEqual([]);
  });

  test("says that it is unavailable when its folder is not the one that was opened", async () => {
    await using opened = await openScratch();
    await opened.store.check();
    await rm(opened.root, { recursive: true });
    await mkdir(opened.root);
    await expect(opened.store.check()).rejects.toThrow(StoreUnavailable);
  });

  test("ends the reading of a file that someone shortens with an error", async () => {
    await using opened = await openScratch();
    const megabytes = 8;
    await opened.store.put("long", Buffer.alloc(megabytes << 20));
    const { body } = await opened.store.stream("long");
    await writeFile(join(opened.root, "long"), "short"); // truncates in place, as only a foreign hand does
    await expect(all(body)).rejects.toThrow(StoreUnavailable);
  });

  test("notices a change of an object it has hashed before", async () => {
    await using opened = await openScratch();
    const etags = new Set<string | undefined>();
    for (let version = 0; version < 50; version++) {
      await opened.store.put("record", `version ${String(version).padStart(2, "0")}`);
      etags.add((await opened.store.head("record"))?.etag);
    }
    expect(etags.size).toBe(50);
  });
});
