// Graphs kept on disk: what is found again, what is found out, and what goes.
import { createHash } from "node:crypto";
import { appendFile, chown, copyFile, readdir, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { addGraph } from "./add-graph.fixture.ts";
import { createGraphCache, type GraphCacheOptions } from "./graph-cache.ts";

const LONG_AGO = new Date("2001-01-01");

/** `sum` opens the graph that adds `addend` to 100 and runs it; `pathOf` says which file is its. */
function openCache(folder: string, maxBytes = 2 ** 20) {
  const faults: string[] = [];
  const options: GraphCacheOptions = { folder, maxBytes, onFault: (fault) => faults.push(fault) };
  const openGraph = createGraphCache(options);
  const sum = async (addend: number) => {
    await using session = await openGraph(addGraph(addend), { threads: 1 });
    const { y } = await session.run({ x: { dims: [1], data: Float32Array.of(100) } });
    return y?.data[0];
  };
  const pathOf = async (addend: number) => {
    const before = await readdir(folder);
    await sum(addend);
    const [name = ""] = (await readdir(folder)).filter((one) => !before.includes(one));
    return join(folder, name);
  };
  return { faults, sum, pathOf };
}

test("a graph is kept when it is first opened, and read the next time, also by another process", async () => {
  await using scratch = await createScratchFolder();
  const path = await openCache(scratch.path).pathOf(1);
  await utimes(path, LONG_AGO, LONG_AGO);
  const { ino } = await stat(path);
  const { sum, faults } = openCache(scratch.path);
  expect(await sum(1)).toBe(101);
  const after = await stat(path);
  expect(after.ino, "it was not written anew").toBe(ino);
  expect(after.mtimeMs, "it was used").toBeGreaterThan(LONG_AGO.getTime());
  expect(await sum(2), "another graph is another file").toBe(102);
  expect(await readdir(scratch.path)).toHaveLength(2);
  expect(faults).toEqual([]);
});

const flip = async (path: string) => {
  const bytes = await readFile(path);
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  await writeFile(path, bytes);
};
/** As nobody could damage it by accident: the digest is right. */
const seal = async (path: string, bytes: Buffer) => {
  const key = path.slice(-64);
  await writeFile(path, Buffer.concat([bytes, createHash("sha256").update(key).update(bytes).digest()]));
};
const damages: [string, (path: string, other: string) => Promise<void>, string][] = [
  ["a flipped bit", flip, "is damaged"],
  ["a lost end", (path) => truncate(path, 100), "is damaged"],
  ["an empty file", (path) => truncate(path, 0), "is damaged"],
  ["something appended", (path) => appendFile(path, "x"), "is damaged"],
  ["another graph's file", (path, other) => copyFile(other, path), "is damaged"],
  ["no graph at all", (path) => seal(path, Buffer.from("no graph at all")), "cannot be used"],
];

test.each(damages)("%s is found out, made good, and said once", async (_, damage, why) => {
  await using scratch = await createScratchFolder();
  const { sum, pathOf, faults } = openCache(scratch.path);
  const [path, other] = [await pathOf(1), await pathOf(2)];
  const sound = await readFile(path);
  await damage(path, other);
  expect(await sum(1)).toBe(101);
  expect(faults).toEqual([expect.stringContaining(why)]);
  expect(await readFile(path)).toEqual(sound);
  expect(await sum(1)).toBe(101);
  expect(faults).toHaveLength(1);
});

test.skipIf(process.getuid?.() !== 0)("a file of another user is not trusted", async () => {
  await using scratch = await createScratchFolder();
  const { sum, pathOf, faults } = openCache(scratch.path);
  const path = await pathOf(1);
  await chown(path, 12345, 12345);
  expect(await sum(1)).toBe(101);
  expect(faults).toEqual([expect.stringContaining("another user")]);
  expect((await stat(path)).uid).toBe(0);
});

test("the graph unused for longest makes room, and what is not the cache's stays", async () => {
  await using scratch = await createScratchFolder();
  await writeFile(join(scratch.path, "notes"), "x".repeat(10_000));
  const first = await openCache(scratch.path).pathOf(1);
  const { size } = await stat(first);
  const { sum, pathOf, faults } = openCache(scratch.path, 2.5 * size);
  const second = await pathOf(2);
  await Promise.all([first, second].map((path) => utimes(path, LONG_AGO, LONG_AGO)));
  await sum(1);
  const third = await pathOf(3);
  expect((await readdir(scratch.path)).map((name) => join(scratch.path, name)).toSorted()).toEqual(
    [first, third, join(scratch.path, "notes")].toSorted(),
  );
  expect(faults).toEqual([]);
});

test("what a killed writer left goes with the oldest", async () => {
  await using scratch = await createScratchFolder();
  const first = await openCache(scratch.path).pathOf(1);
  const left = `${first}.11111111-2222-3333-4444-555555555555.partial`;
  await copyFile(first, left);
  await utimes(left, LONG_AGO, LONG_AGO);
  const second = await openCache(scratch.path, 2.5 * (await stat(first)).size).pathOf(2);
  expect((await readdir(scratch.path)).map((name) => join(scratch.path, name)).toSorted()).toEqual(
    [first, second].toSorted(),
  );
});

test("where nothing can be written, graphs open all the same, and the log says why", async () => {
  await using scratch = await createScratchFolder();
  const file = join(scratch.path, "file");
  await writeFile(file, "");
  const { sum, faults } = openCache(join(file, "graphs"));
  expect(await sum(1)).toBe(101);
  expect(faults.at(-1)).toContain("A graph is not kept");
});

test("without room nothing is kept, nor looked for", async () => {
  await using scratch = await createScratchFolder();
  const { sum, faults } = openCache(join(scratch.path, "graphs"), 0);
  expect(await sum(1)).toBe(101);
  expect(await readdir(scratch.path)).toEqual([]);
  expect(faults).toEqual([]);
});
