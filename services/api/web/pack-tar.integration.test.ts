// The tar that the page makes of a folder, unpacked by the machine's own tar.
import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { packTar } from "./src/pack-tar.ts";

const LONG = `bears/${"a folder with a long name ".repeat(6).trim()}/${"x".repeat(90)}.jpg`;

test.each([
  ["bears/black/1.jpg", 1],
  ["bears/grizzly/whole block.png", 512],
  ["bears/empty/0.jpg", 0],
  [LONG, 700],
  ["Bären/Braunbär/Foto 1.jpg", 513],
  // 100 bytes fit, 101 do not; and a record of which the length has one digit more for its own digits.
  [`b/${"y".repeat(98)}`, 3],
  [`b/${"y".repeat(99)}`, 3],
  ...Array.from({ length: 6 }, (_, more) => [`ü/${"z".repeat(82 + more)}`, 9] as [string, number]),
])("%s of %i bytes", async (path, size) => {
  await using folder = await createScratchFolder();
  const bytes = Uint8Array.from({ length: size }, (_, at) => at % 251);
  const after = { path: "last/one.jpg", file: new Blob(["last"]) };
  const tar = packTar([{ path, file: new Blob([bytes]) }, after]);
  await writeFile(join(folder.path, "a.tar"), Buffer.from(await tar.arrayBuffer()));
  await mkdir(join(folder.path, "out"));
  execFileSync("tar", ["-x", "-f", join(folder.path, "a.tar"), "-C", join(folder.path, "out")]);
  expect(new Uint8Array(await readFile(join(folder.path, "out", path)))).toEqual(bytes);
  expect(await readFile(join(folder.path, "out/last/one.jpg"), "utf8")).toBe("last");
});
