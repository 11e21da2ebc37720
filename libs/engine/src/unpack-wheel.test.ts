// What is taken out of a wheel, and what is not.
import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { unpackZip } from "@ursa/archive/unpack-zip";
import { expect, test } from "vitest";
import { WHEELS } from "./wheels.ts";

const signal = new AbortController().signal;
const newFolder = () => mkdtempDisposable(join(tmpdir(), "ursa-unpack-"));

/** A zip with stored (not compressed) files. APPNOTE.TXT 4.3.7, 4.3.12 and 4.3.16. */
function zipOf(files: Record<string, string>): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const common = Buffer.alloc(26); // from "version needed" to "extra field length"
    common.writeUInt16LE(20, 0);
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(text.length, 14);
    common.writeUInt32LE(text.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), Buffer.from(text)]);
    const tail = Buffer.alloc(14); // comment length, disk, attributes, offset
    tail.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

async function unpack(files: Record<string, string>, place: (path: string) => string | undefined) {
  await using folder = await newFolder();
  const wheel = join(folder.path, "w.whl");
  await writeFile(wheel, zipOf(files));
  const count = await unpackZip(wheel, { into: join(folder.path, "deps"), place, signal });
  const entries = await readdir(join(folder.path, "deps"), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  return { count, texts: texts.sort(), paths: paths.map((path) => path.slice(folder.path.length + 6)).sort() };
}

test("of TensorFlow's wheel the two libraries and the headers are taken, and no Python", async () => {
  const { place } = WHEELS.native[0] ?? { place: () => undefined };
  const { count, texts, paths } = await unpack(
    {
      "tensorflow/libtensorflow_cc.so.2": "cc",
      "tensorflow/libtensorflow_framework.so.2": "framework",
      "tensorflow/include/tensorflow/c/c_api.h": "header",
      "tensorflow/include/Eigen/Core": "not needed",
      "tensorflow/python/__init__.py": "import os",
    },
    place,
  );
  expect(count).toBe(3);
  expect(texts).toEqual(["cc", "framework", "header"]);
  expect(paths).toEqual([
    "include/tensorflow/c/c_api.h",
    "lib/libtensorflow_cc.so.2",
    "lib/libtensorflow_framework.so.2",
  ]);
});

test("a name that leaves the folder is refused", async () => {
  await expect(unpack({ "../evil.so": "x" }, (path) => path)).rejects.toThrow("invalid relative path");
});

test("NVIDIA's libraries go where TensorFlow's look for them, and every pin is a sha256", () => {
  const cudnn = WHEELS["native-gpu"].find(({ project }) => project === "nvidia-cudnn-cu12");
  expect(cudnn?.place("nvidia/cudnn/lib/libcudnn.so.8")).toBe("nvidia/cudnn/lib/libcudnn.so.8");
  expect(cudnn?.place("nvidia/cudnn/include/cudnn.h")).toBeUndefined();
  for (const { sha256 } of Object.values(WHEELS).flat()) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});
