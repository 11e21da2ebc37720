import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { writeSafetensors } from "@ursa/tensor/safetensors";
import { createScratchFolder } from "@ursa/testing/scratch-folder";
import { expect, test } from "vitest";
import { resNet18 } from "./backbones/resnet.ts";
import { formulaWeights } from "./fixtures/formula-weights.fixture.ts";
import { addWeights } from "./weights-add.ts";
import { findWeights, loadBackboneWeights } from "./weights-registry.ts";

const name = "resnet18";
const tensors = formulaWeights(resNet18);
const bytes = writeSafetensors(tensors);
const sha256 = createHash("sha256").update(bytes).digest("hex");

async function openFolder() {
  const scratch = await createScratchFolder();
  const file = join(scratch.path, "resnet18.safetensors");
  await writeFile(file, bytes);
  return {
    file,
    folder: scratch.path,
    dir: join(scratch.path, "weights"),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

test("weights that were added are found with their sha256 and loaded", async () => {
  await using at = await openFolder();
  const record = await addWeights({ name, source: at.file, dir: at.dir });
  expect(record).toMatchObject({ sha256, bytes: bytes.byteLength, from: at.file });
  expect(await findWeights(name, at.dir)).toMatchObject({ sha256, from: at.file });
  expect(await loadBackboneWeights(name, at.dir)).toEqual(tensors);
  expect((await readdir(at.dir)).sort()).toEqual(["resnet18.json", "resnet18.safetensors"]);
});

test("a folder stands for the file of the backbone's name in it", async () => {
  await using at = await openFolder();
  expect(await addWeights({ name, source: at.folder, dir: at.dir })).toMatchObject({ sha256 });
  await expect(addWeights({ name: "resnet34", source: at.folder, dir: at.dir })).rejects.toThrow(
    /^There is no file .*resnet34.safetensors; give a file/,
  );
});

test("absent weights are one sentence with the command that adds them", async () => {
  await using at = await openFolder();
  await expect(loadBackboneWeights("resnet34", at.dir)).rejects.toThrow(
    `The weights of resnet34 are not in ${at.dir}; add them with \`ursa weights add resnet34 FILE|URL\`.`,
  );
});

test("a file that changed after it was added is refused, and so is one that is gone", async () => {
  await using at = await openFolder();
  await addWeights({ name, source: at.file, dir: at.dir });
  const stored = join(at.dir, "resnet18.safetensors");
  await writeFile(stored, "something else");
  await expect(loadBackboneWeights(name, at.dir)).rejects.toThrow(/expected .*: add them again with `ursa weights add/);
  await rm(stored);
  await expect(loadBackboneWeights(name, at.dir)).rejects.toThrow(/are not in .*; add them with/);
});

test("what does not fit is named, and nothing is written", async () => {
  await using at = await openFolder();
  const add = (source: string, more = {}) => addWeights({ name, source, dir: at.dir, ...more });
  const whole = new Map([...tensors, ["fc.bias", { shape: [1000], data: new Float32Array(1000) }]]);
  await writeFile(at.file, writeSafetensors(whole));
  await expect(add(at.file)).rejects.toThrow(
    "These weights do not fit resnet18: 1 unexpected (fc.bias). tools/convert-torchvision.py makes a file of the body alone.",
  );
  await writeFile(at.file, "PK\u0003\u0004");
  await expect(add(at.file)).rejects.toThrow(/is a PyTorch file, expected safetensors/);
  await writeFile(at.file, "this is no network at all");
  await expect(add(at.file)).rejects.toThrow(
    "Not a usable safetensors file: expected the length of a header in its first 8 bytes; it is of another format.",
  );
  await writeFile(at.file, bytes);
  await expect(add(at.file, { sha256: "0".repeat(64) })).rejects.toThrow(`has sha256 ${sha256}, expected 000`);
  await expect(add("http://example.org/resnet18.safetensors")).rejects.toThrow(/is no https address/);
  await expect(add("ftp://127.0.0.1/a")).rejects.toThrow(/is no https address/);
  expect(await readdir(at.folder)).toEqual(["resnet18.safetensors"]);
});

test("the weights that ship need not be added", async () => {
  await expect(addWeights({ name: "efficientnet_lite0", source: "x", dir: "none" })).rejects.toThrow(/ship with Ursa/);
});

test("a URL is downloaded with progress; another answer than a file is told", async () => {
  await using at = await openFolder();
  const content = await readFile(at.file);
  const server = createServer((request, response) => {
    if (request.url !== "/r.safetensors") return void response.writeHead(404).end();
    response.writeHead(200, { "content-length": content.byteLength }).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address object.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen: [number, number | undefined][] = [];
  const onProgress = (done: number, total: number | undefined) => void seen.push([done, total]);
  const record = await addWeights({ name, source: `${origin}/r.safetensors`, dir: at.dir, onProgress });
  expect(record).toMatchObject({ sha256, from: `${origin}/r.safetensors` });
  expect(seen.at(-1)).toEqual([bytes.byteLength, bytes.byteLength]);
  await expect(addWeights({ name, source: `${origin}/none`, dir: at.dir })).rejects.toThrow(/answered 404/);
  server.closeAllConnections();
  server.close();
  await expect(addWeights({ name, source: `${origin}/r.safetensors`, dir: at.dir })).rejects.toThrow(/ECONNREFUSED/);
});
