import { createHash } from "node:crypto";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { readBytes } from "./read-bytes.ts";

const bytes = Buffer.from(Uint8Array.from({ length: 2_700_001 }, (_, i) => (i * 2654435761) >>> 13));
const sha256 = (of: Uint8Array) => createHash("sha256").update(of).digest("hex");

test.each([
  ["several pieces", { start: 0, end: bytes.length }],
  ["a span that starts and ends inside pieces", { start: 1_000_003, end: 2_600_005 }],
  ["one byte", { start: 5, end: 6 }],
])("%s come with the hash of exactly these bytes", async (_, span) => {
  await using folder = await createScratchFolder();
  await using file = await givenFile(folder.path);
  const read = await readBytes(file, span);
  expect(read.body.equals(bytes.subarray(span.start, span.end))).toBe(true);
  expect(read.sha256).toBe(sha256(bytes.subarray(span.start, span.end)));
});

test("a file that is shorter than was thought gives fewer bytes, for the caller to notice", async () => {
  await using folder = await createScratchFolder();
  await using file = await givenFile(folder.path);
  const { body } = await readBytes(file, { start: 0, end: bytes.length + 3_000_000 });
  expect(body.length).toBe(bytes.length);
});

async function givenFile(folder: string) {
  const path = join(folder, "file");
  await writeFile(path, bytes);
  return open(path);
}
